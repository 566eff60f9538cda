"""Makes one channel of several, and takes out a constant offset. Both work on sound that comes in pieces."""

from __future__ import annotations

import numpy as np

from mien.types import SAMPLE_RATE, Float32

_MEMORY = 0.1  # seconds; after this time, what was heard counts half
_CANCELS = 0.2  # power of the sum over the summed power; below it the channels cancel each other
_SILENT = 1e-9  # power of a channel that holds nothing
_EARLY = SAMPLE_RATE // 2  # samples by which an offset is known
_LEAST = SAMPLE_RATE // 10  # samples; a shorter sound is too short to tell an offset from what it holds
_SETTLING = float(SAMPLE_RATE)  # samples; how slowly the estimate of the offset follows
_OFFSET = 0.01  # an offset below it is none; above twice this value it is taken out completely
_ONSET = 32  # samples; before a sound with an offset, the resampler rings


class Mixer:
    """The mean of two channels, or half their difference where they cancel each other.

    One channel of a wrongly wired microphone or cable is upside down. The mean of the two is then silence.

    Attributes:
        cancelled: whether the channels cancelled each other anywhere.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._sign: float | None = None
        self._power = np.zeros(3)  # left, right, and both together

    def __call__(self, channels: Float32) -> Float32:
        """Float32 (2, N) at 16 kHz to float32 (N,)."""
        left, right = channels
        if not channels.size:
            return np.zeros(0, np.float32)
        kept = 0.5 ** (len(left) / (_MEMORY * SAMPLE_RATE))
        self._power = kept * self._power + np.asarray([left @ left, right @ right, left @ right], np.float64)
        before, self._sign = self._sign, self._next()
        self.cancelled = self.cancelled or self._sign < 0
        sign: float | Float32 = self._sign
        if before not in (None, self._sign):
            # The change is spread over the whole piece, because a sudden one can be heard.
            sign = np.linspace(before, self._sign, len(left), dtype=np.float32)
        return np.asarray(0.5 * (left + sign * right), np.float32)

    def _next(self) -> float:
        left, right, both = self._power
        if min(left, right) > _SILENT * _MEMORY * SAMPLE_RATE and left + right + 2 * both < _CANCELS * (left + right):
            return -1.0
        return 1.0 if both >= 0 or self._sign is None else self._sign


class Offset:
    """Takes out a constant that is added to all samples, as cheap sound cards do. Sound without one stays exactly as it is.

    The first half second is held back, because the offset must be known before anything is given.

    Attributes:
        held: how many samples are held back.
    """

    def __init__(self) -> None:
        self._early: list[Float32] = []
        self.held = 0
        self._mean: float | None = None
        self._taken = 0.0

    def __call__(self, samples: Float32) -> Float32:
        """Float32 (N,) at 16 kHz; what comes back may be shorter at first, and longer once."""
        if self._mean is None:
            self._early.append(samples)
            self.held += len(samples)
            return self.rest() if self.held >= _EARLY else samples[:0]
        if not len(samples):
            return samples
        share = 1.0 - float(np.exp(-len(samples) / _SETTLING))
        self._mean += share * (float(samples.mean()) - self._mean)
        before, self._taken = self._taken, _offset(self._mean)
        if before == self._taken == 0.0:
            return samples
        return np.asarray(samples - np.linspace(before, self._taken, len(samples)), np.float32)

    def rest(self) -> Float32:
        """What is held back, float32 (N,)."""
        if self._mean is not None or not self.held:
            return np.zeros(0, np.float32)
        samples = np.concatenate(self._early)
        self._early, self.held = [], 0
        self._mean = float(samples.mean()) if len(samples) >= _LEAST else 0.0
        self._taken = _offset(self._mean)
        if self._taken == 0.0:
            return samples
        samples = np.asarray(samples - self._taken, np.float32)
        samples[:_ONSET] = 0.0
        return samples


def _offset(mean: float) -> float:
    """The part of the mean that is taken out."""
    return mean * min(1.0, max(0.0, abs(mean) / _OFFSET - 1.0))


def one_channel(channels: Float32) -> Float32:
    """A whole sound, float32 (N, channels) at any rate, as float32 (N,); see ``Mixer``. More than two channels are averaged."""
    if channels.shape[1] != 2:
        return np.asarray(channels.mean(axis=1), np.float32)
    mixer, step = Mixer(), 1024
    pieces = [mixer(np.ascontiguousarray(channels[at : at + step].T)) for at in range(0, len(channels), step)]
    return np.concatenate([np.zeros(0, np.float32), *pieces])
