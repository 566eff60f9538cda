"""Whose an utterance is: real faces that speak and listen, under their own voices and those of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from mien.media.cut import CutSettings, cut
from mien.media.decoding.sound import read_audio
from mien.media.sources import opened
from mien.types import SAMPLE_RATE, Audio, Clip, Float32, Picture, Segment

Pictures = list[Picture]


def pictures(path: Path) -> Pictures:
    """All pictures of a video, on a clock that starts at 0."""
    with av.open(str(path)) as file:
        frames = [(float(f.time or 0.0), f.to_ndarray(format="rgb24").astype(np.uint8)) for f in file.decode(video=0)]
    return [Picture(pixels, time - frames[0][0]) for time, pixels in frames]


def together(shown: Pictures, sound: Float32) -> Iterator[Audio | Picture]:
    """Sound and pictures in order of time, as they come from a microphone and a camera."""
    waiting = iter(shown)
    picture = next(waiting, None)
    for at in range(0, len(sound), SAMPLE_RATE // 10):
        yield Audio(sound[at : at + SAMPLE_RATE // 10], at / SAMPLE_RATE)
        while picture is not None and picture.time < at / SAMPLE_RATE + 0.1:
            yield picture
            picture = next(waiting, None)


def segments(shown: Pictures, sound: Float32, settings: CutSettings | None = None) -> list[Segment]:
    with opened(together(shown, sound), None, None) as given:
        assert given.feed is not None
        found = list(cut(given.feed, Clip("live"), settings or CutSettings(), None))
    return [s for s in found if isinstance(s, Segment)]


def spoken(found: list[Segment]) -> list[tuple[str | None, bool]]:
    """Who said each utterance, and whether the face of the speaker goes with it."""
    return [(s.who, s.frames is not None) for s in found if s.audio is not None]


def there_and_back(shown: Pictures, seconds: float) -> Pictures:
    """The pictures forwards and backwards, over and over, at 30 a second."""
    pixels = [p.pixels for p in shown]
    ring = [*pixels, *pixels[::-1]]
    return [Picture(ring[i % len(ring)], i / 30) for i in range(round(30 * seconds))]


@pytest.fixture(scope="module")
def question(samples: Path) -> Float32:
    """Three sentences of a woman."""
    said = [read_audio(samples / f"audio/cremad_1002_DFA_{e}.wav").samples for e in ("NEU", "HAP", "ANG")]
    return np.concatenate(said)


@pytest.mark.parametrize("name", ["HAP", "NEU", "SAD"])
@pytest.mark.parametrize("voices", [True, False])
def test_a_face_that_speaks_keeps_its_voice(samples: Path, name: str, voices: bool) -> None:
    path = samples / f"video/cremad_1001_DFA_{name}.flv"
    found = segments(pictures(path), read_audio(path).samples, CutSettings(voices=voices))
    assert spoken(found) == [("person-1", True)]


def test_the_voice_over_a_silent_face_is_off_screen(samples: Path, question: Float32) -> None:
    listens = there_and_back(pictures(samples / "video/pyfeat_single_face.mp4"), len(question) / SAMPLE_RATE)
    found = segments(listens, question)
    assert set(spoken(found)) == {("voice-1", False)}
    silent = [s for s in found if s.audio is None]
    assert {(s.who, s.modalities) for s in silent} == {("person-1", ("face",))}
    for utterance in (s for s in found if s.audio is not None):
        assert any(s.span == utterance.span for s in silent), "who listens has a segment of the same span"


def test_without_voices_a_speaker_off_screen_has_no_name(samples: Path, question: Float32) -> None:
    listens = there_and_back(pictures(samples / "video/pyfeat_single_face.mp4"), len(question) / SAMPLE_RATE)
    assert set(spoken(segments(listens, question, CutSettings(voices=False)))) == {(None, False)}


def test_an_interview(samples: Path, question: Float32) -> None:
    """A woman off screen asks, and the man in view listens; then he answers."""
    answers = [samples / f"video/cremad_1001_DFA_{e}.flv" for e in ("HAP", "NEU", "SAD")]
    asked = np.array_split(question, 3)
    shown: Pictures = []
    sound: list[Float32] = []
    time = 0.0
    for path, voice in zip(answers, asked, strict=True):
        speaks, own = pictures(path), read_audio(path).samples
        listens = there_and_back([p for p in speaks if p.time > 1.65], len(voice) / SAMPLE_RATE)
        shown += [Picture(p.pixels, time + p.time) for p in listens]
        time += len(voice) / SAMPLE_RATE
        shown += [Picture(p.pixels, time + p.time) for p in speaks]
        sound += [voice, own]
        time += len(own) / SAMPLE_RATE
    found = spoken(segments(shown, np.concatenate(sound)))
    assert {who for who, in_view in found if in_view} == {"person-1"}
    asking = {who for who, in_view in found if not in_view}
    assert len(asking) == 1
    assert asking < {"voice-1", "voice-2"}


def test_a_sound_alone_has_voices(question: Float32) -> None:
    assert set(spoken(segments([], question))) == {("voice-1", False)}


def test_an_answer_keeps_its_name_while_the_camera_shows_nobody(samples: Path) -> None:
    path = samples / "video/cremad_1001_DFA_NEU.flv"
    own = read_audio(path).samples
    shown, black = pictures(path), np.zeros((360, 480, 3), np.uint8)
    later = [Picture(black, len(own) / SAMPLE_RATE + i / 30) for i in range(60)]
    found = spoken(segments([*shown, *later], np.concatenate([own, own])))
    assert found == [("person-1", True), ("person-1", False)]
