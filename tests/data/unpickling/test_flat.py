from __future__ import annotations

import pickle
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.cli import main
from mien.data.manifest import read
from mien.data.unpickling.flat import unpickle
from mien.errors import InputError
from mien.recipe.recipe import FeatureTable, Source, Target
from mien.types import Task


def mmsa(count: int, seed: int) -> dict[str, Any]:
    """One split as MMSA publishes it."""
    rng = np.random.default_rng(seed)
    return {
        "raw_text": np.asarray([f"line {i} é" for i in range(count)]),
        "audio": rng.normal(size=(count, 4, 5)).astype(np.float32),
        "vision": rng.normal(size=(count, 4, 3)),
        "id": [f"clip$_${i}" for i in range(count)],
        "audio_lengths": [4] * count,
        "annotations": ["Positive"] * count,
        "regression_labels": np.linspace(-3, 3, count),
        "note": None,
    }


def take(
    folder: Path, value: Any, out: str = "out.npz", protocol: int = 4
) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    path = folder / "in.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    unpickle(path, folder / out, Counter())
    found = {}
    for file in sorted(folder.glob("*.npz")):
        with np.load(file, allow_pickle=False) as arrays:
            found[file.name] = {name: arrays[name] for name in arrays.files}
    return found


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_an_mmsa_pickle_becomes_manifests_that_a_recipe_reads(tmp_path: Path, protocol: int) -> None:
    parts = {"train": mmsa(4, 0), "valid": mmsa(2, 1), "test": mmsa(3, 2)}
    found = take(tmp_path, parts, "set-{split}.npz", protocol)
    assert set(found) == {"set-train.npz", "set-valid.npz", "set-test.npz"}
    assert np.array_equal(found["set-train.npz"]["audio"], parts["train"]["audio"])
    assert found["set-train.npz"]["raw_text"][3] == "line 3 é"
    source = Source(
        "set",
        "set-{split}.npz",
        {"id": "id", "text": "raw_text"},
        {"valence": Target("regression_labels")},
        {"voice": FeatureTable("audio")},
    )
    examples = read(source, (Task("valence", "score", bounds=(-3.0, 3.0)),), tmp_path)
    assert [e.split for e in examples].count("test") == 3
    assert examples[0].clip.id == "set/clip$_$0"


def test_names_follow_the_dictionaries(tmp_path: Path) -> None:
    ragged = {"v$1": [np.zeros((2, 3)), np.zeros((1, 3))], "v/2": [np.zeros(2), np.ones(2)], "n": 3, "s": "x"}
    arrays = take(tmp_path, {"a": ragged, "b": [[1, 2], [3.5]], "c": []})["out.npz"]
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes == {
        "a/v_1/0": (2, 3),
        "a/v_1/1": (1, 3),
        "a/v_2": (2, 2),
        "a/n": (),
        "a/s": (),
        "b/0": (2,),
        "b/1": (1,),
        "c": (0,),
    }
    assert take(tmp_path, {"../../etc": np.ones(1)})["out.npz"].keys() == {"_.._etc"}


def test_text_of_python_2(tmp_path: Path) -> None:
    (tmp_path / "in.pkl").write_bytes(b"\x80\x02]q\x00(U\x03h\xc3\xa9U\x02h\xe9e.")
    arrays = unpickle(tmp_path / "in.pkl", tmp_path / "out.npz", Counter())[tmp_path / "out.npz"]
    assert arrays["array"].tolist() == ["hé", "hé"], "UTF-8, else Latin-1"


def bomb() -> Any:
    value: Any = ["x"]
    for _ in range(15):
        value = [value] * 10
    return value


def circle() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (bomb(), "over and over"),
        (circle(), "one within itself"),
        ({"a b": 1, "a_b": 2}, "two arrays of the pickle would be called 'a_b'"),
        ({"a": 2**70}, "a number at 'a' that no array can hold"),
        (None, "holds no arrays"),
        (np.dtype, "no array, text or number"),
        (np.dtype("f8"), "no array, text or number"),
        (["x" * 1_000_000, *["y"] * 500_000], "many times its own size"),
    ],
    ids=["bomb", "circle", "names", "large", "nothing", "name", "kind", "text"],
)
def test_what_would_grow_or_has_no_name_is_refused_and_nothing_is_written(
    tmp_path: Path, value: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        take(tmp_path, value)
    assert [p.name for p in tmp_path.iterdir()] == ["in.pkl"]


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "in.pkl", tmp_path / "out.npz"
    path.write_bytes(pickle.dumps({"train": mmsa(2, 0)}))
    monkeypatch.setattr(sys, "argv", ["mien", "data", "unpickle", str(path), str(out)])
    with pytest.raises(SystemExit) as done:
        main()
    assert not done.value.code
    said = capsys.readouterr().out
    assert "train/audio float32 (2, 4, 5)" in said
    assert "not used: train/note holds nothing (1 times)" in said
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(SystemExit) as refused:
        main()
    assert refused.value.code == 2
    assert "names 'os.system', which is not admitted; nothing was executed" in capsys.readouterr().err
