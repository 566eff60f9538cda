from __future__ import annotations

from typing import Any

import pytest

from mien.calibration.write import over, renewed
from mien.errors import InputError


def fitted(*subsets: str, bias: float = 0.0) -> dict[str, Any]:
    return {"emotion": {name: {"calibration": {"scale": [1.1], "bias": [bias]}} for name in subsets}}


def row(modality: str, metric: str = "ece", **more: object) -> dict[str, Any]:
    return {"task": "emotion", "modality": modality, "set": "old", "metric": metric, "value": 0.5, **more}


def test_what_the_data_say_nothing_of_stays() -> None:
    before = {
        "coverage": 0.9,
        "risk": 0.2,
        "tasks": fitted("text", "voice"),
        "guards": [{"modality": "text", "reason": "a"}, {"modality": "voice", "reason": "b"}],
        "measured": [row("text"), row("voice")],
    }
    found = {
        "coverage": 0.9,
        "risk": 0.2,
        "tasks": fitted("voice", bias=0.3),
        "guards": [{"modality": "voice", "reason": "c"}],
        "measured": [row("voice", set="mine")],
    }
    both = over(before, found)
    assert both["tasks"]["emotion"] == {**fitted("text")["emotion"], **fitted("voice", bias=0.3)["emotion"]}
    assert [g["reason"] for g in both["guards"]] == ["a", "c"]
    assert [(r["modality"], r["set"]) for r in both["measured"]] == [("text", "old"), ("voice", "mine")]
    assert over({}, found) == found
    with pytest.raises(
        InputError, match=r"answers by text stay calibrated for a coverage of 0\.9.*take the same coverage"
    ):
        over(before, {**found, "coverage": 0.8})


def test_an_evaluation_holds_what_is_true_of_the_calibrated_bundle() -> None:
    before = [row("voice+face"), row("voice+face", "accuracy"), row("voice"), row("text"), row("text", "uar")]
    measured = [{**row("voice+face"), "ece": 0.1, "accuracy": 0.7}]
    found = {"tasks": fitted("voice", "voice+face"), "measured": measured}
    after = renewed(before, found)
    assert [(r["modality"], r["metric"], r["value"]) for r in after] == [
        ("voice+face", "ece", 0.1),
        ("voice+face", "accuracy", 0.5),  # a temperature moves no label
        ("text", "ece", 0.5),
        ("text", "uar", 0.5),
    ], "of the voice alone nothing was measured anew"
    moved = renewed(before, {"tasks": fitted("voice+face", "text", bias=0.2), "measured": measured})
    assert [(r["modality"], r["metric"], r["value"]) for r in moved] == [
        ("voice+face", "ece", 0.1),
        ("voice+face", "accuracy", 0.7),
        ("voice", "ece", 0.5),
    ]
