"""Reads the subtitles inside a video file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from mien.errors import InputError
from mien.media.decoding import door
from mien.media.decoding.open import start_of
from mien.media.decoding.tracks import audio_streams, subtitle_streams, video_stream

EMBEDDED = Path("embedded")
"""Given in place of a file of subtitles, it means those inside the video."""
_FIELDS = 8  # commas before the text in a packet: number, layer, style, name, three margins, effect


def embedded_subtitles(path: Path) -> str:
    """The first track of subtitles as lines of an .ass file, "Dialogue: ...", on the clock of the clip.

    Of several tracks, one that is shown by default comes first. Pictures of text (DVD, Blu-ray) are no text.

    Raises:
        InputError: the file holds no subtitles that are text.
    """
    import av

    faults = (av.FFmpegError, OSError, ValueError, IndexError)
    lines = []
    with door.container(path) as opened:
        container = opened.container
        found = subtitle_streams(container)
        if not found:
            raise InputError(f"'{path}' holds no subtitles that are text; give a file of subtitles")
        streams = [s for s in (video_stream(container), *audio_streams(container)[:1]) if s is not None]
        origin = min((start_of(s) for s in streams), default=0.0)
        with suppress(*faults):
            for packet in opened.packets([found[0]]):
                with suppress(*faults):
                    lines += [_line(packet, cue, origin) for cue in packet.decode() if hasattr(cue, "ass")]
    return "\n".join(lines)


def _line(packet: Any, cue: Any, origin: float) -> str:
    start = max(0.0, float(packet.pts * packet.time_base) - origin)
    end = start + float((packet.duration or 0) * packet.time_base)
    fields = cue.ass.decode("utf-8", "replace").replace("\n", "\\N").split(",", _FIELDS)
    if len(fields) <= _FIELDS:
        raise ValueError("a packet without the fields of a cue")
    _, layer, *others = fields
    return f"Dialogue: {layer},{_clock(start)},{_clock(end)},{','.join(others)}"


def _clock(seconds: float) -> str:
    hundredths = round(100 * seconds)
    return f"{hundredths // 360_000}:{hundredths // 6000 % 60:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"
