"""Writes a video from pictures, with the sound of a file and words beside them. A picture and a few packets are held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mien.errors import InputError, MediaError
from mien.media.decoding import door
from mien.media.decoding.tracks import audio_streams
from mien.media.encoding.text import Cue, TextTrack
from mien.runtime import threads
from mien.types import Picture

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""FFmpeg's names of the containers that can be written, by the ending of the file."""

_CLOCK = Fraction(1, 90_000)  # of the pictures, whose times may be uneven
_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac", "mp2"}  # sound that every container above takes


def check_container(path: Path) -> str:
    """FFmpeg's name of the container for a file.

    Raises:
        InputError: the ending is not known.
    """
    found = CONTAINERS.get(path.suffix.lower())
    if found is None:
        raise InputError(f"a video is written as {', '.join(CONTAINERS)}; give '{path}' one of these endings")
    return found


@contextmanager
def video(
    file: BinaryIO, container: str, sound: Path | None, track: int = 1, cues: Sequence[Cue] = ()
) -> Iterator[VideoWriter]:
    """Opens a video for writing; it is finished at the end of the block.

    Args:
        file: where the bytes go.
        container: see ``check_container``.
        sound: a file whose sound is copied; ``None`` for a video without sound.
        track: which of its sound tracks, counted from 1.
        cues: the text track, see ``TextTrack``; without any, there is none.
    """
    import av

    with av.open(file, "w", format=container) as out, _opened(sound) as source:
        writer = VideoWriter(out, source, track, cues)
        yield writer
        writer.finish()


class VideoWriter:
    """Takes pictures in order of time, and puts the sound and the words up to each time beside them.

    Args:
        out: a container of PyAV, open for writing.
        source: a container of PyAV with the sound, or ``None``.
        track: which of its sound tracks, counted from 1.
        cues: the text track; without any, there is none.
    """

    def __init__(self, out: Any, source: Any, track: int = 1, cues: Sequence[Cue] = ()) -> None:
        self._out, self._source, self._track, self._cues = out, source, track, cues
        self._video: Any = None
        self._beside: list[_Sound | TextTrack] = []  # what is written beside the pictures
        self._last = -1

    def write(self, picture: Picture) -> None:
        """Adds a picture. All get the size of the first, made even, because H.264 needs that."""
        import av

        height, width = picture.pixels.shape[:2]
        if self._video is None:
            self._begin(width // 2 * 2 or 2, height // 2 * 2 or 2)
        self._last = max(self._last + 1, round(picture.time / _CLOCK))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.pixels), format="rgb24")
        frame = frame.reformat(self._video.width, self._video.height, format="yuv420p")
        frame.pts, frame.time_base = self._last, _CLOCK
        self._out.mux(self._video.encode(frame))
        for other in self._beside:
            other.reach(picture.time)

    def finish(self) -> None:
        """Writes what is still held, and the rest of the sound and of the words."""
        if self._video is not None:
            self._out.mux(self._video.encode(None))
        for other in self._beside:
            other.reach(float("inf"))

    def _begin(self, width: int, height: int) -> None:
        import av

        name = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        fast = {"preset": "veryfast", "crf": "22"} if name == "libx264" else {"qscale": "3"}
        self._video = self._out.add_stream(name, options=fast)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        self._video.codec_context.time_base = _CLOCK
        self._video.codec_context.thread_count = threads.count()
        if self._source is not None and (stream := _track(self._source, self._track)) is not None:
            self._beside.append(_Sound(self._out, self._source, stream))
        if self._cues:
            self._beside.append(TextTrack(self._out, self._cues))


class _Sound:
    """The sound of a file, packet by packet: copied, or encoded as AAC where the container cannot hold it."""

    def __init__(self, out: Any, source: Any, stream: Any) -> None:
        self._out, self._stream = out, stream
        starts = [s.start_time * s.time_base for s in source.streams if s.type in ("audio", "video") and s.start_time]
        begin = min((float(t) for t in starts), default=0.0) if len(starts) == _timed(source) else 0.0
        self._origin = round(begin / stream.time_base)
        self._packets = source.demux(stream)
        self._copied = stream.codec_context.name in _COPIED or out.format.name == "matroska"
        self._to = out.add_stream_from_template(stream) if self._copied else out.add_stream("aac", rate=stream.rate)
        self._waiting: Any = None

    def reach(self, time: float) -> None:
        """Writes the sound up to a time in seconds."""
        import av

        while True:
            packet = self._waiting
            if packet is None:
                try:
                    packet = next(self._packets, None)
                except (av.FFmpegError, OSError, ValueError):
                    packet = None  # the rest of the file is damaged
                if packet is None:
                    if not self._copied:
                        self._out.mux(self._to.encode(None))
                        self._copied = True  # nothing follows
                    return
            if packet.pts is not None and float((packet.pts - self._origin) * packet.time_base) > time:
                self._waiting = packet
                return
            self._waiting = None
            if packet.dts is not None:
                with suppress(av.FFmpegError, ValueError):
                    self._put(packet)

    def _put(self, packet: Any) -> None:
        if not self._copied:
            for frame in packet.decode():
                frame.pts = None if frame.pts is None else max(0, frame.pts - self._origin)
                self._out.mux(self._to.encode(frame))
            return
        packet.pts, packet.dts = packet.pts - self._origin, packet.dts - self._origin
        packet.stream = self._to
        self._out.mux(packet)


def _timed(source: Any) -> int:
    return sum(s.type in ("audio", "video") for s in source.streams)


def _track(source: Any, track: int) -> Any:
    """A sound track, counted from 1 as for reading; ``None`` when there is none."""
    known = audio_streams(source)
    return known[track - 1] if track <= len(known) else None


@contextmanager
def _opened(path: Path | None) -> Iterator[Any]:
    """A file for its sound; ``None`` where it has none that can be opened."""
    with ExitStack() as stack:
        try:
            opened = None if path is None else stack.enter_context(door.container(path))
        except MediaError:
            opened = None
        yield None if opened is None else opened.container
