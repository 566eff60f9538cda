"""A folder of results: its tables, its page, and what is found there."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mien.archive import tables
from mien.archive.find import moments, query
from mien.archive.folder import PARTS, Reading, Results, named, part_of
from mien.archive.summary import summed, write_summary
from mien.errors import InputError
from mien.timeline import Timeline
from mien.types import Span

from ..report.test_exporters import SCORES, prediction, timeline
from ..test_cli import run

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")
pytest.importorskip("jinja2")

ANGRY = {label: 0.9 if label == "angry" else 0.1 / 6 for label in SCORES}


def moment(start: float, **changes: object) -> Timeline:
    said = replace(prediction(), span=Span(start, start + 2.0))
    return replace(timeline(replace(said, **changes)), duration=10.0)  # type: ignore[arg-type]  # as the fields are


@pytest.fixture
def results(tmp_path: Path) -> Results:
    found = Results.open(tmp_path / "results", Reading(), "0" * 64)
    opposed = {"voice": ANGRY, "face": {**ANGRY, "angry": 0.0, "happy": 0.9}}
    clips = {
        "a/one.mp4": moment(1.0, label="angry", scores=ANGRY, opinions=opposed, text="Never 'again'; -- 100%"),
        "a/two.mp4": moment(0.0, label="angry", scores=ANGRY, uncertain=True, who="person-2"),
        "b/three.mp4": moment(8.0),
    }
    for name, what in clips.items():
        found.make(found.file(name).parent)
        what.save(found.file(name))
    (found.root / "skipped.json").write_text(json.dumps([{"source": "b/<i>.mp4", "why": "it is damaged"}]))
    make(found)
    return found


def make(results: Results) -> list[str]:
    stale = tables.stale_parts(results)
    for part in stale:
        tables.write_part(results, part)
    tables.mark_made(results)
    return stale


def names(results: Results, wish: str) -> list[str]:
    return [found.source for found in moments(query(results, wish, 10))[0]]


def test_moments_are_found(results: Results) -> None:
    assert names(results, "angry") == ["a/one.mp4", "a/two.mp4"]
    assert names(results, "angry and sure, voice and face disagree") == ["a/one.mp4"]
    assert names(results, "愤怒，不确定") == ["a/two.mp4"]
    assert names(results, "face happy") == ["a/one.mp4"]
    assert names(results, "after 0:07") == ["b/three.mp4"]
    assert names(results, "says \"never 'again'; -- 100%\"") == ["a/one.mp4"], "a value, and no SQL"
    assert names(results, 'says "x\' OR 1=1 --"') == []
    found, count = moments(query(results, "above 10%", 1))
    assert (len(found), count) == (1, 3)


def test_the_query_runs_elsewhere(results: Results) -> None:
    import duckdb

    text = query(results, "angry, says \"never 'again'\"", 5).text
    prepare, execute = text.rstrip(";").split(";\n")
    with duckdb.connect() as door:
        door.execute(prepare)
        assert [row[0] for row in door.execute(execute).fetchall()] == ["a/one.mp4"]


def test_only_parts_that_changed_are_made_again(results: Results) -> None:
    assert make(results) == []
    before = {p.name: p.read_bytes() for p in (results.root / "segments").iterdir()}
    moment(3.0).save(results.file("a/two.mp4"))
    os.utime(results.file("a/two.mp4"), (2e9, 2e9))
    assert make(results) == [part_of("a/two.mp4")]
    after = {p.name: p.read_bytes() for p in (results.root / "segments").iterdir()}
    assert {name for name in before if before[name] != after[name]} == {f"part-{part_of('a/two.mp4')}.parquet"}
    results.file("a/two.mp4").unlink()
    assert make(results) == [part_of("a/two.mp4")]
    assert "a/two.mp4" not in names(results, "above 0%")
    (results.root / "segments" / f"part-{part_of('a/one.mp4')}.parquet").unlink()
    assert make(results) == [part_of("a/one.mp4")], "a lost part is made again"
    assert {part_of(name) for name in results.names()} <= set(PARTS)


def test_pandas_reads_the_folders(results: Results) -> None:
    pandas = pytest.importorskip("pandas")
    assert sorted(pandas.read_parquet(results.root / "segments")["source"]) == results.names()
    clips = pandas.read_parquet(results.root / "read")
    assert list(clips["segments"]) == [1, 1, 1]
    assert clips["conflicts"].sum() == 1


def test_the_page_sums_up(results: Results) -> None:
    found = summed(results)
    assert (found.clips, found.seconds, found.uncertain, found.conflicts) == (3, 30.0, 1, 1)
    assert [(g.name, g.moments, g.seconds, g.uncertain) for g in found.labels] == [
        ("angry", 2, 4.0, 0.5),
        ("surprised", 1, 2.0, 0.0),
    ]
    assert [(g.name, g.clips, g.people, g.label) for g in found.places] == [
        ("a", 2, 2, "angry"),
        ("b", 1, 1, "surprised"),
    ]
    assert found.when["angry"] == [1.0, 2.0, 1.0, *[0.0] * 7], "a moment counts in each tenth that it touches"
    page = write_summary(results, "zh").read_text(encoding="utf-8")
    assert "b/&lt;i&gt;.mp4" in page
    assert "愤怒" in page
    assert write_summary(results, "zh").read_text(encoding="utf-8") == page


def test_the_command_line_finds(
    results: Results, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert run(monkeypatch, "find", str(results.root), "angry and sure") == 0
    out = capsys.readouterr().out
    assert "a/one.mp4" in out
    assert "1 of 1 moments that fit" in out
    assert run(monkeypatch, "find", str(results.root), "angry", "--sql") == 0
    assert "label IN (?)" in capsys.readouterr().out
    assert run(monkeypatch, "find", str(results.root), "blue") == 2
    assert run(monkeypatch, "find", str(results.root.parent), "angry") == 2
    assert "is no folder of results" in capsys.readouterr().err


def test_a_folder_of_results_is_not_mixed(results: Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="were read with another asr, prior; name another folder"):
        Results.open(results.root, Reading(asr="off", prior="talk"), "0" * 64)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="holds something else than results"):
        Results.open(tmp_path / "mine", Reading(), "0" * 64)


def test_names_do_not_depend_on_other_clips(tmp_path: Path) -> None:
    first, second = tmp_path / "one" / "talks", tmp_path / "two" / "talks"
    for folder in (first, second):
        (folder / "day").mkdir(parents=True)
    clip, alone = first / "day" / "a.mp4", tmp_path / "b.mp4"
    assert named([first, alone], [clip, alone]) == {"talks/day/a.mp4": clip, "b.mp4": alone}
    with pytest.raises(InputError, match="would have the same result"):
        named([first, second], [clip, second / "day" / "a.mp4"])
