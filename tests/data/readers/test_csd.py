"""CMU-MOSI and CMU-MOSEI as their authors distribute them: tiny computational sequences, written here."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

from mien.data.manifest import read
from mien.data.readers.base import read_set
from mien.data.rows import Row
from mien.errors import InputError, RecipeError
from mien.events import finish
from mien.exchange.formats import convert
from mien.recipe.recipe import Source, Target
from mien.testing import check_reader
from mien.types import EMOTION, Span, Task

from .sets import touch, write

Entry = tuple[Sequence[tuple[float, float]], Sequence[Sequence[float]] | Sequence[Sequence[bytes]]]
_FOLDS = 'standard_train_fold=["a"]\n\n# of old: standard_valid_fold=["a"]\nstandard_valid_fold = [\'b\']\n'


def sequence(path: Path, root: str, entries: Mapping[str, Entry]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, (intervals, features) in entries.items():
            group = file.create_group(f"{root}/data/{name}")
            group["intervals"], group["features"] = np.asarray(intervals), np.asarray(features)
        file[f"{root}/metadata/root name"] = np.asarray([f'"{root}"'.encode()])


def words(path: Path) -> None:
    heard = (
        [(0.0, 1.0), (1.0, 1.2), (1.2, 2.0), (1.9, 2.2), (2.2, 3.0)],
        [[b"so"], [b"sp"], [b"good"], [b"not"], [b"bad"]],
    )
    late = [(4.0, 5.0), (0.2, 1.0)], [["naïve".encode()], [b"how"]]
    sequence(path, "words", {"a": heard, "b[1]": late})


def mosi(folder: Path) -> None:
    labels = {
        "a": ([(0.0, 2.0), (2.0, 3.0)], [[2.4], [-1.8]]),
        "b": ([(0.0, 6.0)], [[0.0]]),
        "c": ([(0.0, 1.0)], [[3.0]]),
    }
    sequence(folder / "CMU_MOSI_Opinion_Labels.csd", "Opinion Segment Labels", labels)
    words(folder / "CMU_MOSI_TimestampedWords.csd")
    write(folder / "cmu_mosi_std_folds.py", _FOLDS, "standard_test_fold=['c']")
    touch(folder, "Raw/Video/Full/a.mp4", "Raw/Video/Full/c.mp4", "Raw/Audio/WAV_16000/Full/a.wav")


def mosei(folder: Path) -> None:
    both = [0.6666667, 2.0, 0.0, 0.3333333, 0.0, 0.0, 1.0]
    labels = {
        "a": ([(1.2, 3.0), (-0.4, 1.2)], [both, [0.0] * 7]),
        "b": ([(0.0, 6.0)], [[-3.0, 0.0, 1.0, 0.0, 2.0, 3.0, 0.0]]),
        "unnamed": ([(0.0, 1.0)], [[0.0] * 7]),
    }
    sequence(folder / "labels" / "CMU_MOSEI_Labels.csd", "All Labels", labels)
    words(folder / "language" / "CMU_MOSEI_TimestampedWords.csd")
    write(folder / "cmu_mosei_std_folds.py", _FOLDS, "standard_test_fold=['c']")
    touch(folder, "Raw/Videos/Full/Combined/a.mp4", "Raw/Audio/Full/WAV_16000/a.wav")


def rows_of(name: str, folder: Path) -> tuple[dict[str, Row], Counter[str]]:
    left_out: Counter[str] = Counter()
    return {row["id"]: row for row in read_set(name, folder, left_out)}, left_out


def test_mosi(tmp_path: Path) -> None:
    mosi(tmp_path)
    rows, left_out = rows_of("mosi", tmp_path)
    check_reader(list(rows.values()))
    assert rows["a[0]"] == {
        "id": "a[0]",
        "video": "Raw/Video/Full/a.mp4",
        "audio": "Raw/Audio/WAV_16000/Full/a.wav",
        "speaker": "a",
        "split": "train",
        "dialogue": "a",
        "text": "so good",
        "start": 0.0,
        "end": 2.0,
        "turn": 0.0,
        "sentiment": "positive",
        "valence": 2.4,
    }
    told = {name: (row["text"], row["split"], row["sentiment"], row["video"]) for name, row in rows.items()}
    assert told == {
        "a[0]": ("so good", "train", "positive", "Raw/Video/Full/a.mp4"),
        "a[1]": ("not bad", "train", "negative", "Raw/Video/Full/a.mp4"),
        "b[0]": ("how naïve", "valid", "neutral", ""),
        "c[0]": ("", "test", "positive", "Raw/Video/Full/c.mp4"),
    }
    assert left_out == {
        "there is no 'Raw/Video/Full/{video}.mp4'": 1,
        "there is no 'Raw/Audio/WAV_16000/Full/{video}.wav'": 2,
    }


def test_mosei_and_its_emotions(tmp_path: Path) -> None:
    mosei(tmp_path)
    rows, left_out = rows_of("mosei", tmp_path)
    check_reader(list(rows.values()))
    assert {name: (row["label"], row["emotion"]) for name, row in rows.items()} == {
        "a[0]": ("happy|anger|fear", "happy|angry|fearful"),
        "a[1]": ("", ""),
        "b[0]": ("sad|surprise|disgust", "sad|surprised|disgusted"),
    }
    first = rows["a[0]"]
    assert [first[f"intensity_{e}"] for e in ("happy", "sad", "angry", "surprised", "disgusted", "fearful")] == [
        2.0,
        0.0,
        0.3333,
        0.0,
        0.0,
        1.0,
    ]
    assert (first["valence"], first["sentiment"], first["text"]) == (0.6667, "positive", "good not bad")
    assert first["audio"] == "Raw/Audio/Full/WAV_16000/a.wav"
    assert (rows["a[1]"]["start"], rows["a[1]"]["end"], rows["a[1]"]["text"]) == (0.0, 1.2, "so")
    assert left_out["video in no fold"] == 1


def test_emotions_of_mosei_come_through_a_recipe(tmp_path: Path) -> None:
    mosei(tmp_path)
    task = Task("emotion", "multi", EMOTION.labels)
    fear = Task("intensity_fearful", "score", bounds=(0.0, 3.0))
    source = Source("mosei", ".", targets={"emotion": Target(), fear.name: Target()}, reader="mosei")
    first, silent, *_ = read(source, (task, fear), tmp_path)
    expressed = {label for label, value in zip(task.labels, first.targets["emotion"], strict=True) if value == 1.0}
    assert expressed == {"happy", "angry", "fearful"}
    assert (first.clip.span, first.group, first.split) == (Span(1.2, 3.0), "a", "train")
    assert first.clip.video == tmp_path / "Raw/Videos/Full/Combined/a.mp4"
    assert {name: values.tolist() for name, values in silent.targets.items()} == {fear.name: [0.0]}


def test_without_the_file_of_folds_videos_are_divided(tmp_path: Path) -> None:
    mosi(tmp_path)
    (tmp_path / "cmu_mosi_std_folds.py").unlink()
    rows, left_out = rows_of("mosi", tmp_path)
    assert not any("split" in row for row in rows.values())
    assert left_out["the file 'cmu_mosi_std_folds.py' is not there, so there are no splits"] == 1
    score = Task("valence", "score", bounds=(-3.0, 3.0))
    source = Source("mosi", ".", targets={"valence": Target()}, reader="mosi", divide=(0.4, 0.3, 0.3))
    sides = {e.group: e.split for e in read(source, (score,), tmp_path)}
    assert sides.keys() == {"a", "b", "c"}
    assert set(sides.values()) == {"train", "valid", "test"}
    with pytest.raises(RecipeError, match="has no column 'split'"):
        read(Source("mosi", ".", targets={"valence": Target()}, reader="mosi"), (score,), tmp_path)


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    spans = [(0, 1), (2, 2), (3, 1), (0, np.nan), (np.nan, 1), (1, 2), (2, 4)]
    scores = [[1.0], [1.0], [1.0], [1.0], [1.0], [np.nan], [5.0]]
    sequence(tmp_path / "CMU_MOSI_Opinion_Labels.csd", "x", {"a": (spans, scores), "z": ([(0, 1)], [[1.0]])})
    words(tmp_path / "CMU_MOSI_TimestampedWords.csd")
    rows, left_out = rows_of("mosi", tmp_path)
    assert list(rows) == ["a[0]"]
    assert left_out["segment without duration"] == 4
    assert left_out["label outside its scale"] == 2
    assert left_out["segment without words and recording"] == 1


def test_entries_that_the_sdk_has_aligned(tmp_path: Path) -> None:
    entries = {"a[0]": ([(0.0, 1.2)], [[1.0]]), "a[1]": ([(1.2, 3.0)], [[-1.0]])}
    sequence(tmp_path / "Opinion Segment Labels.csd", "x", entries)
    words(tmp_path / "CMU_MOSI_TimestampedWords.csd")
    rows, _ = rows_of("mosi", tmp_path)
    assert {name: (row["text"], row["speaker"]) for name, row in rows.items()} == {
        "a[0]": ("so", "a"),
        "a[1]": ("good not bad", "a"),
    }


def test_a_manifest_is_made_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "MOSEI"
    mosei(folder)
    assert finish(convert("mosei", folder, tmp_path / "out.csv", "manifest", "emotion", Counter())) == 3
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["video"], first["start"]) == ("MOSEI/Raw/Videos/Full/Combined/a.mp4", "1.2")


def test_files_of_another_form_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "CMU_MOSEI_LabelsEmotions.csd"
    sequence(old, "Emotion Labels", {"a": ([(0.0, 1.0)], [[0.0] * 6])})
    with pytest.raises(RecipeError, match=r"LabelsEmotions.csd' has 6 columns, not sentiment, happy, sad, anger"):
        rows_of("mosei", tmp_path)
    sequence(tmp_path / "CMU_MOSEI_Labels.csd", "All Labels", {"a": ([(0.0, 1.0)], [[0.0] * 7])})
    sequence(tmp_path / "CMU_MOSEI_TimestampedWords.csd", "vectors", {"a": ([(0.0, 1.0)], [[0.5]])})
    with pytest.raises(RecipeError, match=r"TimestampedWords.csd' holds no words but float64"):
        rows_of("mosei", tmp_path)
    words(tmp_path / "CMU_MOSEI_TimestampedWords.csd")
    write(tmp_path / "cmu_mosei_std_folds.py", _FOLDS)
    with pytest.raises(RecipeError, match="should have the lists standard_train_fold"):
        rows_of("mosei", tmp_path)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "h5py", None)
        with pytest.raises(
            InputError, match=r"'CMU_MOSEI_TimestampedWords.csd' needs h5py; run: pip install 'mien\[csd\]'"
        ):
            rows_of("mosei", tmp_path)
    damaged = tmp_path / "CMU_MOSEI_TimestampedWords.csd"
    damaged.write_bytes(b"<html>")
    with pytest.raises(RecipeError, match="is no computational sequence"):
        rows_of("mosei", tmp_path)
    with h5py.File(damaged, "w") as file:
        file["words/data/a/intervals"], file["words/data/a/features"] = [[0.0, 1.0]], [[b"so"], [b"good"]]
    with pytest.raises(RecipeError, match=r"'a' has intervals \(1, 2\) and features \(2, 1\)"):
        rows_of("mosei", tmp_path)
    h5py.File(damaged, "w").close()
    with pytest.raises(RecipeError, match="is no computational sequence"):
        rows_of("mosei", tmp_path)
