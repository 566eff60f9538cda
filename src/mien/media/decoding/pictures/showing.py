"""Gives the pictures of a video at a steady rate, as a player shows them: each until the next one comes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mien.types import Picture

Drawn = Callable[[], NDArray[np.uint8]]
"""Makes the picture, uint8 RGB (H, W, 3), if it is wanted."""

_LONG = 0.45  # seconds; a picture that is shown longer is given again and again, so that a face in it is seen more than once
_SLIDE = 1.0  # seconds; pictures that are shown longer make a slide show
_LAG = 2.0  # seconds; in a file, pictures may come this much later than the sound of the same time


class Showing:
    """At most ``fps`` pictures a second. In a slide show, or a recording with long stills, a picture is repeated at this rate.

    The pixels of a repeated picture are the same object, so whoever looks at them need not look twice.
    """

    def __init__(self, fps: float) -> None:
        self._step, self._next = 1.0 / fps, 0.0
        self._drawn: Drawn | None = None  # the picture that is on the screen, if it was not given
        self._pixels: NDArray[np.uint8] | None = None  # the last one that was given
        self._count, self._longest = 0, 0.0
        self.last = 0.0
        """When the picture on the screen came, seconds."""

    def show(self, time: float, drawn: Drawn) -> Iterator[Picture]:
        """A picture comes at a time, in seconds. What was on the screen until then is given first."""
        if self._count:
            gap = time - self.last
            if gap > _LONG:
                yield from self._repeat(time)
            self._longest = max(self._longest, gap)
        self.last, self._drawn = time, drawn
        self._count += 1
        if time + 1e-6 >= self._next:
            yield self._given(time)

    def heard(self, until: float) -> Iterator[Picture]:
        """The sound has come to a time. In a slide show the next picture may be far, so the present one is given up to it."""
        if self._slides and until - self.last > _LAG + _SLIDE:
            yield from self._repeat(until - _LAG)

    def end(self, until: float, least: float = 0.0) -> Iterator[Picture]:
        """The clip ends. The last picture stays on the screen as long as ``least``, and that of a slide show to the end.

        Args:
            until: where the clip ends, seconds.
            least: where the last picture ends, seconds.
        """
        end = max(until, least) if self._slides else least
        if self._count and end - self.last > _LONG:
            yield from self._repeat(end)

    @property
    def _slides(self) -> bool:
        return self._count == 1 or self._longest > _SLIDE

    def _repeat(self, until: float) -> Iterator[Picture]:
        # The last half step is left to the picture that comes then.
        while self._next + self._step / 2 < until:
            yield self._given(self._next)

    def _given(self, time: float) -> Picture:
        if self._drawn is not None:
            self._pixels, self._drawn = self._drawn(), None
        assert self._pixels is not None  # noqa: S101 - every picture is drawn before it is repeated
        # The next picture is due on a fixed grid, so the rate holds whatever the times of the frames are.
        self._next = (math.floor(time / self._step + 1e-6) + 1) * self._step
        return Picture(self._pixels, time)
