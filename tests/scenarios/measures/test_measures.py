"""Measures on made-up timelines whose right values are known, and on a real clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.emotions import EMOTIONS
from mien.encoders._prosody import melody_and_level
from mien.events import finish
from mien.pipeline import Analyzer
from mien.samples import demo_clip
from mien.scenarios.measures.defined import defined
from mien.scenarios.measures.measures import Value, all_measured
from mien.scenarios.measures.moments import moments, people
from mien.scenarios.measures.observed import Note, Recording, Voiced
from mien.scenarios.measures.words import counted
from mien.scenarios.reading import read
from mien.timeline import mean

from ..made import said, timeline

A, B = "person-1", "person-2"
TALK = [
    said(0, 4, A, "happy", "I think that I am fine today"),
    said(0, 4, B),
    said(4.5, 7, B, "neutral", "Good to hear"),
    said(4.5, 7, A),
    said(6.5, 9, A, "happy", "um my head is clear"),
    said(9.5, 12, A, "sad", "we walked"),
]
NOTES = [Note((0.5,)), Note(), Note(), Note(facing=(3, 4)), Note(facing=(1, 4)), Note()]


def values(*predictions: object, who: str = A, notes: tuple[Note, ...] = ()) -> dict[str, Value]:
    recording = Recording(timeline(*predictions), notes)  # type: ignore[arg-type]  # predictions
    return all_measured(defined(), moments(recording, who))


def test_who_speaks_listens_and_is_silent() -> None:
    recording = Recording(timeline(*TALK), tuple(NOTES))
    assert people(recording) == [A, B]
    assert [m.state for m in moments(recording, A)] == ["speaking", "listening", "speaking", "speaking"]
    assert [m.state for m in moments(recording, B)] == ["listening", "speaking"]
    assert [m.latency for m in moments(recording, A)] == [None, None, -0.5, None], "the last one begins no turn"
    assert [m.latency for m in moments(recording, B)] == [None, 0.5]


def test_speech_and_turns() -> None:
    found = values(*TALK, notes=tuple(NOTES))
    assert found["speech_rate"].value == pytest.approx((7 + 5 + 2) / (4 + 2.5 + 2.5) * 60)
    assert found["pause_share"].value == pytest.approx((0.5 + 0.5) / (4 + 2.5 + 2.5 + 0.5)), (
        "within a moment, and before one"
    )
    assert found["first_person"].value == pytest.approx((2 + 1) / 14), "I, I, my; not we"
    assert found["fillers"].value == pytest.approx(100 / 14)
    assert found["turn_latency"].value == pytest.approx(-0.5)
    assert found["interruptions"].value == 1.0
    assert found["facing"].value == pytest.approx(4 / 8)
    assert found["facing"].low is None, "two moments give no interval"


def test_emotions_while_speaking_are_the_summary_of_these_moments() -> None:
    found = values(*TALK)
    speaking = mean([TALK[0], TALK[4], TALK[5]])
    for label in EMOTIONS:
        assert found[f"speaking.{label}"].value == pytest.approx(speaking[label])
    assert found["listening.neutral"].value == pytest.approx(0.7)


def test_curves_range_flatness_and_change() -> None:
    still = [said(k, k + 1, A) for k in range(10)]
    flat = values(*still)
    assert flat["face_flat"].value == 0.0, "0.3 beside neutral is above 0.2"
    assert flat["face_range"].value == 0.0
    assert flat["face_variability"].value == 0.0
    lively = values(*(said(k, k + 1, A, "happy" if k % 2 else "neutral") for k in range(10)))
    assert lively["face_range"].value == pytest.approx(0.65, abs=0.03)
    assert lively["face_range"].low is not None
    calm = [
        replace(p, curves={"face": replace(c, scores=c.scores * 0.5 + np.eye(7, dtype=np.float32)[0] / 2)})
        for p in still
        for c in [p.curves["face"]]
    ]
    assert values(*calm)["face_flat"].value == 1.0


def test_pitch_of_a_made_up_voice() -> None:
    time = np.arange(32_000) / 16_000
    glide = 2 ** (np.sin(2 * np.pi * time) * 3 / 12)  # three semitones up and down
    sound = np.sin(2 * np.pi * np.cumsum(150 * glide) / 16_000).astype(np.float32) * 0.3
    pitch, level = melody_and_level(sound)
    assert pitch.std() == pytest.approx(3 / np.sqrt(2), abs=0.25)
    assert pitch.mean() == pytest.approx(12 * np.log2(1.5), abs=0.3)
    assert level.std() < 0.5
    assert all(len(a) == 0 for a in melody_and_level(np.zeros(0, np.float32)))


def test_pitch_variability_pools_moments() -> None:
    voiced = [Voiced((2.0, 4.0, 10.0), (2.0, 0.0, 2.0)), Voiced((2.0, 8.0, 34.0), (2.0, 0.0, 2.0))]  # 1, 3 and 3, 5
    two = [said(0, 1, A, text="a"), said(2, 3, A, text="b")]
    found = values(*two, notes=tuple(Note(voiced=v) for v in voiced))
    assert found["pitch_variability"].value == pytest.approx(np.std([1, 3, 3, 5]))
    assert found["loudness_variability"].value == 1.0


@pytest.mark.parametrize(
    ("text", "language", "counts"),
    [
        ("I’m sure, my friend. Um, we go.", "en", (7, 2, 1)),
        ("我觉得我们，呃，很好。", "zh", (8, 1, 1)),
        ("Ich bin", "de", None),
        ("", "en", (0, 0, 0)),
    ],
)
def test_words(text: str, language: str, counts: tuple[int, int, int] | None) -> None:
    assert counted(text, language) == counts


def test_notes_must_fit_the_timeline() -> None:
    with pytest.raises(ValueError, match="1 notes for 6 moments"):
        Recording(timeline(*TALK), (Note(),))


@pytest.mark.slow
def test_a_real_clip_is_read_once() -> None:
    recording = finish(read(Analyzer("open", "tiny.en"), demo_clip()))
    assert len(recording.notes) == len(recording.timeline.predictions)
    found = all_measured(defined(), moments(recording, people(recording)[0]))
    assert found["facing"].value == 1.0
    assert 100 < found["speech_rate"].value < 300
    assert 0 < found["pitch_variability"].value < 8
    assert found["pause_share"].value > 0.3, "the actor says one sentence twice, with a pause"
