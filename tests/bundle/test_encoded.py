"""Encoded tracks: chosen, stacked and scattered, and absent ones, to a fusion that tells none of it apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks, States
from mien.bundles import shipped
from mien.events import Answered
from mien.model.padding import Padded
from mien.pipeline import Analyzer
from mien.samples import demo_clip
from mien.types import Float32, Modality, Track


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


def test_states_of_rows_are_computed_once() -> None:
    asked: list[list[float]] = []

    def double(rows: Padded) -> Float32:
        asked.append(rows.values[0, :, 0].tolist())
        return np.asarray(2 * rows.values, np.float32)

    def track(*values: float, at: float = 0.0) -> Track:
        return Track(at + np.arange(len(values)) / 5, np.asarray(values)[:, None], np.zeros(1, np.float32))

    states = States(most=4)
    assert states.of("face", track(1, 2), double)[0, :, 0].tolist() == [2, 4]
    assert states.of("face", track(1, 2, 3, 2), double)[0, :, 0].tolist() == [2, 4, 6, 4]
    assert states.of("voice", track(1), double)[0, :, 0].tolist() == [2], "another modality has other states"
    assert states.of("face", track(2, at=0.2), double)[0, :, 0].tolist() == [4]
    assert asked == [[1, 2], [3, 2], [1]], "the second 2 was of another time"
    states.of("face", track(7, 8, 9, at=9.0), double)
    states.of("face", track(1), double)
    assert asked[3:] == [[7, 8, 9], [1]], "what was asked for longest ago was forgotten"


@pytest.mark.parametrize("name", shipped())
def test_an_encoder_that_reads_by_row_gives_a_row_the_state_that_it_has_alone(name: str) -> None:
    bundle = Bundle.load(name)
    rng = np.random.default_rng(0)
    rows = Track(np.arange(9) / 5, rng.integers(0, 255, (9, 48, 48), np.uint8), np.ones(2, np.float32))
    assert bundle.encoders["face"].by_row
    whole, known = bundle.encode("face", [rows]), States()
    bundle.encode("face", [replace(rows, times=rows.times[:5], values=rows.values[:5])], known)
    again = bundle.encode("face", [rows], known)
    assert again.states == pytest.approx(whole.states, abs=1e-5)
    assert np.array_equal(again.mask, whole.mask)
