"""Clips with drafts and votes go to other tools and come back; those tools read what we write, and we read what they write."""

from __future__ import annotations

import json
import shutil
import wave
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.collection.rows import Vote
from mien.errors import InputError
from mien.events import finish
from mien.exchange.formats import FORMATS, convert
from mien.exchange.items import Item
from mien.samples import demo_clip

CASES = Path(__file__).with_name("cases")
VOTE: dict[str, Any] = {"time": "2026-11-30T20:00:00.000+00:00"}


def tone(path: Path) -> None:
    """A second of a tone."""
    samples = (8000 * np.sin(2 * np.pi * 220 * np.arange(16_000) / 16_000)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(samples.tobytes())


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """Three clips: two parts of a video with drafts and votes, and a sound that nobody has labelled."""
    video, sound = tmp_path / "demo.mp4", tmp_path / "tone.wav"
    shutil.copy(demo_clip(), video)
    tone(sound)
    part = {"video": video.as_posix(), "speaker": "anna", "split": "train"}
    first = (
        Vote("a", "ann", {"happy": 0.75, "sad": 0.25}, valence=0.5, arousal=-0.25, words="glad", comment="ok", **VOTE),
        Vote("a", "bob", cannot_tell=True, **VOTE),
    )
    return [
        Item(
            {"id": "a", **part, "text": "Hello, there.", "start": "0.250", "end": "1.500"},
            {"happy": 0.7, "sad": 0.3},
            first,
        ),
        Item(
            {"id": "b", **part, "text": "Bye.", "start": "1.500", "end": "2.000"},
            {},
            (Vote("b", "ann", {"sad": 1.0}, **VOTE),),
        ),
        Item({"id": "c", "audio": sound.as_posix(), "speaker": "ben", "split": "test"}),
    ]


def returned(name: str, items: list[Item], tmp_path: Path) -> tuple[list[Item], Counter[str]]:
    ending, left_out = FORMATS[name].ending, Counter[str]()
    out = tmp_path / f"out{ending}"
    FORMATS[name].write(items, out, "emotion", left_out)
    found = list(FORMATS[name].read(out, tmp_path / "files", left_out))
    return sorted(found, key=lambda item: item.id), +left_out


def cells(item: Item, *without: str) -> dict[str, str]:
    return {k: str(v) for k, v in item.row.items() if k not in without and v not in (None, "")}


def test_label_studio_loses_nothing(items: list[Item], tmp_path: Path) -> None:
    found, left_out = returned("label_studio", items, tmp_path)
    assert [cells(item) for item in found] == [cells(item) for item in items]
    assert [(item.draft, item.votes) for item in found] == [(item.draft, item.votes) for item in items]
    assert left_out == {}


def test_datasets_lose_nothing(items: list[Item], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    found, left_out = returned("datasets", items, tmp_path)
    assert [cells(item) for item in found] == [cells(item) for item in items]
    assert [(item.draft, item.votes) for item in found] == [(item.draft, item.votes) for item in items]
    assert left_out == {}


def test_elan_keeps_all_but_what_has_no_tier(items: list[Item], tmp_path: Path) -> None:
    pytest.importorskip("pympi")
    found, left_out = returned("elan", items, tmp_path)
    assert [cells(item, "start", "end") for item in found] == [cells(item, "start", "end") for item in items]
    assert [item.span for item in found][:2] == [item.span for item in items][:2]
    assert found[2].span == (0.0, 1.0)
    assert [item.draft for item in found] == [item.draft for item in items]
    kept = ("annotator", "labels", "valence", "arousal", "words", "comment", "cannot_tell")
    assert [[getattr(v, k) for v in i.votes for k in kept] for i in found] == [
        [getattr(v, k) for v in i.votes for k in kept] for i in items
    ]
    assert left_out == {}


def test_elan_has_no_room_for_clips_that_overlap(items: list[Item], tmp_path: Path) -> None:
    pytest.importorskip("pympi")
    over = replace(items[1], row={**items[1].row, "start": "1.000"})
    found, left_out = returned("elan", [items[0], over], tmp_path)
    assert [item.id for item in found] == ["a"]
    assert list(left_out.values()) == [1]


def test_audformat_keeps_rows_and_the_weightiest_votes(items: list[Item], tmp_path: Path) -> None:
    pytest.importorskip("audformat")
    found, left_out = returned("audformat", items, tmp_path)
    times = ("start", "end")
    assert [cells(item, *times) for item in found] == [cells(item, *times) for item in items]
    assert [item.span for item in found] == [item.span for item in items]
    assert [[(v.annotator, dict(v.labels), v.cannot_tell) for v in item.votes] for item in found] == [
        [("ann", {"happy": 1.0}, False), ("bob", {}, True)],
        [("ann", {"sad": 1.0}, False)],
        [],
    ]
    assert left_out == {"all labels of a vote but the weightiest": 1, "a draft": 1}


def test_shards_hold_files_rows_and_votes(items: list[Item], tmp_path: Path) -> None:
    found, left_out = returned("webdataset", items, tmp_path)
    gone = ("video", "audio", "start", "end")
    assert [cells(item, *gone) for item in found] == [cells(item, *gone) for item in items]
    assert [(item.draft, item.votes) for item in found] == [(item.draft, item.votes) for item in items]
    assert all(Path(str(item.row["audio"])).is_file() for item in found)
    assert Path(str(found[2].row["audio"])).read_bytes() == (tmp_path / "tone.wav").read_bytes()
    assert left_out == {"the picture of a part of a video; its sound is there": 2}


def test_a_manifest_has_the_shares_of_the_votes(items: list[Item], tmp_path: Path) -> None:
    (first, second, third), _ = returned("manifest", items, tmp_path)
    assert (first.row["emotion"], first.row["votes_happy"], first.row["votes_sad"]) == ("happy", "0.7500", "0.2500")
    assert (second.row["emotion"], second.row["votes_sad"]) == ("sad", "1.0000")
    assert "emotion" not in third.row
    assert first.row["video"] == items[0].row["video"]


def test_what_label_studio_exported() -> None:
    """Written by Label Studio 1.23.2 itself: our votes on two tasks, and one of them annotated and skipped there."""
    left_out = Counter[str]()
    found = {
        item.id: item for item in FORMATS["label_studio"].read(CASES / "label_studio_1.23.2.json", CASES, left_out)
    }
    assert sorted(found) == ["c0", "c1", "c2"]
    votes = {
        clip: [(v.annotator, dict(v.labels), v.valence, v.cannot_tell, v.seconds) for v in item.votes]
        for clip, item in found.items()
    }
    ours = [("ann", {"happy": 0.75, "sad": 0.25}, 0.4, False, 3.5), ("a@b.org", {}, None, True, 2.0)]
    theirs = [("1", {"sad": 1.0}, -0.6, False, 4.25), ("1", {}, None, True, 1.25)]
    assert votes == {"c0": [*ours, *theirs], "c1": ours, "c2": []}
    # Label Studio exports a draft only with the annotations that began from it.
    assert found["c0"].draft == {"happy": 0.7, "sad": 0.3}
    assert found["c1"].row["audio"] == (CASES / "c1.wav").as_posix()
    assert left_out == {}


@pytest.mark.slow
def test_the_library_datasets_reads_ours_and_we_read_its(items: list[Item], tmp_path: Path) -> None:
    library = pytest.importorskip("datasets", reason="needs datasets: pip install '.[dev]'")
    FORMATS["datasets"].write(items, tmp_path / "ours", "emotion", Counter())
    loaded = library.load_dataset(str(tmp_path / "ours"), cache_dir=str(tmp_path / "cache"))
    assert {split: loaded[split]["id"][:] for split in loaded} == {"train": ["a", "b"], "test": ["c"]}
    assert loaded["train"][0]["votes"][0]["labels"][0] == {"label": "happy", "weight": 0.75}
    sound = (tmp_path / "tone.wav").read_bytes()
    table = {"label": [1, 0], "audio": [{"bytes": sound, "path": None}] * 2, "text": ["x", "y"]}
    made = library.Dataset.from_dict(table).cast_column("audio", library.Audio(decode=False))
    made = made.cast_column("label", library.ClassLabel(names=["sad", "happy"]))
    made.to_parquet(str(tmp_path / "theirs.parquet"))
    library.DatasetDict({"train": made}).save_to_disk(str(tmp_path / "theirs"))
    for source in (tmp_path / "theirs.parquet", tmp_path / "theirs"):
        found = list(FORMATS["datasets"].read(source, tmp_path / "files", Counter()))
        assert [(item.row["label"], item.row["text"]) for item in found] == [("happy", "x"), ("sad", "y")]
        assert Path(str(found[0].row["audio"])).read_bytes() == sound


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # webdataset leaves its shards open
@pytest.mark.slow
def test_the_library_webdataset_reads_ours_and_we_read_its(items: list[Item], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    library = pytest.importorskip("webdataset", reason="needs webdataset: pip install '.[dev]'")
    FORMATS["webdataset"].write(items, tmp_path / "ours", "emotion", Counter())
    samples = list(library.WebDataset(str(tmp_path / "ours" / "train-000000.tar"), shardshuffle=False).decode())
    assert [(s["json"]["row"]["id"], s["json"]["draft"]) for s in samples] == [
        ("a", {"happy": 0.7, "sad": 0.3}),
        ("b", {}),
    ]
    sound = (tmp_path / "tone.wav").read_bytes()
    with library.TarWriter(str(tmp_path / "theirs.tar")) as writer:
        writer.write({"__key__": "x/1", "wav": sound, "cls": 3, "json": {"speaker": "anna", "text": "hi"}})
    (found,) = FORMATS["webdataset"].read(tmp_path / "theirs.tar", tmp_path / "files", Counter())
    assert (found.row["speaker"], found.row["text"], found.row["label"]) == ("anna", "hi", "3")
    assert Path(str(found.row["audio"])).read_bytes() == sound


def test_what_elan_files_of_others_hold(tmp_path: Path) -> None:
    library = pytest.importorskip("pympi.Elan")
    file = library.Eaf(author="somebody")
    file.add_linked_file("file:///recordings/talk.mp4", relpath="talk.mp4", mimetype="video/mp4")
    for tier in ("Emotion", "Transcript"):
        file.add_tier(tier, part="KI")
    file.add_annotation("Emotion", 1000, 2500, "happy")
    file.add_annotation("Transcript", 1000, 2500, "well")
    file.add_annotation("Transcript", 3000, 4000, "so")
    file.to_file(str(tmp_path / "talk.eaf"))
    found = list(FORMATS["elan"].read(tmp_path / "talk.eaf", tmp_path, Counter()))
    assert [(i.row.get("Emotion"), i.row.get("Transcript"), i.row["speaker"], i.span) for i in found] == [
        ("happy", "well", "KI", (1.0, 2.5)),
        (None, "so", "KI", (3.0, 4.0)),
    ]
    assert found[0].row["video"] == "/recordings/talk.mp4"


def test_what_audformat_writes_itself(tmp_path: Path) -> None:
    """A database with raters, and a table of whole files for one split."""
    library = pytest.importorskip("audformat")
    made = library.Database("theirs")
    made.schemes["emotion"] = library.Scheme(labels=["happy", "sad"])
    made.raters["r1"], made.raters["r2"] = library.Rater(), library.Rater()
    made.splits["test"] = library.Split("test")
    made["all"] = library.Table(library.filewise_index(["audio/1.wav", "audio/2.wav"]), split_id="test")
    for rater, values in (("r1", ["happy", "sad"]), ("r2", ["sad", None])):
        made["all"][rater] = library.Column(scheme_id="emotion", rater_id=rater)
        made["all"][rater].set(values)
    made.save(str(tmp_path / "db"))
    found = list(FORMATS["audformat"].read(tmp_path / "db", tmp_path, Counter()))
    assert [[(v.annotator, *v.labels) for v in item.votes] for item in found] == [
        [("r1", "happy"), ("r2", "sad")],
        [("r1", "sad")],
    ]
    assert [(item.row["split"], item.row["audio"], item.span) for item in found] == [
        ("test", (tmp_path / "db/audio/1.wav").as_posix(), None),
        ("test", (tmp_path / "db/audio/2.wav").as_posix(), None),
    ]


def test_a_key_of_a_shard_writes_nothing_elsewhere(tmp_path: Path) -> None:
    import io
    import tarfile

    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        about = tarfile.TarInfo("../../evil.wav")
        about.size = 4
        archive.addfile(about, io.BytesIO(b"RIFF"))
    (found,) = FORMATS["webdataset"].read(tmp_path / "bad.tar", tmp_path / "in" / "files", Counter())
    assert Path(str(found.row["audio"])).parent == (tmp_path / "in" / "files").resolve()
    assert not (tmp_path.parent / "evil.wav").exists()


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in ("manifest", "set")])
def test_what_is_no_such_file_is_told(name: str, tmp_path: Path) -> None:
    for module in {"elan": ["pympi"], "audformat": ["audformat"], "datasets": ["pyarrow"]}.get(name, []):
        pytest.importorskip(module)
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"a": 1}))
    with pytest.raises(InputError, match="broken"):
        finish(convert(name, broken, tmp_path / "out.csv", "manifest", "emotion", Counter()))
    with pytest.raises(InputError, match="did you mean 'elan'"):
        finish(convert(name, broken, tmp_path / "out.csv", "elam", "emotion", Counter()))
