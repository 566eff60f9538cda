"""Reads animated pictures (GIF, WebP, APNG) as the videos they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.events import Notice
from mien.media.decoding import door
from mien.media.decoding.pictures.showing import Showing
from mien.types import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

_ANIMATED = ("GIF", "WEBP", "PNG")
_LONG_SIDE = 1280  # pixels, as of videos
_SHORTEST = 0.02  # seconds; browsers show what is said to be shorter for a tenth of a second
_USUAL = 0.1
_MOMENT = 0.6  # seconds; a shorter animation shows one moment, so it is read as a picture
_FAULTS = (OSError, ValueError, SyntaxError, EOFError)


def animated(path: Path) -> float:
    """How long a picture moves, seconds; 0 for a still. A photo with a second version of itself (MPO) does not move."""
    from PIL import ImageSequence

    length = 0.0
    with door.picture(path) as picture:
        if picture.format not in _ANIMATED or not getattr(picture, "is_animated", False):
            return length
        with suppress(*_FAULTS):  # a damaged end; what could be read decides
            for frame in ImageSequence.Iterator(picture):
                frame.load()  # WebP tells then how long the frame is shown
                length += _duration(frame)
    return length if length > _MOMENT else 0.0


def animation(path: Path, fps: float) -> Iterator[Picture | Notice]:
    """The pictures of an animation on its clock, at most ``fps`` a second; see ``Showing``. It is read once, not in a loop."""
    from PIL import ImageSequence

    showing, time = Showing(fps), 0.0
    with door.picture(path) as picture:
        try:
            for frame in ImageSequence.Iterator(picture):
                yield from showing.show(time, partial(np.asarray, _drawn(frame)))
                time += _duration(frame)
        except _FAULTS:
            yield Notice("damaged_packets", {"count": 1})
    yield from showing.end(time, time)


def _duration(picture: Image) -> float:
    """Seconds for which the present frame is shown."""
    said = picture.info.get("duration", 0)
    seconds = float(said) / 1000 if isinstance(said, int | float) else 0.0
    return seconds if seconds >= _SHORTEST else _USUAL


def _drawn(picture: Image) -> NDArray[np.uint8]:
    """The present frame on white, uint8 RGB (H, W, 3), its long side at most 1280."""
    from PIL import Image

    shown = picture.convert("RGBA")
    shown.thumbnail((_LONG_SIDE, _LONG_SIDE))
    ground = Image.new("RGBA", shown.size, "white")
    return np.asarray(Image.alpha_composite(ground, shown).convert("RGB"))
