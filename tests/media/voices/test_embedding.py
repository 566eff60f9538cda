"""The encoder of voices against the code that its weights come from.

The expected numbers were made by Resemblyzer 0.1.4 itself with librosa 0.11.0 in an environment of its own::

    wav = normalize_volume(soundfile.read(clip)[0], -30, increase_only=True).astype("float32")
    VoiceEncoder("cpu").embed_utterance(wav)[::16], wav_to_mel_spectrogram(wav)[100, ::8]
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.media.decoding.sound import read_audio
from mien.media.voices.embedding import embed, mel_energies
from mien.media.voices.pieces import unit

EXPECTED = {
    "emodb_03b10Ec": (
        [0, 77, 154],
        [0.0893, 0.0424, 0, 0.0102, 0.0227, 0, 0.0866, 0, 0.0511, 0.0464, 0.0123, 0.0029, 0.06, 0.008, 0, 0],
    ),
    "cremad_1002_DFA_ANG": (
        [0, 77],
        [0, 0.114, 0, 0, 0.1604, 0, 0.0622, 0, 0, 0.1824, 0.0218, 0.0166, 0, 0.0809, 0.1896, 0.0904],
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_voices_are_those_of_resemblyzer(samples: Path, name: str) -> None:
    starts, expected = EXPECTED[name]
    found = unit(embed(read_audio(samples / f"audio/{name}.wav").samples, np.asarray(starts)).mean(axis=0))
    np.testing.assert_allclose(found[::16], expected, atol=5e-4)


def test_the_spectrogram_is_that_of_librosa(samples: Path) -> None:
    found = mel_energies(read_audio(samples / "audio/emodb_03b10Ec.wav").samples, 321)
    assert found.shape == (321, 40)
    expected = [0.42577061, 0.01202244, 0.00244244, 0.0020203, 0.0006635]
    np.testing.assert_allclose(found[100, ::8], expected, rtol=1e-4)


def test_a_soft_voice_is_the_same_voice(samples: Path) -> None:
    loud = read_audio(samples / "audio/emodb_03b10Ec.wav").samples
    starts = np.asarray([0, 80])
    both = embed(0.01 * loud, starts) @ embed(0.02 * loud, starts).T
    np.testing.assert_allclose(np.diag(both), 1.0, atol=1e-5)


def test_silence_has_finite_numbers() -> None:
    assert np.isfinite(embed(np.zeros(1600, np.float32), np.asarray([0]))).all()
