"""What stands in a bundle.json: read strictly, written whole."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mien import Analyzer, bundles
from mien.bundle.bundle import Bundle
from mien.bundle.card import card
from mien.bundle.load import load
from mien.bundle.table import FileEntry
from mien.bundle.write import write
from mien.errors import InputError, MienError


def raw(name: str = "research") -> dict[str, Any]:
    table: dict[str, Any] = json.loads((bundles.folder() / name / "bundle.json").read_text(encoding="utf-8"))
    return table


def keep(table: object, folder: Path) -> Path:
    (folder / "bundle.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", bundles.shipped())
def test_what_was_read_is_written_byte_for_byte(name: str, tmp_path: Path) -> None:
    loaded = load(name)
    write(loaded.table, tmp_path)
    for file in ("bundle.json", "card.md"):
        assert (tmp_path / file).read_bytes() == (loaded.folder / file).read_bytes(), file


def test_a_table_says_what_the_bundle_is_made_of() -> None:
    table = load("research").table
    assert table.modalities == ("text", "voice", "face")
    assert table.encoders["text"].options["tokens"] == 96
    assert (table.fusion.name, table.fusion.options["redundancy"]) == ("channel", 0.05)
    assert list(table.graphs) == ["fusion", "text", "voice", "face", "voice_trunk", "text_vectors"]
    assert all(isinstance(entry, FileEntry) and len(entry.sha256) == 64 for entry in table.files)
    assert table.trust is not None
    assert set(table.trust.tasks["emotion"]) >= {"text", "voice", "face", "text+voice+face"}
    assert table.training.name == "research"


def test_bundles_from_before_there_were_such_keys_are_read(tmp_path: Path) -> None:
    """The first ones had neither lineage nor trust, and no results had intervals."""
    old = raw()
    for key in ("lineage", "trust", "parity"):
        del old[key]
    for row in old["evaluation"]:
        row.pop("interval", None)
        row.pop("resampled", None)
    bundle = Bundle.load(keep(old, tmp_path))
    assert bundle.table.lineage == {}
    assert [notice.code for notice in bundle.notices] == ["uncalibrated"]
    assert bundle.table.evaluation[0].interval is None
    assert "Probabilities are not calibrated" in card(bundle.table)


def test_a_recipe_that_is_not_understood_stops_no_bundle_from_answering(tmp_path: Path) -> None:
    other = raw()
    other["recipe"]["future"] = 1
    other["lineage"]["text"]["data"][0]["past"] = "x"
    bundle = Bundle.load(keep(other, tmp_path))
    with pytest.raises(InputError, match="the bundle's recipe has no key 'future'"):
        _ = bundle.recipe
    del other["recipe"]["future"]
    assert card(load(keep(other, tmp_path)).table) == card(load("research").table), (
        "keys of old sources are passed over"
    )


def _without(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(table: Any) -> None:
        for key in path[:-1]:
            table = table[key]
        del table[path[-1]]

    return change


def _with(value: object, *path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(table: Any) -> None:
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


WRONG = [
    (_without("name"), "needs 'name'"),
    (_with(3, "name"), "at 'name' must be of type str, not int (3)"),
    (_with("x", "sumary"), "has no key 'sumary'; did you mean 'summary'?"),
    (_with({}, "encoders"), "a bundle reads one modality at least, and answers one task"),
    (_without("encoders", "text", "sha256"), "at 'encoders'.text needs 'sha256'"),
    (_with([], "encoders", "text"), "at 'encoders'.text must be of type dict, not list ([])"),
    (_with({}, "encoders", "txt"), "at 'encoders' has no 'txt'; did you mean 'text'?"),
    (_without("fusion", "file"), "at 'fusion' needs 'file'"),
    (_without("fusion", "name"), "at 'fusion' at 'name' must be of type str, not NoneType (None)"),
    (_with("text", "tasks"), "at 'tasks' must be of type list, not str ('text')"),
    (_with(["a"], "tasks", 0, "labels"), "at 'tasks': task 'emotion' needs at least two labels"),
    (_with([1.0], "positions", "sad"), "at 'positions'.sad must have 2 values, not 1 ([1.0])"),
    (_with([1e999, 0.0], "positions", "sad"), "the position of 'sad' lies between -1 and 1, not at (inf, 0.0)"),
    (_with(-1, "encoders", "text", "dim"), "a state of 'text' has 1 to 65,536 numbers, not -1"),
    (_with(10**400, "parity", "largest_difference"), "at 'largest_difference' is too large a number"),
    (
        _with(1e999, "trust", "tasks", "emotion", "text", "calibration", "bias", 0),
        "a scale and a bias are finite numbers",
    ),
    (_with("0.7", "evaluation", 0, "value"), "at 'evaluation' at 'value' must be of type float, not str ('0.7')"),
    (
        _with("best", "trust", "tasks", "emotion", "text", "label_sets", "rule"),
        "at 'rule' has no 'best'; known: aps, lac",
    ),
    (_with([1.0], "trust", "tasks", "emotion", "text", "calibration", "scale"), "a scale and a bias for each label"),
    (_without("trust", "measured", 0, "before", "ece"), "at 'trust' at 'measured' at 'before' needs 'ece'"),
    (_without("trust", "measured", 0, "ece"), "at 'trust' at 'measured' at 'after' needs 'ece'"),
    (_with(2.0, "trust", "guards", 0, "abov"), "at 'trust' at 'guards' has no key 'abov'; did you mean 'above'?"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_mistakes_are_named_with_their_place(
    change: Callable[[dict[str, Any]], None], sentence: str, tmp_path: Path
) -> None:
    table = raw()
    change(table)
    with pytest.raises(InputError) as told:
        Bundle.load(keep(table, tmp_path))
    said = str(told.value)
    assert said.startswith(str(tmp_path / "bundle.json"))
    assert sentence in said
    assert said.endswith("(export the bundle again)")
    assert "\n" not in said


@pytest.mark.parametrize("change", [_with(5, "encoders", "text", "dim"), _without("encoders", "voice")])
def test_a_graph_that_does_not_fit_the_table_is_named(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    for graph in (bundles.folder() / "research").glob("*.onnx"):
        shutil.copyfile(graph, tmp_path / graph.name)
    table = raw()
    change(table)
    with pytest.raises(MienError, match=r"the graph 'fusion-\w+\.onnx' does not fit its bundle\.json at '\w+_states'"):
        Analyzer(keep(table, tmp_path), asr="off").analyze(text="I love it.")


def test_what_was_fitted_for_other_labels_is_refused(tmp_path: Path) -> None:
    table = raw()
    table["tasks"][0]["labels"].append("bored")
    with pytest.raises(InputError, match="what was fitted for 'emotion' by text is not for its 8 labels"):
        Bundle.load(keep(table, tmp_path))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not valid JSON; export the bundle again"),
        ("[" * 100_000, "is not valid JSON; export the bundle again"),
        ("[1]", "holds no table but list; export the bundle again"),
        ('"x"', "holds no table but str; export the bundle again"),
        ("{}", "has schema 'None'; this version of mien reads mien.bundle/1"),
    ],
)
def test_files_that_are_no_table_are_refused(content: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(sentence)):
        Bundle.load(tmp_path)
