from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mien.cli import main
from mien.data.rows import read_rows
from mien.recipe.recipe import Recipe
from mien.recipe.sections import EncoderTable
from tests.data.readers.sets import SETS
from tests.tiny import own


def convert(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["mien", "data", "convert", *map(str, arguments)])
    with pytest.raises(SystemExit) as done:
        main()
    return int(done.value.code or 0)


def test_a_set_becomes_a_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sets" / "MELD").mkdir(parents=True)
    SETS["meld"](tmp_path / "sets" / "MELD")
    out = tmp_path / "meld.csv"
    assert convert(monkeypatch, "meld", tmp_path / "sets" / "MELD", out) == 0
    said = capsys.readouterr().out
    assert "4 rows in" in said
    assert "not used: videos of 'test' are not there (1 times)" in said
    rows = list(read_rows(out))
    assert rows[0]["video"] == "sets/MELD/train/train_splits/dia0_utt0.mp4"
    assert (tmp_path / rows[0]["video"]).is_file()
    recipe, _ = own(Recipe("r", {"text": EncoderTable("text_minilm")}, ()), out)
    assert recipe.data[0].splits == {"train": "train", "valid": "valid", "test": "test"}


def test_what_cannot_be_converted_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert(monkeypatch, "melt", tmp_path, tmp_path / "m.csv") == 2
    assert "no readers called 'melt'; did you mean 'meld'" in capsys.readouterr().err
    assert convert(monkeypatch, "meld", tmp_path, tmp_path / "m.csv") == 2
    assert convert(monkeypatch, "meld", tmp_path, tmp_path / "m.txt") == 2
    assert "should be a .csv file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
