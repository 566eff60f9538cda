"""A device must answer as the CPU does."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mien.archive import parity
from mien.archive.folder import Reading
from mien.errors import InputError

from ..report.test_exporters import prediction, timeline

SAID = timeline(prediction(), prediction(who=None)).to_dict()


def changed(by: float) -> dict[str, Any]:
    found = deepcopy(SAID)
    found["segments"][1]["emotion"]["scores"]["sad"] += by
    return found


def test_the_largest_difference_counts() -> None:
    assert parity.difference(SAID, SAID) == 0.0
    assert parity.difference(SAID, changed(0.05)) == pytest.approx(0.05)
    assert parity.difference(SAID, {**SAID, "segments": SAID["segments"][:1]}) is None


def test_a_device_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    asked: list[str] = []

    def answers(by: float) -> None:
        def read(reading: Reading) -> dict[str, Any]:
            asked.append(reading.device)
            return SAID if reading.device == "cpu" else changed(by)

        monkeypatch.setattr(parity, "_timeline", read)

    answers(0.3)
    with pytest.raises(InputError, match=r"'cuda' gives probabilities that differ by up to 0\.300 on the sample clip"):
        parity.check_device(Reading(device="cuda"), "0" * 64)
    answers(0.001)
    asked.clear()
    for _ in range(2):
        parity.check_device(Reading(device="cuda"), "0" * 64)
    assert asked == ["cuda", "cpu"]
    parity.check_device(Reading(), "0" * 64)
    assert len(asked) == 2, "the CPU is not compared with itself"


@pytest.mark.slow
def test_the_sample_clip_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The path that a device takes, here with the CPU."""
    found = parity._timeline(Reading(asr="off"))
    assert [s["emotion"]["label"] for s in found["segments"]].count("happy") >= 2
