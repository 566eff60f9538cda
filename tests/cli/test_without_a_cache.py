"""Where nothing can be kept, answers are the same, and one line says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mien.samples import demo_clip

AS_NOBODY = """
import pwd
def nobody(_):
    raise KeyError("getpwuid(): uid not found")
pwd.getpwuid = nobody
from mien.cli import main
main()
"""


def analysed(*arguments: str, **environment: str) -> tuple[str, str]:
    """What ``mien analyze --json -`` writes, and what it says beside it, for a user whom the system does not know."""
    names = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "MIEN_CACHE", "LANG", "LC_ALL", "LC_MESSAGES")
    env = {name: value for name, value in os.environ.items() if name not in names} | environment
    command = [sys.executable, "-c", AS_NOBODY, "analyze", *arguments, "--json", "-"]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout, run.stderr


def test_words_need_no_cache(tmp_path: Path) -> None:
    said = "--text", "I am so glad. Why did you do that?"
    kept, nothing = analysed(*said, MIEN_CACHE=str(tmp_path / "cache"))
    assert (kept, nothing) == analysed(*said)
    assert nothing == ""


@pytest.mark.parametrize("cache", ["", "taken", "taken/below"])
@pytest.mark.slow
def test_a_clip_is_read_without_a_cache(cache: str, tmp_path: Path) -> None:
    clip = str(demo_clip())
    (tmp_path / "taken").write_text("a file")
    lost, told = analysed(clip, **({"MIEN_CACHE": str(tmp_path / cache)} if cache else {}))
    assert told.startswith("Note: nothing is kept for the next time, for the folder '")
    assert told.count("\n") == 1, "it is said once"
    assert (tmp_path / "taken").read_text() == "a file"
    kept, nothing = analysed(clip, MIEN_CACHE=str(tmp_path / "cache"))
    assert (kept, nothing) == (lost, "")
