"""A file that is read in parts, in any order, gives the same as one that is read in one pass."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from mien.media.ahead import looking
from mien.media.ahead.hearing import Known, hear, plan
from mien.media.ahead.looking import Remembered, UnevenError, look
from mien.media.cut import CutSettings
from mien.media.segmenting import Segmenter
from mien.media.sources import Ahead
from mien.media.speech.recogniser import Recogniser, recogniser
from mien.samples import demo_clip
from mien.types import Float32, Segment, Span, Words
from tests.media.clips import joined, write_clip

pytestmark = pytest.mark.slow

SETTINGS = CutSettings(page=8.0)


class Silent:
    """A recogniser that is asked for nothing."""

    english_only = True

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        raise AssertionError("these words were not read ahead")


@pytest.fixture(scope="module")
def talk(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """31 s: a talk, somebody else, the talk again. Parts end within utterances, within faces and within shots."""
    video, folder = samples / "video", tmp_path_factory.mktemp("talk")
    others = [video / "cremad_1001_DFA_HAP.mp4", video / "fer_test.mp4", video / "cremad_1001_DFA_SAD.mp4"]
    return joined(folder / "talk.mp4", [demo_clip(), *others, demo_clip(), others[0], others[2]])


@pytest.fixture(scope="module")
def ears() -> Recogniser:
    found, _ = recogniser("tiny.en")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def folder(talk: Path, ears: Recogniser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is read ahead: stretches of 9 s, the last first, and the words."""
    found = tmp_path_factory.mktemp("ahead")
    for k, span in reversed(list(enumerate([Span(0, 9), Span(9, 18), Span(18, 27), Span(27, 1e9)]))):
        look(talk, span, SETTINGS.fps, found / f"look-{k}.npz")
    for _ in plan(talk, SETTINGS, found):
        pass
    for page in found.glob("said-*.npz"):
        hear(page, ears)
    return found


def same(one: Segment, other: Segment) -> None:
    assert (one.span, one.who, one.words, one.context) == (other.span, other.who, other.words, other.context)
    for name in ("audio", "frames"):
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None) == (second is None)
        if first is not None:
            assert all(np.array_equal(v, getattr(second, k), equal_nan=k != "pixels") for k, v in vars(first).items())


def segments(source: Path | Ahead) -> list[Segment]:
    return [found for found in Segmenter("tiny.en", SETTINGS).read(source) if isinstance(found, Segment)]


def test_parts_give_the_same_segments_as_one_pass(talk: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = segments(talk)
    monkeypatch.setattr("mien.media.speech.recogniser.recogniser", lambda name: (Silent(), None))
    together = segments(Ahead(talk, folder))
    assert len(alone) == len(together) > 8
    assert {s.who for s in alone} >= {"person-1", "person-2"}
    for one, other in zip(alone, together, strict=True):
        same(one, other)


def test_a_video_without_sound_is_joined_too(samples: Path, tmp_path: Path) -> None:
    clip = samples / "video/pyfeat_single_face.mp4"
    look(clip, Span(0.0, 1e9), SETTINGS.fps, tmp_path / "look-0.npz")
    alone, together = segments(clip), segments(Ahead(clip, tmp_path))
    assert len(alone) == len(together) > 0
    for one, other in zip(alone, together, strict=True):
        same(one, other)


def test_words_that_were_not_read_ahead_are_asked_for(folder: Path) -> None:
    sound = np.zeros(16_000, np.float32)
    with pytest.raises(AssertionError, match="not read ahead"):
        list(Known(folder, Silent()).words(sound, [Span(0.0, 1.0)]))


def test_a_missing_stretch_is_noticed(folder: Path) -> None:
    files = sorted(folder.glob("look-*.npz"))
    assert Remembered(files).end == pytest.approx(30.2, abs=0.5)
    with pytest.raises(UnevenError):
        Remembered([files[0], *files[2:]])
    with pytest.raises(UnevenError):
        Remembered(files[1:])


def test_a_picture_that_stands_for_long_is_no_matter_of_parts(tmp_path: Path) -> None:
    """How it is repeated depends on all pictures before."""
    dark = [np.full((48, 64, 3), 10 * k, np.uint8) for k in range(20)]
    times = [0.2 * k if k < 10 else 0.2 * k + 1.5 for k in range(20)]
    clip = write_clip(tmp_path / "slides.mp4", dark, None, times=times)
    with pytest.raises(UnevenError):
        look(clip, Span(0.0, 1e9), 5.0, tmp_path / "look.npz")


def test_sound_with_holes_is_no_matter_of_parts(tmp_path: Path) -> None:
    dark = [np.zeros((48, 64, 3), np.uint8)] * 50
    clip = write_clip(tmp_path / "late.mp4", dark, np.zeros(16_000, np.float32), delay=1.0)
    with pytest.raises(UnevenError):
        list(plan(clip, SETTINGS, tmp_path))


def test_damage_is_no_matter_of_parts(talk: Path, tmp_path: Path) -> None:
    whole = talk.read_bytes()
    broken = tmp_path / "broken.mp4"
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + bytes(200_000) + whole[middle + 200_000 :])
    with pytest.raises(UnevenError):
        look(broken, Span(0.0, 1e9), 5.0, tmp_path / "look.npz")


def test_stretches_cover_a_video() -> None:
    found = looking.stretches(3 * 3600.0)
    assert found[0].start == 0.0
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert found[-1].end > 1e6
    assert len(found) == math.floor(3 * 3600 / looking.STRETCH)
