"""The sound of a clip as WAV, for browsers that cannot play its recording, and to jump to its start at once."""

from __future__ import annotations

from pathlib import Path

from mien.media.decoding.sound import read_audio
from mien.media.encoding.wav import wav
from mien.types import Span

MARGIN = 1.0  # seconds before and after a clip, so that its span can be corrected


def sound_of(path: Path, start: float | None, end: float | None) -> bytes:
    """A WAV of 16 bits, mono, 16 kHz.

    Args:
        path: the recording.
        start, end: of the clip in seconds; ``None`` for the whole recording.

    Raises:
        MediaError: it has no sound, or cannot be read.
    """
    span = None if start is None or end is None else Span(max(0.0, start - MARGIN), end + MARGIN)
    return wav(read_audio(path, span).samples)
