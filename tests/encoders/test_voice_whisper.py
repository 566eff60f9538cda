"""The voice encoder: exact statistics, the right clock, prosody of sounds whose prosody is known."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.encoders import _prosody
from mien.encoders.voice_whisper import STATES, WhisperVoice
from mien.testing import check_encoder
from mien.types import SAMPLE_RATE, Audio, Float32, Segment, Span, Track


@cache
def encoder() -> WhisperVoice:
    return WhisperVoice()


def voice(seconds: float, pitch: float | NDArray[np.float64] = 140.0, seed: int = 0) -> Float32:
    """A hum with fifteen overtones, four syllables a second, over faint noise."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch, time.shape)) / SAMPLE_RATE
    hum = sum(np.sin(k * phase) / k for k in range(1, 16))
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return np.asarray(0.1 * hum * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * time)) + 1e-4 * noise, np.float32)


def segment(samples: Float32, start: float = 0.0) -> Segment:
    audio = Audio(samples, start)
    return Segment(audio.span, audio=audio)


def track(samples: Float32, start: float = 0.0) -> Track:
    found = encoder().prepare(segment(samples, start))
    assert found is not None
    return found


def column(one: Track, name: str) -> NDArray[np.float32]:
    return np.asarray(one.values[:, 2 * STATES + (*_prosody.COLUMNS, "frames").index(name)])


def test_keeps_the_contract_of_encoders() -> None:
    check_encoder(encoder(), segment(voice(1.3)))


def test_rows_are_half_seconds_on_the_clock_of_the_clip() -> None:
    found = track(voice(3.5), start=12.0)
    assert found.values.shape == (7, 2 * STATES + len(_prosody.COLUMNS) + 1)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.times, 12.25 + 0.5 * np.arange(7), atol=1e-9)
    assert column(found, "frames").tolist() == [25.0] * 7


@pytest.mark.parametrize(("seconds", "rows", "frames"), [(0.25, 1, 12), (0.7, 1, 35), (0.8, 2, 40), (2.2, 4, 110)])
def test_what_does_not_fill_half_a_second_is_kept(seconds: float, rows: int, frames: int) -> None:
    found = track(voice(seconds))
    assert len(found) == rows
    assert column(found, "frames").sum() == frames


def test_nothing_to_hear_gives_no_track() -> None:
    assert encoder().prepare(Segment(Span(0, 1))) is None
    assert encoder().prepare(segment(voice(0.2))) is None
    assert encoder().prepare(segment(np.zeros(0, np.float32))) is None
    assert encoder().prepare(segment(np.zeros(SAMPLE_RATE, np.float32))) is None


def test_a_constant_is_not_speech_but_does_not_break() -> None:
    found = track(np.full(SAMPLE_RATE, 0.5, np.float32))
    assert np.isfinite(found.values).all()
    assert found.quality[1] == 0.0


def test_rows_give_back_mean_and_deviation_exactly() -> None:
    samples = voice(2.3)
    found = track(samples)
    level = samples * np.float32(0.08 / np.sqrt(np.mean(samples**2)))
    states = encoder()._states(level)
    weight = column(found, "frames")[:, None] / len(states)
    mean = (found.values[:, :STATES] * weight).sum(axis=0)
    square = (found.values[:, STATES : 2 * STATES] * weight).sum(axis=0)
    np.testing.assert_allclose(mean, states.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(np.sqrt(np.clip(square - mean**2, 0, None)), states.std(axis=0), atol=5e-3)


def test_distance_to_the_microphone_does_not_matter() -> None:
    near, far = track(voice(1.0)), track(voice(1.0) * np.float32(0.05))
    np.testing.assert_allclose(near.values, far.values, atol=0.02)
    np.testing.assert_allclose(near.quality, far.quality, atol=0.05)


def test_long_sound_is_run_in_pieces_that_join_without_a_gap() -> None:
    found = track(voice(57.1))
    assert column(found, "frames").sum() == 57.1 * 50
    np.testing.assert_allclose(found.times[:113], 0.25 + 0.5 * np.arange(113), atol=1e-9)
    np.testing.assert_allclose(column(found, "pitch_mean"), np.log2(140), atol=0.03)


def test_a_tail_too_short_to_run_is_dropped() -> None:
    assert column(track(voice(28.1)), "frames").sum() == 28 * 50


@pytest.mark.parametrize("pitch", [85.0, 140.0, 220.0, 380.0])
def test_pitch_of_a_hum(pitch: float) -> None:
    found = track(voice(1.0, pitch))
    np.testing.assert_allclose(column(found, "pitch_mean"), np.log2(pitch), atol=0.03)
    assert column(found, "voiced").min() > 0.7
    assert found.quality[1] == pytest.approx(1.0, abs=0.25)


def test_pitch_that_rises_by_an_octave_in_two_seconds() -> None:
    found = track(voice(2.0, 120 * 2 ** (np.arange(2 * SAMPLE_RATE) / (2 * SAMPLE_RATE))))
    np.testing.assert_allclose(np.diff(column(found, "pitch_mean")), 0.25, atol=0.06)
    assert column(found, "pitch_slope").min() > 0.1


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(1).standard_normal(SAMPLE_RATE * 2).astype(np.float32) * 0.05
    found = track(noise)
    assert column(found, "voiced").max() < 0.1
    assert column(found, "centroid").mean() == pytest.approx(4.0, abs=0.3)
    assert column(found, "flatness").mean() > column(track(voice(2.0)), "flatness").mean()


def test_a_dull_voice_has_less_above_one_kilohertz() -> None:
    bright = voice(1.0)
    dull = np.convolve(bright, np.ones(24, np.float32) / 24, "same").astype(np.float32)
    assert column(track(dull), "slope_db").mean() < column(track(bright), "slope_db").mean() - 3


@pytest.mark.parametrize("expected", [5.0, 15.0, 25.0])
def test_signal_to_noise_ratio_of_speech_with_pauses(expected: float) -> None:
    rng = np.random.default_rng(2)
    speech = rng.standard_normal(8 * SAMPLE_RATE) * (np.arange(8 * SAMPLE_RATE) % SAMPLE_RATE < 0.6 * SAMPLE_RATE)
    noise = rng.standard_normal(len(speech)) * 10 ** (-expected / 20)
    assert _prosody.snr_db((0.1 * (speech + noise)).astype(np.float32)) == pytest.approx(expected, abs=2.0)


def test_signal_to_noise_ratio_stays_in_its_bounds() -> None:
    assert _prosody.snr_db(np.ones(SAMPLE_RATE, np.float32)) == -5.0
    burst = np.zeros(SAMPLE_RATE, np.float32)
    burst[:6000] = 0.9
    assert _prosody.snr_db(burst) == 40.0


def test_the_shipped_front_is_the_file_its_card_names() -> None:
    path = shared_file("whisper_tiny_en_front.onnx")
    card = path.with_name("CARD.md").read_text(encoding="utf-8")
    assert f"| {path.name} | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in card
