"""Finds the part of the pictures of an MP4 or MOV file that is to be shown: its clean aperture (box ``clap``, ISO 14496-12).

FFmpeg's decoders do not apply it, and PyAV does not tell it. Decoders do apply the cropping inside H.264 and H.265.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from mien.media.decoding import door

_MOST = 4096  # boxes that are looked at in one file
_ENTRY = (b"mdia", b"minf", b"stbl", b"stsd")
_BEFORE_ENTRIES, _BEFORE_BOXES = (
    8,
    78,
)  # bytes of stsd before its entries, and of an entry for pictures before its boxes
_CLAP = struct.Struct(">IIIIiIiI")
_LEAST = 0.5  # of each side; a smaller part comes from a damaged box


class Aperture(NamedTuple):
    """What is shown of a picture, in its own pixels, before it is turned."""

    left: int
    top: int
    width: int
    height: int

    def fits(self, width: int, height: int) -> bool:
        """Whether it lies in a picture of this size."""
        return self.left + self.width <= width and self.top + self.height <= height


def aperture(path: Path, container: Any, video: Any) -> Aperture | None:
    """The clean aperture of a stream; ``None`` where the file names none, names the whole picture, or names one outside of it.

    Args:
        path: the file.
        container: the same file, open in PyAV.
        video: the stream; its first description counts.
    """
    if "mp4" not in container.format.name:
        return None
    with door.ordinary(path) as file:
        boxes = _Boxes(file)
        for moov in boxes.inside(b"moov", 0, file.seek(0, 2)):
            for trak in boxes.inside(b"trak", *moov):
                if boxes.track(trak) == video.id:
                    return next((a for clap in boxes.claps(trak) if (a := _of(clap, video.width, video.height))), None)
    return None


class _Boxes:
    """Walks over at most ``_MOST`` boxes of a file. A place is the start and the end of a box's content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, _MOST

    def inside(self, wanted: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The places of the boxes of one name between two places. A box that is longer than what holds it ends it."""
        while start + 8 <= end and self._left > 0:
            self._left -= 1
            size, name = struct.unpack(">I4s", self._read(start, 8))
            head = 8
            if size == 1 and start + 16 <= end:
                (size,), head = struct.unpack(">Q", self._read(start + 8, 8)), 16
            size = size or end - start
            if size < head or start + size > end:
                return
            if name == wanted:
                yield start + head, start + size
            start += size

    def track(self, trak: tuple[int, int]) -> int | None:
        """The number of a track, which its header (tkhd) tells after two times of 4 or 8 bytes."""
        for start, end in self.inside(b"tkhd", *trak):
            if end - start >= 24:
                head = self._read(start, 24)
                return int.from_bytes(head[20:24] if head[0] else head[12:16], "big")
        return None

    def claps(self, trak: tuple[int, int]) -> Iterator[bytes]:
        """The content of the clean aperture in the first description of a track."""
        place = trak
        for name in _ENTRY:
            found = next(self.inside(name, *place), None)
            if found is None:
                return
            place = found
        start, end = place[0] + _BEFORE_ENTRIES, place[1]
        if end - start < 8 + _BEFORE_BOXES:
            return
        size = int.from_bytes(self._read(start, 4), "big")
        for at, until in self.inside(b"clap", start + 8 + _BEFORE_BOXES, min(end, start + size)):
            if until - at >= _CLAP.size:
                yield self._read(at, _CLAP.size)

    def _read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size).ljust(size, b"\0")


def _of(clap: bytes, width: int, height: int) -> Aperture | None:
    """The aperture in a picture of this size. The box has its sides, and how far its middle is from that of the picture."""
    values = _CLAP.unpack(clap)
    if not all(values[1::2]):
        return None
    wide, high, right, down = (n / d for n, d in zip(values[::2], values[1::2], strict=True))
    if not (_LEAST * width <= wide <= width and _LEAST * height <= high <= height):
        return None
    found = Aperture(round((width - wide) / 2 + right), round((height - high) / 2 + down), round(wide), round(high))
    whole = found == (0, 0, width, height)
    return None if whole or min(found.left, found.top) < 0 or not found.fits(width, height) else found
