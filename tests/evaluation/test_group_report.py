from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.evaluation.group_report import attributes, compared
from mien.evaluation.predictions import Evaluation, Predictions
from mien.events import finish
from mien.recipe.recipe import Recipe, Source
from mien.recipe.sections import EncoderTable
from mien.report.terminal.evaluation import groups as shown
from mien.types import EMOTION, Task
from tests.tiny import hearing

PEOPLE, EACH = 12, 10


def said(name: str, wrong: float, people: bool = True) -> Predictions:
    """Confident answers; of the second half of the people a share is wrong."""
    count = PEOPLE * EACH
    at = np.arange(count)
    scores = np.full((count, 7), 0.02, np.float32)
    late = (at >= count // 2) & (at % EACH < wrong * EACH)
    scores[at, late.astype(int)] = 0.88
    targets = np.zeros((count, 7), np.float32)
    targets[:, 0] = 1
    speakers = tuple(f"s{i // EACH}" if people else "" for i in at)
    return Predictions(name, "test", EMOTION, "voice", tuple(f"{name}/{i}" for i in at), speakers, scores, targets)


def halves(name: str) -> dict[str, str]:
    return {f"{name}/{i}": "first" if i < PEOPLE * EACH // 2 else "second" for i in range(PEOPLE * EACH)}


def read(tmp_path: Path, *names: str) -> Recipe:
    sources = tuple(Source(n, f"{n}.csv", {"audio": "path"}) for n in names)
    (tmp_path / "a.csv").write_text("path,split,gender\nx.wav,test,female\ny.wav,test,\nz.wav,test,male\n")
    (tmp_path / "b.csv").write_text("path,split,sex\nx.wav,test,f\n")
    return Recipe("r", {"voice": EncoderTable("voice_whisper")}, sources)


def test_every_group_and_gap_of_every_set_with_one_correction_for_all() -> None:
    found = compared(Evaluation((), (said("one", 0.8), said("two", 0.0))), "age", halves("one") | halves("two"))
    rows = {(r.set, r.group, r.metric): r for r in found.groups}
    assert rows["one", "first", "accuracy"].value == 1.0
    assert rows["one", "second", "accuracy"].value == pytest.approx(0.2)
    assert rows["one", "second", "overconfidence"].value == pytest.approx(0.68)
    assert rows["one", "second", "ece"].people == PEOPLE // 2
    gaps = {(g.set, g.metric): g for g in found.gaps}
    assert gaps["one", "accuracy"].value == pytest.approx(0.8)
    assert gaps["one", "accuracy"].p_holm == pytest.approx(8 * (gaps["one", "accuracy"].p or 1), abs=5e-4), "2 x 4 gaps"
    assert gaps["two", "accuracy"].p_holm == 1.0
    table = found.as_table()
    assert {row["measure"] for row in (*table["groups"], *table["gaps"])} == {
        "accuracy",
        "uar",
        "ece",
        "overconfidence",
    }
    text = io.StringIO()
    console = Console(file=text, width=120)
    for part in shown(found):
        console.print(part)
    assert "0.200 [0.20, 0.20]" in text.getvalue()
    assert "first - second" in text.getvalue()


def test_where_speakers_are_not_named_clips_stand_for_themselves() -> None:
    found = compared(Evaluation((), (said("one", 0.8, people=False),)), "age", halves("one"))
    assert {r.people for r in found.groups} == {None}
    assert ({g.metric: g.p_holm for g in found.gaps}["accuracy"] or 1) < 0.01


def test_sets_and_tasks_without_groups_are_left_out() -> None:
    part = said("one", 0.5)
    score = Predictions("one", "test", Task("sentiment", "score", (), (-3.0, 3.0)), *_rest(part))
    assert compared(Evaluation((), (part, score)), "age", {}).as_table() == {"column": "age", "groups": [], "gaps": []}
    assert {g.task for g in compared(Evaluation((), (part, score)), "age", halves("one")).groups} == {"emotion"}


def _rest(part: Predictions) -> tuple[str, tuple[str, ...], tuple[str, ...], np.ndarray, np.ndarray]:
    return part.modality, part.ids, part.groups, part.scores[:, :1], part.targets[:, :1]


def test_groups_are_a_column_of_the_manifest(tmp_path: Path) -> None:
    said: list[str] = []
    found = finish(attributes(Corpus.of(read(tmp_path, "a", "b"), tmp_path), "gender"), hearing(said))
    assert found == {"a/0": "female", "a/2": "male"}
    assert said == ["no groups: the manifest of 'b' has no column 'gender'; known: path, sex, split"]


def test_a_misspelt_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'gendr'; did you mean 'gender'"):
        finish(attributes(Corpus.of(read(tmp_path, "a"), tmp_path), "gendr"))


def test_tasks_without_labels_have_no_groups(tmp_path: Path) -> None:
    from dataclasses import replace

    recipe = replace(read(tmp_path, "a"), tasks=(Task("sentiment", "score", (), (-3.0, 3.0)),))
    with pytest.raises(InputError, match="one label each"):
        finish(attributes(Corpus.of(recipe, tmp_path), "gender"))
