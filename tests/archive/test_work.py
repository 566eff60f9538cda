"""An archive of real clips: whoever is killed, the results are those of one worker, and nothing is done twice."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mien.samples import demo_clip

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")
pytest.importorskip("jinja2")
pytestmark = pytest.mark.slow

NAMES = {f"talks/{name}" for name in ("a.txt", "b.txt", "c.txt", "day/one.mp4")}


def start(folder: Path, workers: int, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mien", "analyze", "talks", "--out", folder.name, "--asr", "off", *more]
    return subprocess.Popen(
        [*command, "--workers", str(workers)], cwd=folder.parent, stdout=-1, stderr=subprocess.STDOUT, text=True
    )


def told(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1, out  # a clip is damaged
    return out


def until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it took too long")


def files(folder: Path) -> dict[str, bytes]:
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name not in (".made.json", "index.html")}


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [p for p in psutil.Process(process.pid).children() if "mien.archive.worker" in p.cmdline()]


def read(folder: Path) -> set[str]:
    return {p.relative_to(folder / "clips").as_posix() for p in folder.glob("clips/**/*.json")}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    (root / "talks" / "day").mkdir(parents=True)
    shutil.copy(demo_clip(), root / "talks" / "day" / "one.mp4")
    (root / "talks" / "a.txt").write_text("I love it. This is terrible.")
    (root / "talks" / "b.txt").write_text("We won!")
    (root / "talks" / "c.txt").write_text("Leave me alone.")
    (root / "talks" / "bad.mp4").write_text("junk")
    return root


@pytest.fixture(scope="module")
def alone(home: Path) -> dict[str, bytes]:
    """The results of one worker."""
    out = told(start(home / "alone", 1))
    assert "4 of 5 clips are read" in out
    found = files(home / "alone")
    assert json.loads(found["skipped.json"])[0]["source"] == "talks/bad.mp4"
    assert read(home / "alone") == {f"{name}.json" for name in NAMES}
    return found


def test_a_killed_worker_costs_nothing(home: Path, alone: dict[str, bytes]) -> None:
    process = start(home / "killed", 2)
    until(lambda: len(workers(process)) == 2)
    time.sleep(1.0)
    workers(process)[0].send_signal(signal.SIGSEGV)
    out = told(process)
    assert "4 of 5 clips are read" in out
    assert files(home / "killed") == alone, "the same bytes, whatever happened and however many workers there are"


def test_a_killed_run_goes_on_where_it_was(home: Path, alone: dict[str, bytes]) -> None:
    process = start(home / "again", 2)
    until(lambda: bool(read(home / "again")))
    left = workers(process)
    process.kill()
    process.communicate()
    psutil.wait_procs(left, 20)
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in left), "workers end with it"
    before = {name: (home / "again" / "clips" / name).stat().st_mtime_ns for name in read(home / "again")}
    assert 0 < len(before) < 5
    out = told(start(home / "again", 2))
    assert f"{len(before)} of 5 clips were read before" in out
    after = {name: (home / "again" / "clips" / name).stat().st_mtime_ns for name in before}
    assert after == before, "nothing is done twice"
    assert files(home / "again") == alone, "nothing is lost"


def test_a_clip_that_needs_too_much_memory_is_reported(home: Path) -> None:
    out = told(start(home / "small", 1, "--memory", "0.3"))
    assert "skipped talks/day/one.mp4: reading it ended the worker process twice" in out
    assert "talks/b.txt.json" in read(home / "small")
