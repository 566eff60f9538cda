from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data.load import segment_of
from mien.data.manifest import read
from mien.errors import RecipeError
from mien.recipe.recipe import FeatureTable, Source, Target
from mien.types import EMOTION

_TABLE = FeatureTable("units", file="faces.npz", key="name", match="path", pattern=r"03-(\d+)\.ogg", name=r"01-\1")
_SOURCE = Source("set", "m.csv", {"text": "text"}, {"emotion": Target("label")}, {"face": _TABLE})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "m.csv").write_text(
        "path,text,label,split\n03-7.ogg,a,happy,train\n03-8.ogg,b,sad,train\n03-9.ogg,c,sad,test\n", encoding="utf-8"
    )
    np.savez(tmp_path / "faces.npz", name=np.asarray(["01-9", "01-7"]), units=np.asarray([[9.0, 9.5], [7.0, 7.5]]))
    return tmp_path


def test_rows_meet_by_name_not_by_place(root: Path) -> None:
    faces = [segment_of(e.clip, "face") for e in read(_SOURCE, (EMOTION,), root)]
    assert faces[0] is not None
    assert faces[2] is not None
    assert faces[0].features["face"].values.tolist() == [[7.0, 7.5]]
    assert faces[1] is None, "a row without a partner has no face"
    assert faces[2].features["face"].values.tolist() == [[9.0, 9.5]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"match": "pth"}, "no column 'pth'"),
        ({"key": "nom"}, "no column 'nom' that names its rows"),
        ({"pattern": "("}, "is no regular expression"),
        ({"file": "gone.npz"}, "there is no manifest at"),
    ],
)
def test_mistakes_are_named(root: Path, change: dict[str, object], message: str) -> None:
    source = replace(_SOURCE, features={"face": replace(_TABLE, **change)})  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match=message):
        read(source, (EMOTION,), root)
