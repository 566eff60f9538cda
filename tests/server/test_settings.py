"""What a server may be told, and what it refuses with one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mien.errors import InputError
from mien.server.settings import Settings, is_loopback, read_token

LONG = "x" * 16


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"host": "0.0.0.0"}, "'0.0.0.0' can be reached by others"),
        ({"host": "192.168.1.5"}, "can be reached by others"),
        ({"host": "mien.example"}, "can be reached by others"),
        ({"token": "short"}, "a token has at least 16 characters"),
        ({"token": "é" * 20}, "all of them ASCII"),
        ({"workers": 0}, "the setting 'workers' is a positive number, not 0"),
        ({"queue": -1}, "'queue'"),
        ({"max_bytes": 0}, "'max_bytes'"),
        ({"max_seconds": float("nan")}, "'max_seconds'"),
        ({"keep": -1.0}, "the setting 'keep' is a number of at least 0"),
        ({"port": 70_000}, "a port is a number from 0 to 65535"),
        ({"certificate": Path("cert.pem")}, "TLS needs two files"),
    ],
)
def test_what_cannot_be_used_has_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Settings(**values)


def test_others_may_reach_it_with_a_token() -> None:
    assert Settings(host="0.0.0.0", token=LONG).exposed
    assert not Settings().exposed


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.0.0.1.example"])
def test_others_are_others(host: str) -> None:
    assert not is_loopback(host)


def test_a_token_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"  {LONG}\n")
    assert read_token(file) == LONG
    with pytest.raises(InputError, match="write the secret into it"):
        read_token(tmp_path / "none")
