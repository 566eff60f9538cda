"""Decodes the sound of a recording that still comes in, as a browser's MediaRecorder gives it: WebM, Ogg or MP4, in chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition
from typing import Any

from mien.errors import InputError
from mien.media.decoding.clock import Clock
from mien.media.decoding.samples import Samples
from mien.types import Audio

_FORMATS = "matroska,ogg,mov"
_WAITING = 2_000_000  # bytes that may wait; then the sender waits
_HEADER = 2_000_000  # bytes until the recording must say what it holds
_BETWEEN = 4_000_000  # bytes between two pieces of sound; pictures may lie there
_BLOCK = 4096  # bytes FFmpeg asks for at a time; more would wait for later chunks
_NONE = (
    "this is no recording with sound: chunks are WebM, Ogg or MP4 as MediaRecorder gives them, all of them and in order"
)


class Chunks:
    """The chunks of one recording. One thread puts them, and another one iterates over their sound."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._size = self._read = 0
        self._most = _HEADER
        self._ended = self._begun = self._wrong = False
        self._changed = Condition()

    def put(self, chunk: bytes) -> None:
        """Adds a chunk. It waits while many chunks wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._size < _WAITING or self._ended)
            if not self._begun and not _known(chunk):
                # FFmpeg would wait for more, in the hope of finding something.
                self._wrong = self._ended = True
            self._begun = True
            if chunk and not self._ended:
                self._waiting.append(chunk)
                self._size += len(chunk)
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends the recording after what waits."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def read(self, size: int) -> bytes:
        """What FFmpeg reads: at least one byte and at most ``size``, as soon as there are any; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting or self._read > self._most:
                return b""
            chunk = self._waiting.popleft()
            if len(chunk) > size:
                self._waiting.appendleft(chunk[size:])
                chunk = chunk[:size]
            self._size -= len(chunk)
            self._read += len(chunk)
            self._changed.notify_all()
            return chunk

    def __iter__(self) -> Iterator[Audio]:
        """The sound, mono, 16 kHz, with its time from the start of the recording.

        Raises:
            InputError: there is none, or it is damaged.
        """
        import av

        av.logging.set_level(None)
        faults = (av.FFmpegError, OSError, ValueError, IndexError, MemoryError)
        try:
            # The memory of the process is not bounded meanwhile, as it is for files: this may take as long as the sender likes.
            opened: Any = av.open(
                self,
                container_options={"format_whitelist": _FORMATS, "analyzeduration": "0", "fflags": "nobuffer"},
                buffer_size=_BLOCK,
                io_open=_refuse,
            )
        except faults as error:
            if self._ended and not self._read and not self._wrong:
                return
            raise InputError(_NONE) from error
        with opened:
            stream = next(iter(opened.streams.audio), None)
            if stream is None or getattr(stream, "codec_context", None) is None:
                raise InputError(_NONE)
            samples = Samples(Clock(0.0))
            try:
                for packet in opened.demux([stream]):
                    self._most = self._read + _BETWEEN
                    for frame in packet.decode():
                        yield from samples.take(frame)
            except faults as error:
                raise InputError(_NONE) from error
            if self._read > self._most or not self._ended:
                raise InputError(_NONE)
            yield from samples.rest()


def _known(first: bytes) -> bool:
    """Whether the first chunk begins like WebM, Ogg or MP4."""
    return first.startswith((b"\x1aE\xdf\xa3", b"OggS")) or first[4:8] == b"ftyp"


def _refuse(url: str, flags: int, options: dict[str, str]) -> Any:
    """Called when a format asks for another file or address."""
    raise PermissionError(f"the recording asks for another file: {url!r}")
