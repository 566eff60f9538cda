"""A real cluster of two nodes on this machine: the rows of one machine, whoever is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mien.archive.folder import Reading, Results, named
from mien.archive.work import analyze_archive
from mien.errors import InputError
from mien.events import Event, Skipped, Written, finish
from mien.pipeline import Analyzer
from mien.report import segments

ray = pytest.importorskip("ray", reason="needs Ray: pip install 'mien[ray]'")
pytest.importorskip("pyarrow")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray warns of itself

TEXTS = {
    f"{n}.txt": text for n, text in enumerate(("I love it.", "This is terrible.", "We won!", "Leave me alone.") * 3)
}
MARK = 12 + os.getpid() / 1e8  # hours: it tells the workers of this test from all others
READING = Reading(asr="off", tracks=False, hours=MARK)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    found.second = found.add_node(num_cpus=2)
    ray.init(address=found.address, log_to_driver=False, logging_level="error")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield found
    ray.shutdown()
    found.shutdown()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    (folder / "bad.mp4").write_text("junk")
    return folder


@pytest.fixture(scope="module")
def expected(clips: Path) -> list[dict[str, Any]]:
    analyzer = READING.analyzer()
    assert isinstance(analyzer, Analyzer)
    rows = [
        row
        for clip in sorted(clips.glob("*.txt"))
        for row in segments.rows(str(clip).lstrip("/"), analyzer.analyze(clip).to_dict())
    ]
    return ordered(segments.table(rows).to_pylist())


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["source"], row["segment"]))


def taken(clips: Path, out: Path | None, kill: Any = None) -> list[dict[str, Any]]:
    from mien.ray import analyze

    found = ray.data.read_binary_files(str(clips), include_paths=True)
    rows = analyze(found, None if out is None else str(out), reading=READING, concurrency=2, num_cpus=0.5)
    told = []
    for row in rows.iter_rows():
        if kill is not None:
            kill()
            kill = None
        told.append({**row, **{k: list(v.items()) for k, v in row.items() if isinstance(v, dict)}})
    return ordered(told)


def workers() -> list[psutil.Process]:
    found = ((p, " ".join(p.info["cmdline"] or [])) for p in psutil.process_iter(["cmdline"]))
    return [p for p, line in found if "mien.archive.worker" in line and str(MARK) in line]


def test_the_rows_are_those_of_one_machine(cluster: Any, clips: Path, expected: Any, tmp_path: Path) -> None:
    assert taken(clips, tmp_path) == expected
    kept = sorted(tmp_path.rglob("clips/**/*.json"))
    assert len(kept) == len(TEXTS)
    assert "bad.mp4" in next(tmp_path.rglob("skipped/**/*.json")).read_text()
    before = [path.stat().st_mtime_ns for path in kept]
    assert taken(clips, tmp_path) == expected
    assert [path.stat().st_mtime_ns for path in kept] == before, "what is there is not read again"


def test_a_killed_worker_and_a_killed_node_cost_nothing(
    cluster: Any, clips: Path, expected: Any, tmp_path: Path
) -> None:
    def kill() -> None:
        assert workers()
        workers()[0].send_signal(signal.SIGKILL)
        time.sleep(0.2)
        cluster.remove_node(cluster.second, allow_graceful=False)

    assert taken(clips, tmp_path, kill) == expected


def test_a_folder_of_results_is_that_of_one_machine(cluster: Any, clips: Path, tmp_path: Path) -> None:
    from mien.ray.cluster import analyze_on

    one, many = (Results.open(tmp_path / name, READING, "0" * 64) for name in ("one", "many"))
    by_name = named([clips], sorted(clips.iterdir())[-3:])
    assert finish(analyze_archive(by_name, one, READING, 2)) == 1
    told: list[Event] = []
    assert finish(analyze_on("auto", by_name, many, READING, 2, 4.0), told.append) == 1
    assert {event.source for event in told if isinstance(event, Written | Skipped)} == set(by_name)
    found = [
        {p.relative_to(r.root): p.read_bytes() for p in r.root.rglob("*.*") if p.is_file() and p.name != ".made.json"}
        for r in (one, many)
    ]
    assert found[0] == found[1]


def test_clips_without_a_path_are_refused(cluster: Any) -> None:
    from mien.ray import analyze

    with pytest.raises(InputError, match="need the column 'path'"):
        analyze(ray.data.from_items([{"bytes": b"x"}]))
