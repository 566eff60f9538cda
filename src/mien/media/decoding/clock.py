"""Turns the time stamps of a file into times of the clip, whatever the time stamps do."""

from __future__ import annotations

import math

_BACK = 1.0  # seconds; a time stamp that lies further back than this begins anew
_LONGEST_GAP = (
    600.0  # seconds; a longer hole counts as a damaged time stamp, unless the header says that the file is so long
)
_NEAR = 10.0  # seconds; streams begin anew within this time of each other


class Clock:
    """One clock for all streams of a file.

    Time stamps may begin anew in the middle of a file: where recordings were joined byte by byte (MPEG-TS, chained Ogg), and
    where a recorder was restarted. What follows then continues where the sound and the pictures before it ended. A damaged
    time stamp looks the same for one packet, and the next packet goes back to the old count.

    Args:
        origin: the time stamp at which the clip begins, seconds.
        length: of the clip, as its header says, seconds; 0 when it does not say. It only allows long gaps.

    Attributes:
        reached: the latest time given so far, of any stream; see ``heard``.
    """

    def __init__(self, origin: float, length: float = 0.0) -> None:
        self.reached = 0.0
        self._length = length
        self._origins = [origin]
        self._own: dict[str, float] = {}

    def at(self, stream: str, stamp: float, before: float) -> float:
        """The time of the clip in seconds, at least 0.

        Args:
            stream: which stream the time stamp belongs to.
            stamp: seconds.
            before: the time that the stream has reached, seconds.
        """
        own = self._own.get(stream, self._origins[0])
        latest = max(self.reached + _LONGEST_GAP, self._length + 5.0)
        if not math.isfinite(stamp) or before - _BACK <= stamp - own <= latest:
            return max(0.0, stamp - own if math.isfinite(stamp) else before)
        for origin in reversed(self._origins):
            if before - _BACK <= stamp - origin <= self.reached + _NEAR:
                self._own[stream] = origin
                return max(0.0, stamp - origin)
        self._own[stream] = stamp - self.reached
        self._origins = [*self._origins[:1], *self._origins[1:][-8:], self._own[stream]]
        return self.reached

    def heard(self, until: float) -> None:
        """Notes that a stream has reached a time."""
        self.reached = max(self.reached, until)
