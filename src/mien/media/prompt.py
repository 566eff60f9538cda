"""Watches pictures for somebody who waits for an answer now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor

from mien.media.faces import Detector
from mien.media.landmarks import Landmarks
from mien.media.watching import Shown, Watcher, cropped
from mien.types import Picture

_FRESH = 0.5  # seconds; a search of a whole picture is older than this when the next one is due. At 5 a second, one of three is


class PromptWatcher(Watcher):
    """Tells what a picture shows before the next one is there.

    A picture between two that are searched whole is searched around the faces of the picture before it, and whole where one
    of these is gone. Somebody who comes is seen in the next picture that is searched whole, and not in those before it.

    Args:
        executor, detector, landmarks: see ``Watcher``.
    """

    def __init__(self, executor: Executor, detector: Detector, landmarks: Landmarks | None = None) -> None:
        super().__init__(executor, detector, landmarks)
        self._whole_at = -math.inf  # when a picture was last searched whole

    def look(self, picture: Picture) -> None:
        """Takes a picture."""
        self.end = picture.time
        self._group.append(picture)
        self._submit()

    def _search(self, group: Sequence[Picture]) -> list[Shown]:
        """The faces in the only picture of a group. It runs on the executor, one picture after the other."""
        (picture,) = group
        cut = self._shots.begins(picture.pixels)
        old = picture.time - self._whole_at > _FRESH
        if old or cut:
            self._whole_at = picture.time
        if self._same is None or self._same[0] is not picture.pixels:
            where = None if old or cut else [face.box for face in self._before]
            self._before = self._between(picture.pixels, where)
            self._same = (picture.pixels, *cropped(self._landmarks, picture.pixels, self._before))
        return [Shown(picture.time, *self._same[1:], cut)]
