"""Parts a stretch of speech into pieces that are short enough to hold one voice, and describes each voice."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from mien.media.voices.embedding import WINDOW, embed
from mien.types import SAMPLE_RATE, Float32, Span

_FRAME = SAMPLE_RATE // 100  # samples
_WHOLE = round(WINDOW * 100)  # frames of a window
_USUAL = 200  # frames of a piece
_NEAR = 40  # frames; an edge is moved so far to a pause


@dataclass(frozen=True)
class Piece:
    """A part of a stretch of speech.

    Attributes:
        span: seconds from the start of the stretch.
        voice: float32 (256,) of length 1, see ``embed``.
    """

    span: Span
    voice: Float32


def pieces(samples: Float32) -> list[Piece]:
    """Pieces of about two seconds of a stretch of speech, float32 (N,) 16 kHz, in order of time and without gaps.

    They end where the sound is soft, because people take turns in pauses.
    """
    frames = len(samples) // _FRAME
    count = max(1, round(frames / _USUAL))
    edges = [round(frames * k / count) for k in range(count + 1)]
    edges[1:-1] = [_quietest(samples, edge) for edge in edges[1:-1]]
    windows = [_windows(first, last, frames) for first, last in itertools.pairwise(edges)]
    voices = iter(embed(samples, np.concatenate(windows)))
    found = []
    for first, last, own in zip(edges, edges[1:], windows, strict=False):
        mean = np.mean(list(itertools.islice(voices, len(own))), axis=0)
        end = len(samples) / SAMPLE_RATE if last == frames else last / 100
        found.append(Piece(Span(first / 100, end), unit(mean)))
    return found


def unit(vector: Float32) -> Float32:
    """The vector with a length of 1; zeros stay zeros."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _windows(first: int, last: int, frames: int) -> list[int]:
    """Frames at which the windows of a piece start: one for a short piece, else one at each end."""
    if last - first <= _WHOLE:
        return [max(0, min(frames - _WHOLE, (first + last - _WHOLE) // 2))]
    return [first, last - _WHOLE]


def _quietest(samples: Float32, frame: int) -> int:
    """The softest frame less than 0.4 s away from ``frame``, over 50 ms."""
    around = samples[(frame - _NEAR) * _FRAME : (frame + _NEAR) * _FRAME]
    energy = (around.reshape(-1, _FRAME) ** 2).mean(axis=1)
    return frame - _NEAR + 2 + int(np.argmin(np.convolve(energy, np.ones(5), mode="valid")))
