"""Voices that were laid over one another are told from single ones."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from mien.collection.reading.overlap import two_voices
from mien.media.decoding.sound import read_audio
from mien.types import Float32


def loud(samples: Float32) -> Float32:
    """The sound without silence at its ends, with a root mean square of 1."""
    heard = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())
    found = samples[heard[0] : heard[-1]]
    return np.asarray(found / np.sqrt(np.mean(found**2)), np.float32)


def test_two_people_at_once_stand_out(samples: Path) -> None:
    names = [f"emodb_{name}" for name in ("03a01Nc", "03a02Ta", "03a04Lc", "03a04Ad", "03b10Ec")]
    voices = [loud(read_audio(samples / "audio" / f"{name}.wav").samples) for name in names]
    single = [two_voices(voice) for voice in voices]
    both = [two_voices(one[:20_000] + two[:20_000]) for one, two in combinations(voices, 2)]
    assert max(single) < 0.1
    assert np.median(both) > 2 * np.median(single)
    assert sum(value > 0.1 for value in both) >= 3
    assert two_voices(np.zeros(32_000, np.float32)) == 0.0
