"""Turns decoded frames of sound into ``Audio`` on the clock of the clip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.media.decoding.clock import Clock
from mien.media.decoding.mixing import Mixer, Offset
from mien.types import SAMPLE_RATE, Audio, Float32

_GAP = 0.05  # seconds; when sound drifts further from its time stamps, silence is put in or sound is left out
_LATEST = 600.0  # seconds after the place where decoding begins; a first time stamp beyond it is damaged


class Samples:
    """Sound of one stream, mono, 16 kHz, without holes that are shorter than 0.05 s.

    Args:
        clock: of the clip.
        begun: where decoding begins, seconds.
    """

    def __init__(self, clock: Clock, begun: float = 0.0) -> None:
        self._clock, self._begun = clock, begun
        self._mixer, self._offset = Mixer(), Offset()
        self._resampler: Any = None
        self._kind: tuple[Any, ...] = ()
        self._count: int | None = None  # samples given so far, counted from time 0

    @property
    def cancelled(self) -> bool:
        """Whether the two channels cancelled each other anywhere."""
        return self._mixer.cancelled

    def take(self, frame: Any) -> Iterator[Audio]:
        """The sound in a frame of PyAV, which may come later."""
        stamp = frame.time
        if self._count is None:
            first = 0.0 if stamp is None else self._clock.at("sound", stamp, self._begun)
            self._count = round(min(first, self._begun + _LATEST) * SAMPLE_RATE)
        if self._kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate)):
            # Recordings of different make may be joined in one stream.
            yield from self._given(self._flushed())
            self._kind, self._resampler = kind, _resampler(frame.layout.nb_channels)
        missing = 0
        if stamp is not None:
            now = self._count + self._offset.held
            missing = round(self._clock.at("sound", stamp, now / SAMPLE_RATE) * SAMPLE_RATE) - now
        frame.pts = None
        for part in self._resampler.resample(frame):
            samples = self._mixed(part)
            # Time stamps jitter by up to a packet. A larger difference is a gap, which is filled with silence, or an
            # overlap, which is left out.
            if missing > _GAP * SAMPLE_RATE:
                yield from self._given(self._offset.rest())
                self._count += missing
            elif -missing > max(_GAP * SAMPLE_RATE, 2 * len(samples)):
                continue
            yield from self._given(self._offset(samples))
            self._clock.heard((self._count + self._offset.held) / SAMPLE_RATE)
            missing = 0

    def rest(self) -> Iterator[Audio]:
        """The sound that is still held."""
        if self._count is not None:
            yield from self._given(self._flushed())
            yield from self._given(self._offset.rest())

    def _flushed(self) -> Float32:
        """What the resampler still holds, float32 (N,)."""
        import av

        if self._resampler is None:
            return np.zeros(0, np.float32)
        try:
            parts = [self._mixed(part) for part in self._resampler.resample(None)]
        except (av.FFmpegError, ValueError):
            parts = []
        return self._offset(np.concatenate([np.zeros(0, np.float32), *parts]))

    def _mixed(self, part: Any) -> Float32:
        channels: NDArray[Any] = part.to_ndarray().astype(np.float32, copy=True)
        clean = np.nan_to_num(channels, posinf=1.0, neginf=-1.0)
        return self._mixer(clean) if len(clean) == 2 else np.asarray(clean.reshape(-1), np.float32)

    def _given(self, samples: Float32) -> Iterator[Audio]:
        if not len(samples):
            return
        start = (self._count or 0) / SAMPLE_RATE
        self._count = (self._count or 0) + len(samples)
        yield Audio(np.clip(samples, -1.0, 1.0), start)


def _resampler(channels: int) -> Any:
    """To 16 kHz: one channel stays one, and several become two, which are mixed where they are compared."""
    import av

    return av.AudioResampler(format="fltp", layout="mono" if channels == 1 else "stereo", rate=SAMPLE_RATE)
