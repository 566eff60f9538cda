"""The sound and the video of a clip, cut out for browsers that cannot play its recording, and to be at its start at once."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from mien.media.decoding.open import probe, stream
from mien.media.decoding.sound import read_audio
from mien.media.encoding.video import video
from mien.media.encoding.wav import wav
from mien.types import Picture, Span

MARGIN = 1.0  # seconds before and after a clip, so that its span can be corrected
_RATE = 25.0  # pictures a second


def around(start: float | None, end: float | None, margin: float) -> Span | None:
    """The span of a clip with a margin; ``None`` for a whole recording."""
    return None if start is None or end is None else Span(max(0.0, start - margin), end + margin)


def sound_of(path: Path, span: Span | None) -> bytes:
    """A WAV of 16 bits, mono, 16 kHz.

    Args:
        path: the recording.
        span: what is wanted of it; ``None`` for all.

    Raises:
        MediaError: it has no sound, or cannot be read.
    """
    return wav(read_audio(path, span).samples)


def video_of(path: Path, span: Span | None) -> bytes:
    """An MP4 that browsers play; for the arguments and errors, see ``sound_of``."""
    span = span or Span(0.0, probe(path).duration)
    file = io.BytesIO()
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav" if probe(path).has_audio else None
        if sound is not None:
            sound.write_bytes(wav(read_audio(path, span).samples))
        with (
            video(file, "mp4", sound) as writer,
            closing(stream(path, _RATE, sound=False, start=span.start)) as pieces,
        ):
            for piece in pieces:
                if isinstance(piece, Picture) and piece.time >= span.start:
                    if piece.time >= span.end:
                        break
                    writer.write(Picture(piece.pixels, piece.time - span.start))
    return file.getvalue()
