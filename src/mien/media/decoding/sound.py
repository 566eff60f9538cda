"""Reads the whole sound of a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import MediaError
from mien.media.decoding.open import stream
from mien.types import SAMPLE_RATE, Audio, Span


def read_audio(path: Path, span: Span | None = None) -> Audio:
    """All sound of a file, or of a span of it: float32 (N,), mono, 16 kHz. Long files should be streamed instead.

    Raises:
        MediaError: there is no sound that can be decoded.
    """
    pieces: list[Audio] = []
    for piece in stream(path, 1.0, pictures=False, start=span.start if span is not None else 0.0):
        if isinstance(piece, Audio):
            pieces.append(piece)
        if span is not None and pieces and pieces[-1].span.end >= span.end:
            break
    if not pieces:
        raise MediaError(f"'{path}' holds no sound")
    whole = join(pieces)
    if span is None:
        return whole
    first = max(0, round((span.start - whole.start) * SAMPLE_RATE))
    last = max(first, round((span.end - whole.start) * SAMPLE_RATE))
    return Audio(whole.samples[first:last], whole.start + first / SAMPLE_RATE)


def join(pieces: list[Audio]) -> Audio:
    """Joins pieces in order of time. A gap between them becomes silence."""
    start = pieces[0].start
    length = round((pieces[-1].span.end - start) * SAMPLE_RATE)
    samples = np.zeros(length, np.float32)
    for piece in pieces:
        at = round((piece.start - start) * SAMPLE_RATE)
        samples[at : at + len(piece.samples)] = piece.samples[: length - at]
    return Audio(samples, start)
