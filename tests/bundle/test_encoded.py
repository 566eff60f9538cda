"""Encoded tracks: chosen, stacked and scattered, and absent ones, to a fusion that tells none of it apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.events import Answered
from mien.pipeline import Analyzer
from mien.samples import demo_clip
from mien.types import Modality


def part(rows: int, steps: int, start: float) -> EncodedTracks:
    states = np.arange(rows * steps * 2, dtype=np.float32).reshape(rows, steps, 2) + start
    each = np.full((rows, 1), start, np.float32)
    return EncodedTracks(states, np.ones((rows, steps), bool), each, states[:, :, 0], {"seconds": each[:, 0]})


def test_parts_are_stacked_and_padded_to_the_longest() -> None:
    whole = EncodedTracks.stacked([part(1, 3, 0.0), part(2, 2, 10.0)])
    assert whole.states.shape == (3, 3, 2)
    assert whole.mask.tolist() == [[True, True, True], [True, True, False], [True, True, False]]
    assert whole.states[1].tolist() == [[10, 11], [12, 13], [0, 0]]
    assert whole.quality[:, 0].tolist() == whole.measures["seconds"].tolist() == [0.0, 10.0, 10.0]
    assert whole.times.tolist() == [[0, 2, 4], [10, 12, 0], [14, 16, 0]]


def test_rows_are_chosen_and_scattered() -> None:
    given = part(2, 2, 10.0)
    twice = given.rows(np.asarray([1, 0, 1]))
    assert twice.states[:, 0, 0].tolist() == [14, 10, 14]
    wide = given.scattered([2, 0], 4)
    assert wide.mask.any(axis=1).tolist() == [True, False, True, False]
    assert wide.states[:, 0, 0].tolist() == [14, 0, 10, 0]
    assert wide.measures["seconds"].tolist() == [10, 0, 10, 0]


def test_those_who_lack_a_modality_are_masked() -> None:
    absent = EncodedTracks.absent(3, 5, 2)
    assert absent.states.shape == (3, 1, 5)
    assert (absent.quality.shape, absent.times.shape) == ((3, 2), (3, 1))
    assert not absent.mask.any()


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load("research")


@pytest.fixture(scope="module")
def encoded(bundle: Bundle) -> Mapping[Modality, EncodedTracks]:
    """The first moment of the demo clip that has all modalities."""
    answered = (event for event in Analyzer("research").stream(demo_clip()) if isinstance(event, Answered))
    tracks = next(event.moment.tracks for event in answered if len(event.moment.tracks) == 3)
    return {m: bundle.encode(m, [track]) for m, track in tracks.items()}


def test_padding_and_neighbours_change_nothing(bundle: Bundle, encoded: Mapping[Modality, EncodedTracks]) -> None:
    alone = bundle.pool(encoded)
    others = {m: EncodedTracks.stacked([e, _twice_as_long(e)]) for m, e in encoded.items()}
    scattered = {m: e.scattered([1], 3) for m, e in encoded.items()}
    stacked = bundle.pool({m: e.rows(np.asarray([0, 0])) for m, e in others.items()})
    np.testing.assert_allclose(stacked.scores["emotion"], np.repeat(alone.scores["emotion"], 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(bundle.pool(scattered).scores["emotion"][1:2], alone.scores["emotion"], atol=1e-6)


def test_weights_are_of_those_who_are_there(bundle: Bundle, encoded: Mapping[Modality, EncodedTracks]) -> None:
    pooled = bundle.fuse({m: encoded[m] for m in ("text", "voice")})
    assert list(pooled.weights) == ["text", "voice"]
    assert sum(float(w[0]) for w in pooled.weights.values()) == pytest.approx(1.0, abs=1e-5)


def _twice_as_long(given: EncodedTracks) -> EncodedTracks:
    """So that what stands above it is padded."""
    states, mask, times = (np.concatenate([part, part], axis=1) for part in (given.states, given.mask, given.times))
    return replace(given, states=states, mask=mask, times=times)
