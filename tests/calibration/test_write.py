from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mien.bundle.results import Result
from mien.calibration.write import over, renewed
from mien.errors import InputError
from mien.trust.calibration import Calibration
from mien.trust.guard import Guard
from mien.trust.label_sets import LabelSets
from mien.trust.table import Abstention, Effect, Figures, Fitted, TrustTable
from mien.types import Modality


def fitted(*subsets: str, bias: float = 0.0) -> dict[str, dict[str, Fitted]]:
    entry = Fitted(
        data=("new valid",),
        composite=False,
        n=40,
        speakers=None,
        method="temperature",
        nll={},
        calibration=Calibration(np.full(1, 1.1, np.float32), np.full(1, bias, np.float32)),
        label_sets=LabelSets("lac", 0.9, np.full(1, 0.5, np.float32)),
        uncertain=Abstention(0.2, 0.5),
    )
    return {"emotion": dict.fromkeys(subsets, entry)}


def effect(modality: str, name: str = "old", accuracy: float = 0.5, ece: float = 0.5) -> Effect:
    rest = {"floor": 0.0, "floor_std": 0.0, "debiased": 0.0, "brier": 0.5, "nll": 0.5, "aurc": 0.5, "risk": 0.5}
    figures = Figures(n=9, accuracy=accuracy, ece=ece, answered=1.0, ece_95=(0.0, 1.0), **rest)
    return Effect(name, "emotion", modality, figures, figures)


def guard(modality: Modality, reason: str) -> Guard:
    return Guard(reason, modality, "seconds", below=0.5)


def row(modality: str, metric: str = "ece") -> Result:
    return Result("old", "test", modality, "emotion", metric, value=0.5, std=0.1, seeds=3, n=9, majority=None)


def told(rows: Sequence[Result]) -> list[tuple[str, str, float]]:
    return [(r.modality, r.metric, r.value) for r in rows]


def test_what_the_data_say_nothing_of_stays() -> None:
    guards = (guard("text", "a"), guard("voice", "b"))
    before = TrustTable(0.9, 0.2, fitted("text", "voice"), guards, (effect("text"), effect("voice")))
    own = fitted("voice", bias=0.3)
    found = TrustTable(0.9, 0.2, own, (guard("voice", "c"),), (effect("voice", "mine"),))
    both = over(before, found)
    assert both.tasks["emotion"] == {"text": before.tasks["emotion"]["text"], "voice": own["emotion"]["voice"]}
    assert [g.reason for g in both.guards] == ["a", "c"]
    assert [(r.modality, r.set) for r in both.measured] == [("text", "old"), ("voice", "mine")]
    assert over(TrustTable(0.9, 0.2, {}, (), ()), found) == found
    with pytest.raises(
        InputError, match=r"answers by text stay calibrated for a coverage of 0\.9.*take the same coverage"
    ):
        over(before, replace(found, coverage=0.8))


def test_an_evaluation_holds_what_is_true_of_the_calibrated_bundle() -> None:
    before = [row("voice+face"), row("voice+face", "accuracy"), row("voice"), row("text"), row("text", "uar")]
    measured = (effect("voice+face", accuracy=0.7, ece=0.1),)
    after = renewed(before, TrustTable(0.9, 0.2, fitted("voice", "voice+face"), (), measured))
    assert told(after) == [
        ("voice+face", "ece", 0.1),
        ("voice+face", "accuracy", 0.5),  # a temperature moves no label
        ("text", "ece", 0.5),
        ("text", "uar", 0.5),
    ], "of the voice alone nothing was measured anew"
    assert (after[0].std, after[0].seeds) == (None, 1), "one seed is calibrated"
    moved = renewed(before, TrustTable(0.9, 0.2, fitted("voice+face", "text", bias=0.2), (), measured))
    assert told(moved) == [("voice+face", "ece", 0.1), ("voice+face", "accuracy", 0.7), ("voice", "ece", 0.5)]
