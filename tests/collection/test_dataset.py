"""A set is made and opened; votes are kept and can be undone; the manifest holds what may be trained on, with its labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import insert

from mien.collection import tables
from mien.collection.dataset import DataSet, make_set, open_set, place_of
from mien.collection.manifest import export_manifest
from mien.collection.rows import Vote
from mien.collection.settings import SetSettings, read_settings
from mien.errors import InputError

CLIP: dict[str, Any] = {
    "recording": 1,
    "who": "person-1",
    "text": "",
    "language": "en",
    "words": [],
    "modalities": ["voice"],
    "quality": {},
    "refused": [],
    "split": "train",
}


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[DataSet]:
    """Three people in one recording: anna agreed, ben took it back, and nobody asked carl."""
    with make_set(tmp_path / "set", SetSettings()) as made:
        with made.database.write() as connection:
            recording = {"path": "../a.wav", "name": "a.wav", "sha256": "0", "kind": "audio", "collected": "now"}
            connection.execute(insert(tables.recordings).values(id=1, **recording))
            for n, person in enumerate(("anna", "anna", "ben", "carl")):
                values = CLIP | {"id": f"c{n}", "kin": f"c{n}", "person": person, "start": n, "end": n + 0.5}
                connection.execute(insert(tables.clips).values(values))
            agreed = {"scope": "label|train", "until": "2027-12-31"}
            connection.execute(insert(tables.people).values(person="anna", gender="female", **agreed))
            connection.execute(insert(tables.people).values(person="ben", withdrawn="2026-01-01", **agreed))
        yield made


def rows(dataset: DataSet) -> dict[str, dict[str, str]]:
    with (dataset.folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_votes_count_until_they_are_undone(dataset: DataSet) -> None:
    dataset.vote(Vote("c0", "x", {"happy": 1.0}))
    second = dataset.vote(Vote("c0", "y", {"sad": 1.0, "angry": 1.0}, valence=-0.5, seconds=3.2))
    assert [v.annotator for v in dataset.votes()] == ["x", "y"]
    dataset.undo(second)
    assert [v.annotator for v in dataset.votes()] == ["x"]
    assert len(dataset.votes(undone=True)) == 2
    with pytest.raises(InputError, match="no vote 2 that counts"):
        dataset.undo(second)
    with open_set(dataset.folder) as again:
        assert again.votes() == dataset.votes()


@pytest.mark.parametrize(
    ("vote", "said"),
    [
        (Vote("c9", "x", {"happy": 1}), "no clip 'c9'"),
        (Vote("c0", "x", {"hapy": 1}), "did you mean 'happy'"),
        (Vote("c0", "x", {"happy": 0}), "above 0"),
        (Vote("c0", "x", {}, valence=2), "from -1 to 1"),
    ],
)
def test_votes_that_cannot_be_used_are_refused(dataset: DataSet, vote: Vote, said: str) -> None:
    with pytest.raises(InputError, match=said):
        dataset.vote(vote)
    assert dataset.votes(undone=True) == []


def test_the_manifest_holds_what_may_be_trained_on(dataset: DataSet) -> None:
    for annotator, labels in (("x", {"happy": 1.0}), ("y", {"happy": 3.0, "surprised": 1.0})):
        dataset.vote(Vote("c0", annotator, labels))
    dataset.vote(Vote("c0", "x", {"sad": 1.0}, purpose="repeat"))
    found = export_manifest(dataset, day=date(2027, 1, 1))
    assert (found.rows, found.labelled, dict(found.left_out)) == (2, 1, {"withdrawn": 1, "no_consent": 1})
    row = rows(dataset)["c0"]
    assert {k: row[k] for k in ("audio", "start", "end", "speaker", "split", "emotion", "votes_happy", "gender")} == {
        "audio": "../a.wav",
        "start": "0.000",
        "end": "0.500",
        "speaker": "anna",
        "split": "train",
        "emotion": "happy",
        "votes_happy": "0.8750",
        "gender": "female",
    }
    assert rows(dataset)["c1"]["emotion"] == ""
    assert dict(export_manifest(dataset, anyone=True, day=date(2027, 1, 1)).left_out) == {"withdrawn": 1}
    assert export_manifest(dataset, day=date(2028, 1, 1)).left_out["expired"] == 2


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(InputError, match="not empty and holds no data set"):
        make_set(tmp_path, SetSettings())
    with pytest.raises(InputError, match="no data set: it has no"):
        open_set(tmp_path)


def test_settings_are_read_as_they_were_written_and_strictly(dataset: DataSet) -> None:
    assert read_settings(dataset.folder) == SetSettings()
    path = dataset.folder / "set.toml"
    path.write_text(path.read_text().replace("snr_db", "snr_bd"))
    with pytest.raises(InputError, match="snr_db"):
        read_settings(dataset.folder)
    path.write_text(path.read_text().replace("mien.set/1", "mien.set/9"))
    with pytest.raises(InputError, match="update mien"):
        read_settings(dataset.folder)


def test_paths_are_relative_to_the_set_where_they_can_be(tmp_path: Path) -> None:
    assert place_of(tmp_path / "rec" / "a.wav", tmp_path / "set") == "../rec/a.wav"
