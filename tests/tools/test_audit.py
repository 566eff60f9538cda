"""Known faults end the build; a database that cannot be reached does not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from tools import audit

FOUND = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {"name": "left-out", "skip_reason": "not on PyPI"},
        {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
        {"name": "worse", "version": "3.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
    ],
    "fixes": [],
}


def printing(text: str, stream: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.{stream}.write({text!r}); sys.exit(1)"]


def test_faults_are_named_with_their_cure() -> None:
    assert audit.audited(printing(json.dumps(FOUND), "stdout")) == (
        ["bad 2.0: PYSEC-1, mended in 2.1", "worse 3.0: PYSEC-2, not mended yet"],
        "",
    )


def test_a_database_out_of_reach_gives_a_reason() -> None:
    assert audit.audited(printing("Traceback\nConnectionError: no way to api", "stderr")) == (
        [],
        "ConnectionError: no way to api",
    )
    assert audit.audited(printing("", "stderr")) == ([], "it said nothing")


@pytest.mark.parametrize(("said", "code"), [(([], "no network"), 0), (([], ""), 0), ((["bad 2.0"], ""), 1)])
def test_only_a_fault_ends_the_build(said: Any, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "audited", lambda _: said)
    try:
        audit.main()
        ended = 0
    except SystemExit as done:
        ended = int(str(done.code))
    assert ended == code


def test_it_waits_no_longer_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("uv", 1)

    monkeypatch.setattr(subprocess, "run", late)
    assert audit.audited(["uv"]) == ([], "no answer within 300 s")
