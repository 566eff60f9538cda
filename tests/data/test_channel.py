"""What rooms, telephones, codecs and clipping do to a sound, with values that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mien.data import channel
from mien.data.degrade import degraded
from mien.media.decoding.opus import encoded
from mien.types import SAMPLE_RATE, Audio, Float32, Segment, Span


def tone(hertz: float, seconds: float = 1.0) -> Float32:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * hertz * time), np.float32)


def level(samples: Float32, hertz: float) -> float:
    """Amplitude of one frequency."""
    time = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * np.abs(np.mean(samples * np.exp(-2j * np.pi * hertz * time))))


def test_a_room_goes_on_after_the_sound_and_falls_by_60_db() -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[0] = 0.5
    heard = channel.reverberant(click, 0.5, np.random.default_rng(0))
    energy = heard.astype(np.float64) ** 2
    early, late = (energy[int(t * SAMPLE_RATE) : int((t + 0.05) * SAMPLE_RATE)].mean() for t in (0.05, 0.3))
    assert 10 * np.log10(early / late) == pytest.approx(60 * 0.25 / 0.5, abs=2)
    assert energy[int(0.51 * SAMPLE_RATE) :].max() < 1e-9, "nothing after the reverberation time"


def test_a_telephone_keeps_the_middle() -> None:
    sound = tone(100) + tone(1000) + tone(6000)
    narrow = channel.telephone(sound, 3400)
    assert level(narrow, 1000) == pytest.approx(0.3, rel=0.05)
    assert level(narrow, 100) < 0.01
    assert level(narrow, 6000) < 0.01
    assert len(np.unique(narrow.round(6))) <= 255, "levels of the mu-law"


def test_clipping_is_below_the_peak() -> None:
    assert float(np.abs(channel.clipped(tone(200), 6.0)).max()) == pytest.approx(0.3 * 10 ** (-6 / 20), rel=0.01)


def test_a_codec_keeps_length_and_tone_and_loses_the_rest() -> None:
    sound = tone(440) + tone(7900)
    heard = encoded(sound, 8)
    assert heard.shape == sound.shape
    assert heard.dtype == np.float32
    assert level(heard[4000:12000], 440) == pytest.approx(0.3, rel=0.1)
    assert level(heard[4000:12000], 7900) < 0.15


def test_babble_reaches_the_asked_ratio() -> None:
    both = channel.mixed(channel.clipped(tone(200), 0.0), tone(900), 0.0)
    assert level(both, 900) == pytest.approx(level(both, 200), rel=0.01)


@pytest.mark.parametrize("how", ["room:0.4", "phone:3400", "codec:16", "clipping:6", "channel:1"])
def test_a_degraded_segment_keeps_its_length_and_repeats(how: str) -> None:
    clean = Segment(Span(1, 2), audio=Audio(tone(220), 1.0))
    first, again = degraded(clean, how, "clip").audio, degraded(clean, how, "clip").audio
    assert first is not None
    assert again is not None
    assert (first.start, len(first.samples)) == (1.0, SAMPLE_RATE)
    assert np.array_equal(first.samples, again.samples)
    assert float(np.abs(first.samples).max()) <= 1.0
    assert how == "channel:1" or not np.array_equal(first.samples, tone(220))
