"""Two servers for all tests of this folder: one as it is by default, and one with a token and narrow limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .running import TOKEN, Running, running


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("server"), "--asr", "tiny.en") as found:
        yield found


@pytest.fixture(scope="package")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = ("--max-mb", "1", "--queue", "2", "--max-minutes", "0.1", "--asr", "off")
    others = ("--allow-origin", "https://lab.example", "--allow-host", "mien.example")
    with running(tmp_path_factory.mktemp("narrow"), *limits, *others, token=TOKEN) as found:
        yield found
