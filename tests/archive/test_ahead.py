"""One long clip that several workers share has the result of one worker, whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from mien.archive import work
from mien.archive.folder import Reading, Results
from mien.events import Event, Progress, finish
from mien.samples import demo_clip
from tests.media.clips import joined

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.slow

READING = Reading(asr="tiny.en")


@pytest.fixture(scope="module")
def talk(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """26 s, in stretches of 9 s."""
    others = [samples / "video" / name for name in ("cremad_1001_DFA_HAP.mp4", "fer_test.mp4")]
    return joined(tmp_path_factory.mktemp("talk") / "talk.mp4", [demo_clip(), *others, demo_clip()])


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.archive.ahead.LONG", 20.0)
    monkeypatch.setattr("mien.media.ahead.looking.STRETCH", 9.0)


@pytest.fixture(scope="module")
def alone(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The result of one worker."""
    return read(talk, tmp_path_factory.mktemp("alone") / "results", 1)


def read(clip: Path, root: Path, workers: int, look: Callable[[Event], object] | None = None) -> bytes:
    """The JSON of a clip that is read into a folder of results."""
    results = Results.open(root, READING, "0" * 64)
    assert finish(work.analyze_archive({"talk": clip}, results, READING, workers), look) == 0
    assert not list(root.glob("ahead/*/*")), "what was read ahead is gone"
    return results.file("talk").read_bytes()


def steps(events: list[Event]) -> Mapping[str, int]:
    """How many steps of each stage were told."""
    told = [e.stage for e in events if isinstance(e, Progress)]
    return {stage: told.count(stage) for stage in told}


def test_two_workers_share_a_clip(talk: Path, alone: bytes, tmp_path: Path) -> None:
    events: list[Event] = []
    assert read(talk, tmp_path / "results", 2, events.append) == alone
    assert steps(events)["read"] >= 4, "two stretches, the sound, and a page of words"


def test_a_worker_that_is_killed_costs_nothing(talk: Path, alone: bytes, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(event: Event) -> None:
        if not killed and isinstance(event, Progress) and event.stage == "read":
            worker = next(p for p in psutil.Process().children() if "mien.archive.worker" in p.cmdline())
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    assert read(talk, tmp_path / "results", 2, kill) == alone
    assert killed


def test_work_that_was_stopped_goes_on_where_it_was(talk: Path, alone: bytes, tmp_path: Path) -> None:
    results = Results.open(tmp_path / "results", READING, "0" * 64)
    begun = work.analyze_archive({"talk": talk}, results, READING, 2)
    for event in begun:
        if isinstance(event, Progress) and event.stage == "read" and event.done == 2:
            break
    begun.close()
    before = {file: file.stat().st_mtime_ns for file in results.root.glob("ahead/*/look-*.npz")}
    assert before
    seen: list[dict[Path, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "read":
            seen.append({file: file.stat().st_mtime_ns for file in before if file.is_file()})

    assert read(talk, tmp_path / "results", 2, look) == alone
    assert before in seen, "nothing is searched twice"


def test_a_clip_that_cannot_be_read_in_parts_is_read_in_one_pass(talk: Path, tmp_path: Path) -> None:
    whole, broken = talk.read_bytes(), tmp_path / "talk.mp4"
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + bytes(100_000) + whole[middle + 100_000 :])
    assert read(broken, tmp_path / "parts", 2) == read(broken, tmp_path / "alone", 1)
