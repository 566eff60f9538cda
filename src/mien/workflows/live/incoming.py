"""The live source: pieces that come in while earlier ones are read."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Condition

import numpy as np
from PIL import Image

from mien.media.decoding.decoder import Piece
from mien.types import Audio, Picture

_PICTURES = 8  # pictures that may wait; then the oldest is dropped
_SOUND = 30.0  # seconds of sound that may wait; then the sender waits
_MOST_PIXELS = 1920 * 1080
_ARRIVALS = 600  # times of arrival that are kept: a minute of pieces of 0.1 s


@dataclass(frozen=True)
class Encoded:
    """A picture as JPEG or WebP, which is decoded when its turn comes. ``time`` is in seconds from the start."""

    content: bytes
    time: float


class Incoming:
    """Pieces of one session, in order of arrival. Some threads put them, and another one reads them.

    Sound is never dropped: when too much waits, ``put`` waits. Pictures are dropped, the oldest first, so that what is read is
    never long ago and memory does not grow.

    Attributes:
        dropped: how many pictures were dropped, or could not be read.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Piece | Encoded, float]] = deque()  # each with the time of its arrival
        self._changed = Condition()
        self._ended = False
        self._fault: Exception | None = None
        self._arrivals: deque[tuple[float, float]] = deque(maxlen=_ARRIVALS)
        self._pictures, self._seconds, self._taken = 0, 0.0, 0.0
        self.dropped = 0

    def put(self, piece: Piece | Encoded) -> None:
        """Adds a piece."""
        with self._changed:
            self._changed.wait_for(lambda: self._seconds < _SOUND or self._ended)
            now = time.monotonic()
            self._waiting.append((piece, now))
            if isinstance(piece, Audio):
                self._seconds += piece.span.duration
                self._arrivals.append((piece.span.end, now))
            else:
                self._pictures += 1
                self._arrivals.append((piece.time, now))
                if self._pictures > _PICTURES:
                    self._waiting.remove(next(w for w in self._waiting if not isinstance(w[0], Audio)))
                    self._pictures -= 1
                    self.dropped += 1
            self._changed.notify_all()

    def stop(self, fault: Exception | None = None) -> None:
        """Ends the source after what waits; with a fault, its reader gets the fault then."""
        with self._changed:
            self._ended, self._fault = True, self._fault or fault
            self._changed.notify_all()

    def latency(self, end: float) -> float | None:
        """Seconds since the piece at a time of the session arrived; ``None`` when that was too long ago to be known."""
        with self._changed:
            found = next((arrived for reached, arrived in self._arrivals if reached >= end - 1e-6), None)
            early = self._arrivals and self._arrivals[0][0] > end + 1.0
        return None if found is None or early else time.monotonic() - found

    @property
    def behind(self) -> float:
        """Seconds since the newest piece arrived that has been read."""
        return time.monotonic() - self._taken

    def __iter__(self) -> Iterator[Piece]:
        """The pieces, until the source has ended."""
        while (piece := self._next()) is not None:
            if not isinstance(piece, Encoded):
                yield piece
            elif (pixels := _pixels(piece.content)) is None:
                self.dropped += 1
            else:
                yield Picture(pixels, piece.time)

    def _next(self) -> Piece | Encoded | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                if self._fault is not None:
                    raise self._fault
                return None
            piece, self._taken = self._waiting.popleft()
            if isinstance(piece, Audio):
                self._seconds -= piece.span.duration
            else:
                self._pictures -= 1
            self._changed.notify_all()
            return piece


def _pixels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    """A picture of a camera as uint8 RGB (H, W, 3); ``None`` when it cannot be read or is too large."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "WEBP"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            return np.asarray(picture.convert("RGB"), np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
