"""Every reader on a tiny set in the authors' layout: rows, splits, and what is left out."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mien.data.load import segment_of
from mien.data.manifest import read
from mien.data.readers.base import read_set, readers
from mien.data.readers.ferplus import _majority
from mien.data.rows import Row, read_rows
from mien.emotions import EMOTIONS, canonical
from mien.errors import InputError, RecipeError
from mien.recipe.recipe import Source, Target
from mien.testing import check_reader
from mien.types import EMOTION, Task

from ...conftest import ROOT
from .sets import SETS, touch, write

_BY_SPEAKER = ("iemocap", "mosi", "mosei", "ravdess", "cremad", "emodb")


def rows_of(name: str, folder: Path) -> tuple[dict[str, Row], Counter[str]]:
    SETS[name](folder)
    left_out: Counter[str] = Counter()
    return {row["id"]: row for row in read_set(name, folder, left_out)}, left_out


def test_all_readers_have_a_set_here() -> None:
    assert readers.names() == sorted(SETS)


@pytest.mark.parametrize("name", SETS)
def test_rows_are_a_manifest(name: str, tmp_path: Path) -> None:
    rows, _ = rows_of(name, tmp_path)
    check_reader(list(rows.values()))


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"emotion": "joy"}, "one of the seven"),
        ({"split": "dev"}, "in train, valid or test"),
        ({"id": ""}, "an id of its own"),
        ({"text": ""}, "something to read"),
        ({"more": 1}, "the same columns"),
    ],
)
def test_rows_that_are_no_manifest_are_told(change: Row, claim: str) -> None:
    good = {"id": "a", "text": "hi", "split": "train", "emotion": "happy"}
    check_reader([good, {**good, "id": "b"}])
    with pytest.raises(AssertionError, match=claim):
        check_reader([good, {**good, "id": "b", **change}])


@pytest.mark.parametrize("name", SETS)
def test_the_docstring_says_what_one_must_know(name: str) -> None:
    said = readers.get(name).__doc__ or ""
    assert all(
        re.search(rf"^ *{part}: \S", said, re.M) for part in ("Licence", "To get it", "Layout", "Labels", "Splits")
    )


@pytest.mark.parametrize("name", _BY_SPEAKER)
def test_nobody_is_in_two_splits(name: str, tmp_path: Path) -> None:
    rows, _ = rows_of(name, tmp_path)
    sides = {row["speaker"]: row["split"] for row in rows.values()}
    assert all(sides[row["speaker"]] == row["split"] for row in rows.values())
    assert set(sides.values()) == {"train", "valid", "test"}


def test_meld(tmp_path: Path) -> None:
    rows, left_out = rows_of("meld", tmp_path)
    first = rows["train_dia0_utt0"]
    assert first["video"] == "train/train_splits/dia0_utt0.mp4"
    assert (first["text"], first["speaker"], first["emotion"]) == ("Oh, really?", "Chandler", "surprised")
    assert (rows["dev_dia0_utt0"]["split"], rows["dev_dia0_utt0"]["dialogue"]) == ("valid", "dev_0")
    assert rows["test_dia0_utt0"]["video"] == ""
    assert left_out == {"videos of 'test' are not there": 1}


def test_iemocap(tmp_path: Path) -> None:
    rows, left_out = rows_of("iemocap", tmp_path)
    first, second = rows["Ses01F_impro01_F000"], rows["Ses01F_impro01_M000"]
    assert first["audio"] == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
    assert (first["text"], first["speaker"], first["turn"], first["emotion"]) == ("Excuse me.", "Ses01F", 0, "happy")
    assert (second["label"], second["emotion"], second["speaker"], second["arousal"]) == ("fru", "", "Ses01M", "3.5000")
    assert left_out == {"label 'fru' has no counterpart": 5, "no transcript": 5}


def test_mosi_and_chsims(tmp_path: Path) -> None:
    (tmp_path / "mosi").mkdir()
    (tmp_path / "sims").mkdir()
    mosi, _ = rows_of("mosi", tmp_path / "mosi")
    assert (mosi["a_1"]["video"], mosi["a_1"]["valence"], mosi["a_1"]["sentiment"]) == (
        "Raw/a/1.mp4",
        "2.4",
        "positive",
    )
    sims, _ = rows_of("chsims", tmp_path / "sims")
    assert sims["c_0007"]["video"] == "Raw/c/0007.mp4"
    assert (sims["c_0007"]["valence_voice"], sims["c_0007"]["valence_face"]) == ("0.4", "-0.6")


def test_ravdess(tmp_path: Path) -> None:
    rows, left_out = rows_of("ravdess", tmp_path)
    first = rows["01-05-02-01-01-01"]
    assert first["video"] == "Video_Speech_Actor_01/Actor_01/01-01-05-02-01-01-01.mp4"
    assert first["audio"] == "Audio_Speech_Actors_01-24/Actor_01/03-01-05-02-01-01-01.wav"
    assert (first["emotion"], first["intensity"], first["text"]) == ("angry", "strong", "Kids are talking by the door.")
    assert (rows["02-02-01-02-01-01"]["channel"], rows["02-02-01-02-01-01"]["emotion"]) == ("song", "")
    assert left_out == {
        "file that is not named as RAVDESS names its own": 1,
        "label 'calm' has no counterpart": 1,
    }


def test_cremad_and_emodb(tmp_path: Path) -> None:
    (tmp_path / "cremad").mkdir()
    (tmp_path / "emodb").mkdir()
    rows, left_out = rows_of("cremad", tmp_path / "cremad")
    first = rows["1001_DFA_ANG_XX"]
    assert (first["video"], first["audio"]) == ("VideoFlash/1001_DFA_ANG_XX.flv", "AudioWAV/1001_DFA_ANG_XX.wav")
    assert {name: row["split"] for name, row in rows.items()} == {
        "1001_DFA_ANG_XX": "train",
        "1009_IEO_HAP_LO": "valid",
        "1010_TSI_NEU_X": "test",
    }
    assert left_out == {"file that is not named as CREMA-D names its own": 1}
    rows, left_out = rows_of("emodb", tmp_path / "emodb")
    assert (rows["03a01Fa"]["emotion"], rows["16a07Wc"]["emotion"]) == ("happy", "angry")
    assert rows["03a01Fa"]["text"] == "Der Lappen liegt auf dem Eisschrank."
    assert left_out == {"label 'L' has no counterpart": 1, "file that is not named as EmoDB names its own": 1}


def test_goemotions_and_mintrec(tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "mintrec").mkdir()
    rows, _ = rows_of("goemotions", tmp_path / "go")
    assert (rows["eew1"]["text"], rows["eew1"]["label"]) == ('He said "well', "admiration|annoyance")
    assert [rows[k]["emotion"] for k in ("eew1", "eew2", "eew3")] == ["happy|angry", "neutral", "angry"]
    rows, _ = rows_of("mintrec", tmp_path / "mintrec")
    first = rows["S04_E01_12"]
    assert (first["video"], first["intent"], first["goal"]) == ("raw_data/S04/E01/12.mp4", "Ask for help", "achieve")


def test_ferplus_pictures_and_votes_come_through_a_recipe(tmp_path: Path) -> None:
    rows, left_out = rows_of("ferplus", tmp_path)
    assert {name: (row["label"], row["emotion"]) for name, row in rows.items()} == {
        "fer0": ("happiness", "happy"),
        "fer2": ("unknown", ""),
        "fer3": ("contempt", ""),
    }
    assert left_out["picture without a face"] == 1
    target = Target("emotion", votes={f"votes_{label}": label for label in EMOTIONS})
    source = Source("fer", ".", targets={"emotion": target}, reader="ferplus")
    examples = read(source, (EMOTION,), tmp_path)
    assert [e.clip.id for e in examples] == ["fer/fer0"]
    assert examples[0].targets["emotion"][EMOTIONS.index("happy")] == 1.0, "the single votes are noise"
    segment = segment_of(examples[0].clip, "face")
    assert segment is not None
    assert segment.frames is not None
    assert segment.frames.pixels.shape == (1, 48, 48, 3)
    assert segment.frames.pixels.max() == 0


def test_the_majority_rule_is_that_of_the_published_labels(data: Path) -> None:
    names = {"happy": "happiness", "sad": "sadness", "angry": "anger", "not_face": "NF"}
    columns = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown", "not_face")
    rows = list(read_rows(data / "ferplus" / "manifest.csv"))
    mine = [_majority({names.get(c, c): int(row[f"v_{c}"]) for c in columns}) for row in rows]
    assert mine == [names.get(row["label"], row["label"]) for row in rows]


@pytest.mark.parametrize(("name", "place"), [("ravdess", "ravdess_speech"), ("emodb", "emodb7_2s")])
def test_real_file_names_mean_what_others_read_in_them(name: str, place: str, data: Path, tmp_path: Path) -> None:
    """The prepared manifests beside the repository were made from the same names by other hands."""
    known = {}
    for row in read_rows(data / place / "manifest.csv"):
        file = Path(row["source_file"])
        touch(tmp_path, f"{file.parent.name or 'wav'}/{file.name}")
        known[file.stem.removeprefix("03-")] = row
    rows = {row["id"]: row for row in read_set(name, tmp_path, Counter())}
    assert rows.keys() == known.keys()
    for key, row in rows.items():
        label = known[key]["label"]
        assert row["emotion"] == (canonical(label, EMOTIONS) or ""), key
        assert (row["text"], row["speaker"]) == (known[key]["text"], known[key]["speaker"])


@pytest.mark.slow
def test_all_names_of_cremad_are_known(data: Path, tmp_path: Path) -> None:
    with gzip.open(data / "cremad_labels" / "summaryTable.csv.gz", "rt", encoding="utf-8") as file:
        names = [row["FileName"] for row in csv.DictReader(file)]
    touch(tmp_path, *(f"AudioWAV/{name}.wav" for name in names))
    left_out: Counter[str] = Counter()
    rows = list(read_set("cremad", tmp_path, left_out))
    assert (len(rows), len({row["speaker"] for row in rows}), left_out) == (7442, 91, Counter())


def test_a_recipe_reads_a_set(tmp_path: Path) -> None:
    SETS["mosi"](tmp_path)
    score = Task("valence", "score", bounds=(-3.0, 3.0))
    first, *_ = read(Source("mosi", ".", targets={"valence": Target()}, reader="mosi"), (score,), tmp_path)
    assert (first.clip.video, first.group, first.split) == (tmp_path / "Raw" / "a" / "1.mp4", "a", "train")
    assert np.allclose(first.targets["valence"], 2.4)
    with pytest.raises(InputError, match="no readers called 'mosy'; did you mean 'mosi'"):
        read(Source("mosi", ".", targets={"valence": Target()}, reader="mosy"), (score,), tmp_path)


def test_session_folds_of_iemocap(tmp_path: Path) -> None:
    SETS["iemocap"](tmp_path)
    source = Source("iemocap", ".", reader="iemocap", group="session", folds=5, fold=2)
    assert {e.group for e in read(source, (EMOTION,), tmp_path) if e.split == "test"} == {"Session3"}


def test_what_is_unknown_or_absent_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="needs a folder"):
        list(read_set("meld", tmp_path / "gone", Counter()))
    with pytest.raises(RecipeError, match=r"has no 'train_sent_emo\.csv' nor 'train/train_sent_emo.csv'"):
        list(read_set("meld", tmp_path, Counter()))
    with pytest.raises(RecipeError, match="nothing that the reader 'ravdess' knows"):
        list(read_set("ravdess", tmp_path, Counter()))
    SETS["meld"](tmp_path)
    write(
        tmp_path / "dev_sent_emo.csv",
        "Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID",
        "a,b,joi,neutral,0,0",
    )
    with pytest.raises(RecipeError, match="a label 'joi', which the reader does not know; did you mean 'joy'"):
        list(read_set("meld", tmp_path, Counter()))
    write(tmp_path / "dev_sent_emo.csv", "Utterance,Speaker,Emotoin", "a,b,joy")
    with pytest.raises(RecipeError, match="has no column 'Emotion'; did you mean 'Emotoin'"):
        list(read_set("meld", tmp_path, Counter()))


def test_the_docs_list_every_reader() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| [A-Z]", page, re.M) == readers.names()
