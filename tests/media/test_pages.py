"""A live source may be silent for as long as it likes."""

from __future__ import annotations

import itertools
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
from mien.types import SAMPLE_RATE, Audio, Picture, Span

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


def test_no_utterance_of_a_page_overlaps_one_of_the_page_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector, which works in steps of 32 ms, hears the end of an utterance later when it is heard a second time."""

    def clock(second: int) -> Audio:
        samples = (second + np.arange(SAMPLE_RATE) / SAMPLE_RATE) / 1000
        return Audio(samples.astype(np.float32), float(second))

    turns = itertools.count()

    def heard(samples: np.ndarray, longest: float) -> list[Span]:
        start, late = 1000 * float(samples[0]), 0.032 * (next(turns) % 2)
        whole = Span(start, start + len(samples) / SAMPLE_RATE)
        told = [Span(float(t), t + 0.99 + late) for t in range(0, 300, 2)]
        return [inside.shifted(-start) for span in told if (inside := span & whole) and inside.duration > 0.03]

    monkeypatch.setattr("mien.media.pages.speech_spans", heard)
    found = parts([clock(t) for t in range(200)])
    spans = [span for part in found for span in part.speech]
    assert len(found) > 3
    assert len(spans) == 100
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_parts_do_not_depend_on_how_a_file_mixes_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures may come a second late, as from many threads of a decoder, or two seconds early."""
    monkeypatch.setattr("mien.media.pages.speech_spans", lambda samples, longest: [])
    heard = [sound(float(t)) for t in range(100)]
    shown = [Picture(np.zeros((4, 4, 3), np.uint8), t / 5) for t in range(500)]

    def mixed(later: float) -> list[Piece]:
        times: list[tuple[float, Piece]] = [(p.span.end, p) for p in heard]
        times += [(p.time + later, p) for p in shown]
        return [piece for _, piece in sorted(times, key=lambda pair: pair[0])]

    told = {
        later: [(p.start, p.done, p.audio and p.audio.span) for p in parts(mixed(later))] for later in (-2.0, 0.0, 1.0)
    }
    assert len(told[0.0]) > 3
    assert told[-2.0] == told[0.0] == told[1.0]
