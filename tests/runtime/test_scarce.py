"""Where disk, memory or the working folder run out, one sentence says so, and nothing is half-written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mien.errors import explain
from mien.samples import demo_clip
from tests.tiny import recipe_text, write_pictures

if sys.platform != "linux":
    pytest.skip("limits are set as Linux knows them", allow_module_level=True)

import resource
import signal

MAIN = "from mien.__main__ import main; main()"
FULL = "nothing more can be written"


def no_file_above(size: int) -> Callable[[], None]:
    """For a child: writing fails beyond so many bytes of a file, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def no_memory_above(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


def ran(*arguments: str, limit: Callable[[], None] | None = None, **environment: str) -> tuple[int, list[str]]:
    """The exit code of a command, and the lines that it prints on the error stream."""
    command = [sys.executable, "-W", "ignore", "-c", MAIN, *arguments]
    env = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=env, preexec_fn=limit, timeout=300, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()


def test_a_working_folder_that_was_deleted_is_named(tmp_path: Path) -> None:
    """Asked from a shell, because a child would not start there."""
    (tmp_path / "gone").mkdir()
    script = 'cd gone && rmdir ../gone && exec "$@"'
    for arguments in (
        ["analyze", "--text", "I love it.", "--json", "out.json"],
        ["train", "face"],
        ["analyze", "x.wav"],
    ):
        (tmp_path / "gone").mkdir(exist_ok=True)
        command = ["sh", "-c", script, "sh", sys.executable, "-c", MAIN, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 2
        assert (
            done.stderr.splitlines()[0]
            == "mien: the folder that you are in was deleted; go to another one and try again"
        )


@pytest.mark.parametrize("ending", ["json", "csv", "vtt", "html", "txt"])
def test_a_full_disk_leaves_the_old_file(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"out.{ending}"
    out.write_text("old", encoding="utf-8")
    words = "I love it. I hate it. " * 8
    code, said = ran("analyze", "--text", words, "-q", "--out", str(out), limit=no_file_above(100))
    assert code == 2
    assert f"mien: '{out}' cannot be written: File too large" in said
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out], "no draft stays"


def test_a_full_disk_leaves_no_part_of_a_video(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    code, said = ran(
        "analyze", str(demo_clip()), "--asr", "off", "-q", "--video", str(out), limit=no_file_above(20_000)
    )
    assert code == 2
    assert f"mien: '{out}' cannot be written: File too large" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [4_000, 60_000])
def test_a_full_disk_ends_a_training_and_a_search_with_a_sentence(size: int, tmp_path: Path) -> None:
    """After some steps, with room again, the training goes on where it was."""
    write_pictures(tmp_path)
    plan = tmp_path / "tiny.toml"
    plan.write_text(recipe_text("tiny", 1) + '\n[tune]\n"train.lr" = [0.01, 0.02]\n', encoding="utf-8")
    where = ("--data-root", str(tmp_path), "--runs", str(tmp_path / "runs"))
    cache = str(tmp_path / "cache")
    for verb in (["train"], ["tune", "--trials", "1"]):
        code, said = ran(*verb, str(plan), *where, limit=no_file_above(size), MIEN_CACHE=cache)
        assert code == 1
        assert any(line.startswith(f"mien: {FULL}") for line in said), said
    assert not list((tmp_path / "runs").rglob("*.safetensors"))
    assert ran("train", str(plan), *where, "--resume", MIEN_CACHE=cache)[0] == 0


@pytest.mark.parametrize("megabytes", [150, 200, 260, 500])
def test_little_memory_gives_an_answer_or_a_sentence(megabytes: int, tmp_path: Path) -> None:
    """How much a library takes differs. The tokenizer would end the process itself, so it is not read without room for it."""
    out = tmp_path / "out.json"
    code, said = ran(
        "analyze", "--text", "I love it.", "-q", "--json", str(out), limit=no_memory_above(megabytes * 10**6)
    )
    ours = [line for line in said if line.startswith("mien: ")]
    assert (code == 0) == out.is_file()
    assert code == 0 or (len(ours) == 1 and "memory" in ours[0]), said


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [600, 800, 1000])
def test_little_memory_for_a_video_gives_an_answer_or_a_sentence(megabytes: int, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    code, said = ran("analyze", str(demo_clip()), "-q", "--json", str(out), limit=no_memory_above(megabytes * 10**6))
    ours = [line for line in said if line.startswith("mien: ")]
    assert (code == 0) == out.is_file()
    assert code == 0 or (len(ours) == 1 and "memory" in ours[0]), said


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "there is not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "there is not enough memory"),
        (RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc"), "there is not enough memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "there is not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (OSError(errno.EFBIG, "File too large"), FULL),
        (OSError("46080 requested and 3968 written"), FULL),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), FULL),
    ],
)
def test_what_is_scarce_is_no_fault_of_mien(error: Exception, sentence: str) -> None:
    assert explain(error).startswith(sentence)
    assert "fault of mien" not in explain(error)
