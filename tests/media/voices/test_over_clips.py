"""Clips with the same voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.same_voice import b_cubed, drawn

from mien.media.voices.over_clips import main_voice, same_voice
from mien.media.voices.pieces import Piece, unit
from mien.types import Float32, Span


def voice(*parts: float) -> Float32:
    return unit(np.asarray(parts, np.float32))


def spoken(*pieces: tuple[float, Float32]) -> list[Piece]:
    return [Piece(Span(0.0, seconds), found) for seconds, found in pieces]


ANN, BOB = voice(1, 0, 0), voice(0, 1, 0)


def test_the_voice_with_nearly_all_speech_is_that_of_the_clip() -> None:
    found = main_voice(spoken((20.0, ANN), (20.0, ANN), (5.0, BOB)))
    assert found is not None
    assert found == pytest.approx(ANN), "what the other one says is left out"
    assert main_voice(spoken((10.0, ANN), (10.0, ANN), (10.0, BOB))) is None, "two people speak"
    assert main_voice([]) is None, "nobody speaks"


def test_groups_are_joined_by_the_mean_of_their_pairs() -> None:
    angles = np.radians([0.0, 38.0, 80.0, 180.0])
    voices = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    # cos 38 = 0.79 joins 0 with 38, and cos 42 = 0.74 would join 38 with 80. The mean of cos 42 and cos 80 is 0.46, too little.
    assert same_voice(voices).tolist() == [0, 0, 1, 2]
    assert same_voice(voices[::-1]).tolist() == [0, 1, 2, 2]
    assert same_voice(voices[:0]).tolist() == []


def test_b_cubed_by_hand() -> None:
    people, groups = np.asarray(["a", "a", "b"]), np.asarray([0, 0, 0])
    assert b_cubed(people, groups) == pytest.approx(((2 / 3 + 2 / 3 + 1 / 3) / 3, 1.0))


@pytest.mark.slow
def test_clips_of_real_people_are_put_together(data: Path) -> None:
    """On nEMO, which the bound was not chosen on."""
    voices, people = drawn(data / "nemo_pl")
    some = np.isin(people, np.unique(people)[:4])
    precision, recall = b_cubed(people[some], same_voice(voices[some]))
    assert precision > 0.7, "of four people drawn; 0.93 on average over draws"
    assert recall > 0.7
