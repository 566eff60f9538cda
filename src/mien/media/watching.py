"""Pictures to sightings of people: faces are looked for on a thread of their own, a few pictures behind the decoder."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

from mien.errors import InputError
from mien.media.faces import Detector, Face, LibFaceDetection, Pixels, Sighting, Tracker, crop
from mien.media.open import Picture, stream
from mien.media.turns import by_person, frames_in
from mien.types import Audio, Frames, Span

_Found = tuple[list[Face], list[Pixels]]
_AHEAD = 4  # pictures that may wait for the face detector; each is up to 2.8 MB


class Watcher:
    """Follows people through pictures that are handed over in order of time.

    Args:
        executor: has one thread, on which faces are looked for.
        warn: told where there is no detector; a video is still worth its words and voice then.
    """

    def __init__(self, executor: Executor, warn: Callable[[str], None]) -> None:
        self._executor, self._tracker = executor, Tracker()
        self._detector = _detector(warn)
        self._watched: deque[tuple[float, Future[_Found]]] = deque()

    @property
    def blind(self) -> bool:
        """Whether there is no detector."""
        return self._detector is None

    def look(self, picture: Picture) -> list[Sighting]:
        """Hand a picture over; what was seen in those before it, as far as it is known by now."""
        if self._detector is None:
            return []
        self._watched.append((picture.time, self._executor.submit(faces_in, self._detector, picture.pixels)))
        return self._follow(waiting=_AHEAD)

    def rest(self) -> list[Sighting]:
        """What was seen in the pictures that are still waiting."""
        return self._follow(waiting=0)

    def _follow(self, waiting: int) -> list[Sighting]:
        sightings: list[Sighting] = []
        while len(self._watched) > waiting:
            time, found = self._watched.popleft()
            sightings += self._tracker.update(*found.result(), time)
        return sightings


def faces_in(detector: Detector, pixels: Pixels) -> _Found:
    """The faces in a picture, and the crop of each."""
    faces = detector.detect(pixels)
    return faces, [crop(pixels, f) for f in faces]


def _detector(warn: Callable[[str], None]) -> Detector | None:
    try:
        return LibFaceDetection()
    except InputError as error:
        warn(f"faces were not looked for: {error}")
        return None


def main_face(path: Path, span: Span | None = None, fps: float = 5.0) -> Frames | None:
    """The face that is in view longest in a video (or in a span of it); ``None`` where there is none.

    Raises:
        MediaError: if the file cannot be read.
    """
    detector, tracker = LibFaceDetection(), Tracker()
    sightings: list[Sighting] = []
    for piece in stream(path, fps, lambda _: None):
        if isinstance(piece, Audio) or (span is not None and piece.time < span.start):
            continue
        if span is not None and piece.time >= span.end:
            break
        sightings += tracker.update(*faces_in(detector, piece.pixels), piece.time)
    people = by_person(sightings)
    if not people:
        return None
    return frames_in(max(people.values(), key=len), Span(0.0, sightings[-1].time + 1.0))
