"""Which moments and pitches of a voice spoke for a label: time windows of frequency bands are replaced by background."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from mien.explain.evidence.base import Bools, Explainer, explainers
from mien.explanation import Piece
from mien.types import SAMPLE_RATE, Audio, Float32, Modality, Segment, Span

BANDS = (0.0, 500.0, 1500.0, 3500.0, 8000.0)
"""Hz: pitch and first formant; second formant; brightness; breath and friction."""
_WINDOW, _MOST = 0.5, 6  # seconds; windows
_RAMP = SAMPLE_RATE // 50  # samples over which one part goes over into the next
_FRAME = SAMPLE_RATE // 50


@explainers.register
class SoundOcclusion(Explainer):
    """Up to six time windows by four bands. A part that is left out sounds like the quiet tenth of its band: noise drawn
    anew from the same seed each time, so that a loud part does not end in silence that no recording has.

    The whole utterance is encoded again for each part, since an encoder reads each moment in the context of all others.
    """

    modality: Modality = "voice"

    def __init__(self) -> None:
        self._last: tuple[Float32, list[tuple[Float32, Float32]]] | None = None

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """Windows of the lowest band first."""
        audio = segment.audio
        if audio is None or not len(audio.samples):
            return ()
        times = [audio.start + e / SAMPLE_RATE for e in _edges(len(audio.samples))]
        spans = [Span(a, b) for a, b in pairwise(times)]
        return tuple(Piece(span=span, band=band) for band in pairwise(BANDS) for span in spans)

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The same sound, with background where parts are gone."""
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
        """Nothing but background, as long as the sound."""
        if segment.audio is None:
            return segment
        noise = np.sum([background for _, background in self._parts(segment.audio.samples)], axis=0)
        return replace(segment, audio=Audio(noise, segment.audio.start))

    def _parts(self, samples: Float32) -> list[tuple[Float32, Float32]]:
        """Each band of a sound, and its background; those of the last sound are kept, which is asked about many times."""
        if self._last is None or self._last[0] is not samples:
            noise = np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)
            pairs = zip(_bands(samples), _bands(noise), strict=True)
            self._last = samples, [(band, n * (_quiet(band) / max(_level(n), 1e-9))) for band, n in pairs]
        return self._last[1]


def _edges(length: int) -> list[int]:
    count = int(np.clip(round(length / SAMPLE_RATE / _WINDOW), 1, _MOST))
    return [round(i * length / count) for i in range(count + 1)]


def _bands(samples: Float32) -> list[Float32]:
    """The parts of a sound by frequency; they sum to it."""
    spectrum, frequency = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    chosen = [(frequency >= low) & (frequency < high) for low, high in pairwise(BANDS)]
    chosen[-1] |= frequency >= BANDS[-1]
    return [np.fft.irfft(np.where(c, spectrum, 0), len(samples)).astype(np.float32) for c in chosen]


def _envelope(kept: Bools, length: int) -> Float32:
    """1 where a window is kept and 0 where it is gone, (length,), with short ramps between."""
    steps = np.concatenate([np.full(b - a, k, float) for k, (a, b) in zip(kept, pairwise(_edges(length)), strict=True)])
    total = np.cumsum(np.pad(steps, (_RAMP // 2 + 1, _RAMP // 2), mode="edge"))
    return np.asarray((total[_RAMP:] - total[:-_RAMP])[:length] / _RAMP, np.float32)


def _level(sound: Float32) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(sound**2)))


def _quiet(band: Float32) -> float:
    """Root mean square of the quiet tenth of a band's frames."""
    count = max(1, len(band) // _FRAME)
    return float(np.percentile([_level(f) for f in np.array_split(band, count)], 10))
