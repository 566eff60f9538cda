"""Figures of composites, on answers with known values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mien.bundle.answer import Answer
from mien.evaluation.composites import Composite, figures, unbacked, worse
from mien.study.together import setting
from mien.types import EMOTION, Float32, Modality

BOTH: tuple[Modality, ...] = ("voice", "face")


def sure_of(label: int) -> Float32:
    scores = np.full(EMOTION.size, 0.1 / (EMOTION.size - 1), np.float32)
    scores[label] = 0.9
    return scores


def answer(voice: int, face: int, both: int) -> Answer:
    told = {frozenset({"voice"}): voice, frozenset({"face"}): face, frozenset(BOTH): both}
    subsets = {s: {EMOTION.name: sure_of(k)} for s, k in told.items()}
    return Answer({EMOTION.name: sure_of(both)}, {"voice": 0.5, "face": 0.5}, subsets)  # type: ignore[arg-type]


@pytest.fixture
def made() -> list[Composite]:
    return [Composite({}, i % EMOTION.size) for i in range(140)]


def test_figures_of_every_subset(made: Sequence[Composite]) -> None:
    """The voice is always right, the face in half of the clips of each label, and both follow the voice."""
    found = [answer(c.label, c.label if i % 2 else (c.label + 1) % 7, c.label) for i, c in enumerate(made)]
    table = figures(found, made, BOTH)
    assert [sorted(s) for s in table] == [["voice"], ["face"], ["face", "voice"]]
    assert [table[s].uar for s in table] == pytest.approx([1.0, 0.5, 1.0])
    assert table[frozenset({"voice"})].error == pytest.approx(0.0)
    assert table[frozenset({"face"})].ece == pytest.approx(0.4)
    assert worse(found, made, frozenset(BOTH), frozenset({"face"})) < -5
    assert setting("test", list(made), found, BOTH).losses == []


def test_a_loss_is_told_in_standard_errors(made: Sequence[Composite]) -> None:
    """The voice is always right, and the fused answer follows the face, which is wrong in each fourth clip."""
    faces = [(c.label + 1) % 7 if i % 4 == 0 else c.label for i, c in enumerate(made)]
    found = [answer(c.label, k, k) for c, k in zip(made, faces, strict=True)]
    told = setting("test", list(made), found, BOTH)
    assert [(sorted(large), sorted(small)) for large, small, _ in told.losses] == [(["face", "voice"], ["voice"])]
    assert told.losses[0][2] == pytest.approx(0.25 / np.sqrt(0.25 * 0.75 / len(made)), rel=0.25)
    assert told.accuracy == (0.75, 0.75)


def test_an_unbacked_label(made: Sequence[Composite]) -> None:
    """Sure of label 1 and 2, the first two of each input hold 1, 2 and label 0; the fused answer is 5."""
    assert unbacked([answer(1, 2, 5), answer(1, 2, 1), answer(1, 2, 0)]) == pytest.approx(1 / 3)
