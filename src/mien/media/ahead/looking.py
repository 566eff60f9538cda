"""The faces in a stretch of a video, searched by itself and kept in a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.events import Notice
from mien.media.centerface import CenterFace
from mien.media.cropping import CROP
from mien.media.decoding.open import stream
from mien.media.faces import Detector, Face
from mien.media.landmarks import FacePoints
from mien.media.watching import BLOCK, Follower, PromptWatcher, Shown, Watcher
from mien.media.workers import worker
from mien.runtime.cache import fill_atomic
from mien.types import Picture, Span

STRETCH = 40 * BLOCK
"""Seconds that are searched at once. The faces of one person in it take 26 MB."""
_ENDLESS = 1e6 * STRETCH  # seconds
_POINTS = 468
# Seconds. Where a picture stands longer, what follows may depend on how long pictures stood before (``pictures.showing``).
_STANDS = 1.0


class UnevenError(MediaError):
    """Parts of a file that depend on one another, so that it must be read in one pass."""


def stretches(duration: float) -> list[Span]:
    """The stretches of a video; the last one goes on to the end, wherever it is, as a header may err.

    Args:
        duration: of the video as its header says, seconds.
    """
    count = max(1, int(duration / STRETCH))
    return [Span(k * STRETCH, (k + 1) * STRETCH if k < count - 1 else _ENDLESS) for k in range(count)]


def look(path: Path, stretch: Span, fps: float, file: Path) -> None:
    """Searches a stretch for faces, and writes what its pictures show.

    Args:
        path: the video.
        stretch: of it; its edges are multiples of ``BLOCK``.
        fps: pictures a second.
        file: gets the arrays (NPZ).

    Raises:
        UnevenError: the stretch cannot be read by itself.
        MediaError: the video cannot be read.
    """
    with worker("mien-faces") as executor:
        watcher, found = Watcher(executor, CenterFace()), list[Shown]()
        for picture in _pictures(path, stretch, fps):
            watcher.look(picture)
            found += watcher.shown(picture.time - BLOCK)
        found += watcher.shown(math.inf)
    arrays = _arrays([shown for shown in found if shown.time in stretch])
    fill_atomic(file, lambda out: np.savez(out, **arrays))


def _pictures(path: Path, stretch: Span, fps: float) -> Iterator[Picture]:
    """The pictures of a stretch, and of the block before it."""
    begin = max(0.0, stretch.start - BLOCK)
    last, came = None, begin  # the last picture, and when it came
    with closing(stream(path, fps, sound=False, start=begin)) as pieces:
        for piece in pieces:
            if isinstance(piece, Notice):
                raise UnevenError(f"parts of '{path}' are damaged")
            if not isinstance(piece, Picture) or piece.time < begin:
                continue
            if piece.time - came > _STANDS:
                raise UnevenError(f"a picture of '{path}' stands for long")
            if piece.time >= stretch.end:
                return
            came = came if last is not None and piece.pixels is last.pixels else piece.time
            last = piece
            yield piece
    if stretch.end < _ENDLESS:
        raise UnevenError(f"the pictures of '{path}' end early")


def _arrays(found: Sequence[Shown]) -> dict[str, Any]:
    faces = [face for shown in found for face in shown.faces]
    crops = [pixels for shown in found for pixels in shown.crops]
    points = [face.points for face in faces]
    return {
        "times": np.asarray([shown.time for shown in found]),
        "cuts": np.asarray([shown.cut for shown in found], bool),
        "counts": np.asarray([len(shown.faces) for shown in found], np.int64),
        "boxes": np.asarray([face.box for face in faces], np.float32).reshape(-1, 4),
        "scores": np.asarray([face.score for face in faces], np.float64),
        "eyes": _rows([face.eyes for face in faces], (2, 2)),
        "places": _rows([None if p is None else p.places for p in points], (_POINTS, 3)),
        "sure": np.asarray([math.nan if p is None else p.score for p in points], np.float64),
        "within": np.asarray([face.within for face in faces], np.int64).reshape(-1, 2),
        "crops": np.asarray(crops, np.uint8).reshape(-1, CROP, CROP, 3),
    }


def _rows(values: Sequence[NDArray[np.float32] | None], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Float32 (N, *shape); what is absent is NaN."""
    nothing = np.full(shape, np.nan, np.float32)
    return np.asarray([nothing if v is None else v for v in values], np.float32).reshape(-1, *shape)


class Remembered(Follower):
    """Follows people through what was seen in stretches of a video.

    Args:
        files: what ``look`` has written, in order of time.

    Raises:
        UnevenError: something between the stretches is missing.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        times = np.concatenate([np.zeros(1), *map(_times, files)])
        if np.diff(times).max(initial=0.0) > _STANDS + 1e-6 or (np.diff(times[1:]) <= 0).any():
            raise UnevenError("the stretches of a video do not follow one another")
        self.end = float(times[-1])
        self._coming = _all(files)
        self._next = next(self._coming, None)

    def shown(self, until: float) -> Iterator[Shown]:
        """See ``Follower``."""
        while self._next is not None and self._next.time < until:
            yield self._next
            self._next = next(self._coming, None)


def follower(ahead: Path | None, executor: Executor, detector: Detector | None, live: bool = False) -> Follower | None:
    """What follows the people of a clip: through its pictures, or through what was seen in them ahead.

    Args:
        ahead: the folder of ``Ahead``; ``None`` where nothing was seen ahead.
        executor: has one thread, for the search.
        detector: finds faces; ``None`` where there are no pictures, and then nobody is followed.
        live: whether what a picture shows is wanted before the next one is there.

    Raises:
        UnevenError: something that was seen ahead is missing.
    """
    if detector is None:
        return None
    if ahead is not None:
        return Remembered(sorted(ahead.glob("look-*.npz")))
    return PromptWatcher(executor, detector) if live else Watcher(executor, detector)


def _times(file: Path) -> NDArray[np.float64]:
    with np.load(file, allow_pickle=False) as arrays:
        return np.asarray(arrays["times"])


def _all(files: Sequence[Path]) -> Iterator[Shown]:
    """What all pictures show. One stretch is held."""
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
        faces, crops = [_face(held, k) for k in range(len(held["scores"]))], list(held["crops"])
        at = 0
        for time, cut, count in zip(
            held["times"].tolist(), held["cuts"].tolist(), held["counts"].tolist(), strict=True
        ):
            yield Shown(time, faces[at : at + count], crops[at : at + count], cut)
            at += count


def _face(held: dict[str, NDArray[Any]], k: int) -> Face:
    eyes, sure = held["eyes"][k], float(held["sure"][k])
    points = None if math.isnan(sure) else FacePoints(held["places"][k], sure)
    width, height = held["within"][k].tolist()
    known = None if np.isnan(eyes).all() else eyes
    return Face(held["boxes"][k], float(held["scores"][k]), known, points, (width, height))
