"""Voices of real people, in one order and another, on one page and several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mien.media.decoding.sound import read_audio
from mien.media.voices.pieces import Piece, pieces
from mien.media.voices.telling_apart import Voices, divide
from mien.types import SAMPLE_RATE, Float32, Span

ONE = "cremad_1002_DFA_"
EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
OTHER = ("03a01Fa", "03a01Nc", "03a01Wa", "03a02Ta", "03a04Ad", "03b10Ec")


@pytest.fixture(scope="module")
def one(samples: Path) -> list[list[Piece]]:
    """Six utterances of a woman, each with another emotion."""
    return [pieces(read_audio(samples / f"audio/{ONE}{e}.wav").samples) for e in EMOTIONS]


@pytest.fixture(scope="module")
def other(samples: Path) -> list[list[Piece]]:
    """Six utterances of a man, each with another emotion or sentence."""
    return [pieces(read_audio(samples / f"audio/emodb_{e}.wav").samples) for e in OTHER]


def flat(numbers: Sequence[Sequence[int]]) -> list[int]:
    return [n for stretch in numbers for n in stretch]


def test_one_person_with_six_emotions_is_one_voice(one: list[list[Piece]], other: list[list[Piece]]) -> None:
    for monologue in (one, other):
        assert set(flat(Voices().number(monologue))) == {1}


def test_two_people_are_two_voices(one: list[list[Piece]], other: list[list[Piece]]) -> None:
    talk = [utterance for turn in zip(one, other, strict=True) for utterance in turn]
    numbers = Voices().number(talk)
    assert {n for stretch in numbers[::2] for n in stretch} == {1}
    assert {n for stretch in numbers[1::2] for n in stretch} == {2}


def test_numbers_stay_the_same_over_pages(one: list[list[Piece]], other: list[list[Piece]]) -> None:
    voices = Voices()
    pages = [one[:3], other[:4], [*one[3:], *other[4:]]]
    numbers = [flat(voices.number(page)) for page in pages]
    assert set(numbers[0]) == {1}
    assert set(numbers[2][: len([p for s in one[3:] for p in s])]) == {1}
    assert numbers[2][-1] == 2


def test_short_sounds_make_no_new_voice(one: list[list[Piece]]) -> None:
    voices = Voices()
    voices.number(one)
    rng = np.random.default_rng(0)
    strange = [[Piece(Span(0.0, 0.5), unit_of(rng.random(256)))] for _ in range(20)]
    assert set(flat(voices.number(strange))) == {1}


def test_no_speech_has_no_voice() -> None:
    assert Voices().number([]) == []


def unit_of(vector: np.ndarray) -> Float32:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def test_groups_are_numbered_as_they_appear() -> None:
    east, north = np.eye(256, dtype=np.float32)[:2]
    rows = np.stack([north, north, east, east, north, east])
    assert divide(rows, np.full(6, 3.0)).tolist() == [0, 0, 1, 1, 0, 1]
    assert divide(rows, np.full(6, 1.0)).tolist() == [0] * 6, "too little speech to tell two people apart"


def test_pieces_cover_the_stretch_and_end_in_pauses(samples: Path) -> None:
    first, second = (read_audio(samples / f"audio/emodb_{n}.wav").samples for n in ("03a01Wa", "03b10Ec"))
    sound = np.concatenate([first, np.zeros(SAMPLE_RATE // 4, np.float32), second])
    found = pieces(sound)
    assert found[0].span.start == 0.0
    assert found[-1].span.end == len(sound) / SAMPLE_RATE
    assert [p.span.end for p in found[:-1]] == [p.span.start for p in found[1:]]
    pause = len(first) / SAMPLE_RATE
    assert any(pause - 0.02 <= p.span.end <= pause + 0.27 for p in found[:-1])
    np.testing.assert_allclose([np.linalg.norm(p.voice) for p in found], 1.0, atol=1e-5)


@pytest.mark.slow
def test_an_actor_with_eight_emotions_stays_one_voice(data: Path) -> None:
    files = sorted((data / "ravdess_speech/audio").glob("*-21.ogg"))
    assert len(files) == 60
    voices = Voices()
    order = np.random.default_rng(0).permutation(60)
    said = [pieces(read_audio(files[i]).samples) for i in order]
    assert {n for at in range(0, 60, 10) for n in flat(voices.number(said[at : at + 10]))} == {1}
