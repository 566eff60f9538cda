"""Finds which moments and bands of a voice supported a label: parts of the sound are replaced by background noise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from mien.explain.evidence.base import Bools, Explainer, explainers
from mien.explanation import Piece
from mien.types import SAMPLE_RATE, Audio, Float32, Modality, Segment, Span

BANDS = (0.0, 500.0, 1500.0, 3500.0, 8000.0)
"""Edges of the bands in Hz: pitch and first formant; second formant; brightness; breath and friction."""
_WINDOW, _MOST = 0.5, 6  # length of a window in seconds; the largest number of windows
_RAMP = SAMPLE_RATE // 50  # samples; the length of the ramp between two parts
_FRAME = SAMPLE_RATE // 50


@explainers.register
class SoundOcclusion(Explainer):
    """Occlusion of up to six time windows in four bands.

    A part that is left out is replaced by noise with the level of the quiet tenth of its band, because no recording has
    complete silence. The noise always has the same seed. The whole utterance is encoded again for each part, because an
    encoder reads each moment in the context of all others.
    """

    modality: Modality = "voice"

    def __init__(self) -> None:
        self._last: tuple[Float32, list[tuple[Float32, Float32]]] | None = None

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """The windows of the lowest band, then those of the next band."""
        audio = segment.audio
        if audio is None or not len(audio.samples):
            return ()
        times = [audio.start + e / SAMPLE_RATE for e in _edges(len(audio.samples))]
        spans = [Span(a, b) for a, b in pairwise(times)]
        return tuple(Piece(span=span, band=band) for band in pairwise(BANDS) for span in spans)

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The same sound, with background noise for the parts that are gone."""
        if segment.audio is None or gone.all():
            return None
        samples = segment.audio.samples
        if not gone.any():
            return segment
        mixed = np.zeros(len(samples), np.float32)
        parts = self._parts(samples)
        for (band, background), out in zip(parts, gone.reshape(len(parts), -1), strict=True):
            kept = _envelope(~out, len(samples))
            mixed += background + (band - background) * kept
        return replace(segment, audio=Audio(mixed, segment.audio.start))

    def background(self, segment: Segment) -> Segment:
        """Background noise alone, as long as the sound."""
        if segment.audio is None:
            return segment
        noise = np.sum([background for _, background in self._parts(segment.audio.samples)], axis=0)
        return replace(segment, audio=Audio(noise, segment.audio.start))

    def _parts(self, samples: Float32) -> list[tuple[Float32, Float32]]:
        """Each band of a sound and its background. Those of the last sound are kept, because it is used many times."""
        if self._last is None or self._last[0] is not samples:
            noise = np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)
            pairs = zip(_bands(samples), _bands(noise), strict=True)
            self._last = samples, [(band, n * (_quiet(band) / max(_level(n), 1e-9))) for band, n in pairs]
        return self._last[1]


def _edges(length: int) -> list[int]:
    count = int(np.clip(round(length / SAMPLE_RATE / _WINDOW), 1, _MOST))
    return [round(i * length / count) for i in range(count + 1)]


def _bands(samples: Float32) -> list[Float32]:
    """The bands of a sound. Their sum is the sound."""
    spectrum, frequency = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    chosen = [(frequency >= low) & (frequency < high) for low, high in pairwise(BANDS)]
    chosen[-1] |= frequency >= BANDS[-1]
    return [np.fft.irfft(np.where(c, spectrum, 0), len(samples)).astype(np.float32) for c in chosen]


def _envelope(kept: Bools, length: int) -> Float32:
    """1 in windows that are kept and 0 in others, float32 (length,), with short ramps between them."""
    steps = np.concatenate([np.full(b - a, k, float) for k, (a, b) in zip(kept, pairwise(_edges(length)), strict=True)])
    total = np.cumsum(np.pad(steps, (_RAMP // 2 + 1, _RAMP // 2), mode="edge"))
    return np.asarray((total[_RAMP:] - total[:-_RAMP])[:length] / _RAMP, np.float32)


def _level(sound: Float32) -> float:
    """The root mean square of a sound."""
    return float(np.sqrt(np.mean(sound**2)))


def _quiet(band: Float32) -> float:
    """The 10th percentile of the root mean squares of a band's frames."""
    count = max(1, len(band) // _FRAME)
    return float(np.percentile([_level(f) for f in np.array_split(band, count)], 10))
