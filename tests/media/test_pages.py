"""A live source may be silent for as long as it likes."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest

from mien.events import Notice
from mien.media.cut import CutSettings
from mien.media.decoding.arrays import pieces_of
from mien.media.decoding.decoder import Piece
from mien.media.decoding.open import MediaInfo
from mien.media.pages import Pages, Part
from mien.media.sources import Feed
from mien.types import SAMPLE_RATE, Audio, Picture

HOUR = 3600.0


def sound(start: float) -> Audio:
    return Audio(np.full(SAMPLE_RATE, 0.01, np.float32), start)


def parts(given: list[Piece]) -> list[Part]:
    def pieces(fps: float, _pictures: bool) -> Generator[Piece | Notice]:
        return pieces_of(given, fps)

    feed = Feed("live", MediaInfo("video", 0.0, has_audio=True), pieces)
    return [p for p in Pages(feed, CutSettings(), pictures=True) if isinstance(p, Part)]


@pytest.mark.parametrize("seen", [False, True])
def test_the_silence_of_an_hour_is_not_held(seen: bool) -> None:
    """With and without a camera that goes on while the microphone is off."""
    dark = np.zeros((4, 4, 3), np.uint8)
    camera = [Picture(dark, float(t)) for t in range(2, int(HOUR), 10)] if seen else []
    found = parts([sound(0.0), *camera, sound(HOUR)])
    assert max(len(p.audio.samples) for p in found if p.audio is not None) <= 60 * SAMPLE_RATE
    assert found[-1].audio is not None
    assert found[-1].audio.span.end == pytest.approx(HOUR + 1.0)
    assert [p.start for p in found[1:]] == [p.done for p in found[:-1]]
