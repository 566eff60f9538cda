"""Writes words as a text track of a video: ``mov_text`` in MP4 and MOV, SubRip in Matroska."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from mien.media.decoding import door

_CLOCK = Fraction(1, 1000)
_LONGEST = 65_535  # bytes of a packet of mov_text, whose length is a number of 16 bits
# PyAV below 17 cannot open an encoder of subtitles. But it copies the settings of a track, and a packet is only its text:
# these two hold a track of one empty line. `ffmpeg -i x.srt -c:s mov_text -bitexact text_track.mp4` made the first one.
_MOV_TEXT = Path(__file__).with_name("text_track.mp4")
_SUBRIP = b"1\n00:00:00,000 --> 00:00:01,000\n.\n"


class Cue(NamedTuple):
    """Words that are shown from ``start`` to ``end``, seconds."""

    start: float
    end: float
    text: str


class TextTrack:
    """A text track of a container that is open for writing. It must be made before the first packet is written.

    Args:
        out: the container of PyAV.
        cues: in order of time; none begins before the one before it ends.
    """

    def __init__(self, out: Any, cues: Sequence[Cue]) -> None:
        import av

        self._out, self._cues, self._prefixed = out, deque(cues), out.format.name != "matroska"
        if self._prefixed:
            with door.container(_MOV_TEXT) as opened:
                self._to = out.add_stream_from_template(opened.container.streams.subtitles[0])
        else:
            with av.open(io.BytesIO(_SUBRIP), format="srt") as container:
                self._to = out.add_stream_from_template(container.streams.subtitles[0])

    def reach(self, time: float) -> None:
        """Writes the cues that begin up to a time in seconds."""
        import av

        while self._cues and self._cues[0].start <= time:
            cue = self._cues.popleft()
            content = cue.text.encode()[:_LONGEST].decode(errors="ignore").encode()
            packet = av.Packet(len(content).to_bytes(2, "big") + content if self._prefixed else content)
            start = round(cue.start / _CLOCK)
            packet.time_base, packet.pts, packet.dts = _CLOCK, start, start
            packet.duration = round(cue.end / _CLOCK) - start
            packet.stream = self._to
            self._out.mux(packet)
