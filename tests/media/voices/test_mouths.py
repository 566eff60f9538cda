"""Mouths of real people who speak, listen, smile and stand still."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.media.centerface import CenterFace
from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.faces import Sighting
from mien.media.voices.mouths import Mouth, mouth
from mien.media.watching import Watcher
from mien.media.workers import worker
from mien.types import Picture, Span
from tests.media.clips import write_clip


def sightings(path: Path, fps: float = 5.0) -> list[Sighting]:
    """The faces in a video, five times a second or more often."""
    with worker("eyes") as executor:
        watcher = Watcher(executor, CenterFace())
        for piece in stream(path, fps, sound=False):
            if isinstance(piece, Picture):
                watcher.look(piece)
        return watcher.rest()


@pytest.mark.parametrize(
    ("name", "speech"), [("HAP", Span(0.26, 1.4)), ("NEU", Span(0.3, 1.59)), ("SAD", Span(0.49, 1.53))]
)
def test_the_mouth_of_a_speaker_moves(samples: Path, name: str, speech: Span) -> None:
    seen = [s for s in sightings(samples / f"video/cremad_1001_DFA_{name}.flv") if s.time in speech]
    assert mouth(seen).evidence > 0.8
    assert mouth(seen).moments == len(seen) - 2


def test_more_pictures_a_second_say_the_same(samples: Path) -> None:
    seen = [s for s in sightings(samples / "video/cremad_1001_DFA_NEU.flv", 25.0) if 0.3 <= s.time < 1.59]
    assert len(seen) > 25
    assert mouth(seen).evidence > 0.8
    assert mouth(seen).moments < 8


def test_somebody_who_talks_for_long_is_seen_to_talk(samples: Path) -> None:
    assert mouth(sightings(samples / "video/fer_woman2.mp4")).evidence > 0.5


@pytest.mark.parametrize("name", ["pyfeat_pexels_langer", "pyfeat_single_face"])
def test_crying_laughing_and_a_new_smile_are_no_speech(samples: Path, name: str) -> None:
    found = mouth(sightings(samples / f"video/{name}.mp4"))
    assert found.evidence < -0.3
    assert found.moments >= 10


def test_a_still_picture_tells_nothing(samples: Path, tmp_path: Path) -> None:
    portrait = read_image(samples / "image/faceapi_happy.jpg")[:280, :480]
    still = sightings(write_clip(tmp_path / "still.mp4", [portrait] * 75, None))
    assert len(still) == 15
    assert mouth(still) == Mouth(0.0, 0)


def test_few_or_tiny_pictures_tell_nothing(samples: Path) -> None:
    seen = sightings(samples / "video/cremad_1001_DFA_HAP.flv")
    assert mouth(seen[:4]) == Mouth(0.0, 0)
    tiny = [Sighting(s.who, s.time, s.pixels, np.asarray(s.box / 10, np.float32)) for s in seen]
    assert mouth(tiny) == Mouth(0.0, 0)
