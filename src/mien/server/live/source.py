"""The live source inside a worker: pieces that come in while earlier ones are read."""

from __future__ import annotations

import base64
import io
import time
from collections import deque
from collections.abc import Iterator
from threading import Condition

import numpy as np
from PIL import Image

from mien.runtime.messages import Table
from mien.server.live.messages import SOUND
from mien.types import SAMPLE_RATE, Audio, Picture

_PICTURES = 8  # pictures that may wait; then the oldest is dropped
_SOUND = 30.0  # seconds of sound that may wait; then the sender waits
_MOST_PIXELS = 1920 * 1080
_ARRIVALS = 600  # times of arrival that are kept: a minute of pieces of 0.1 s


class Incoming:
    """Pieces of one session, in order of arrival. One thread puts them, and another one reads them.

    Sound is never dropped: when too much waits, ``put`` waits. Pictures are dropped, the oldest first, so that what is read is
    never long ago and memory does not grow.

    Attributes:
        dropped: how many pictures were dropped, or could not be read.
    """

    def __init__(self) -> None:
        self._waiting: deque[Table] = deque()
        self._changed = Condition()
        self._ended = False
        self._arrivals: deque[tuple[float, float]] = deque(maxlen=_ARRIVALS)
        self._pictures, self._seconds = 0, 0.0
        self.dropped = 0

    def put(self, table: Table) -> None:
        """Adds a piece, as ``{"kind", "time", "content"}`` with the content in base64."""
        with self._changed:
            self._changed.wait_for(lambda: self._seconds < _SOUND or self._ended)
            self._waiting.append(table)
            if table["kind"] == SOUND:
                self._seconds += _length(table)
                self._arrivals.append((table["time"] + _length(table), time.monotonic()))
            else:
                self._pictures += 1
                self._arrivals.append((table["time"], time.monotonic()))
                if self._pictures > _PICTURES:
                    self._waiting.remove(next(t for t in self._waiting if t["kind"] != SOUND))
                    self._pictures -= 1
                    self.dropped += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends the source after what waits."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def latency(self, end: float) -> float | None:
        """Seconds since the piece at a time of the session arrived; ``None`` when that was too long ago to be known."""
        with self._changed:
            found = next((arrived for reached, arrived in self._arrivals if reached >= end - 1e-6), None)
            early = self._arrivals and self._arrivals[0][0] > end + 1.0
        return None if found is None or early else time.monotonic() - found

    def __iter__(self) -> Iterator[Audio | Picture]:
        """The pieces, until the source has ended."""
        while (table := self._next()) is not None:
            content = base64.b64decode(table["content"])
            if table["kind"] == SOUND:
                yield Audio(np.frombuffer(content, "<i2").astype(np.float32) / 32768.0, table["time"])
                continue
            pixels = _pixels(content)
            if pixels is None:
                self.dropped += 1
            else:
                yield Picture(pixels, table["time"])

    def _next(self) -> Table | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            table = self._waiting.popleft()
            if table["kind"] == SOUND:
                self._seconds -= _length(table)
            else:
                self._pictures -= 1
            self._changed.notify_all()
            return table


def _length(table: Table) -> float:
    """Seconds of a piece of sound."""
    return len(table["content"]) * 3 / 4 / 2 / SAMPLE_RATE


def _pixels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    """A picture of a camera as uint8 RGB (H, W, 3); ``None`` when it cannot be read or is too large."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "WEBP"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            return np.asarray(picture.convert("RGB"), np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
