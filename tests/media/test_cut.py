from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from mien.events import Notice
from mien.media.cut import CutSettings, cut
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.media.sources import opened
from mien.media.speech.recogniser import Recogniser
from mien.media.speech.whisper import Whisper
from mien.media.stills import cut_still
from mien.media.subtitles import Said
from mien.media.text.words import spread
from mien.media.written import utterances
from mien.types import SAMPLE_RATE, Clip, Float32, Segment, Span, Word, Words
from tests.media.clips import beep, write_clip, write_sound


class Scripted:
    """A recogniser that hears one word in the middle of each span."""

    english_only = False

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        for span in spans:
            yield Words((Word("word", Span(span.middle - 0.1, span.middle + 0.1)),), "en")


def segments(
    clip: Clip,
    settings: CutSettings | None = None,
    listener: Recogniser | None = None,
    cues: Sequence[Segment] | None = None,
) -> tuple[list[Segment], list[Notice]]:
    """The segments of a video or a sound, and what was noticed."""
    with opened(clip, None, None) as given:
        assert given.feed is not None
        found = list(cut(given.feed, clip, settings or CutSettings(), listener or Scripted(), cues))
    return [s for s in found if isinstance(s, Segment)], [n for n in found if isinstance(n, Notice)]


@pytest.fixture(scope="module")
def known(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds: a face from 2.0 s to 7.0 s, one sentence from 4.0 s on, and nothing else."""
    voice = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav").samples[
        round(0.39 * SAMPLE_RATE) : round(1.94 * SAMPLE_RATE)
    ]
    sound = np.zeros(8 * SAMPLE_RATE, np.float32)
    sound[4 * SAMPLE_RATE : 4 * SAMPLE_RATE + len(voice)] = voice
    portrait = read_image(samples / "image/faceapi_happy.jpg")[:280, :480]
    blank = np.full_like(portrait, 90)
    pictures = [portrait if 50 <= i < 175 else blank for i in range(200)]
    return write_clip(tmp_path_factory.mktemp("cut") / "known.mp4", pictures, sound)


def test_every_event_lands_where_it_was_put(known: Path) -> None:
    found, notices = segments(Clip("known", video=known))
    spoken = [s for s in found if s.audio is not None]
    assert len(spoken) == 1
    utterance = spoken[0]
    assert utterance.span.start == pytest.approx(4.0, abs=0.2)
    assert utterance.span.end == pytest.approx(5.55, abs=0.25)
    assert utterance.who == "person-1"
    assert utterance.words is not None
    assert utterance.words.items[0].span.start in utterance.span
    silent = [s for s in found if s.audio is None]
    assert silent[0].span.start == pytest.approx(2.0, abs=0.21)
    assert silent[-1].span.end == pytest.approx(7.0, abs=0.21)
    assert all(s.frames is not None and s.words is None for s in silent)
    assert notices == []


def test_what_is_in_a_segment_lies_inside_its_span(known: Path) -> None:
    for segment in segments(Clip("known", video=known))[0]:
        if segment.frames is not None:
            assert all(t in segment.span for t in segment.frames.times)
            assert np.all(np.diff(segment.frames.times) > 0)
        if segment.audio is not None:
            assert segment.audio.start == pytest.approx(segment.span.start, abs=1 / SAMPLE_RATE)
            assert len(segment.audio.samples) == pytest.approx(segment.span.duration * SAMPLE_RATE, abs=1)


def test_pages_change_nothing(known: Path) -> None:
    whole, _ = segments(Clip("known", video=known))
    paged, _ = segments(Clip("known", video=known), CutSettings(page=3.0))
    spoken = [[s.span for s in found if s.audio is not None] for found in (whole, paged)]
    assert len(spoken[1]) == 1
    assert spoken[1][0].start == pytest.approx(spoken[0][0].start, abs=0.1)
    frames = [sorted(t for s in found if s.frames for t in s.frames.times) for found in (whole, paged)]
    assert len(set(frames[1])) == len(frames[1]), "no picture twice"
    assert len(frames[1]) >= 0.8 * len(frames[0])


def test_long_speech_is_split(samples: Path, tmp_path: Path) -> None:
    voice = read_audio(samples / "audio/mexca_eng_5s.wav").samples
    path = write_sound(tmp_path / "long.wav", np.tile(voice, 6))
    found, _ = segments(Clip("long", audio=path), CutSettings(longest=6.0))
    assert len(found) >= 5
    assert max(s.span.duration for s in found) <= 6.3
    assert all(a.span.end <= b.span.start + 1e-6 for a, b in itertools.pairwise(found))


def test_subtitles_replace_recognition(known: Path) -> None:
    words = Words((Word("jacket", Span(4.2, 4.8)),))
    found, _ = segments(Clip("known", video=known), cues=[Segment(Span(4.2, 4.8), words=words)])
    assert [s.words.text for s in found if s.words is not None] == ["jacket"]


def said(found: list[Segment]) -> list[str]:
    return [w.text for s in found if s.words is not None for w in s.words.items]


def test_words_of_subtitles_are_given_once_however_many_pages(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(100 * SAMPLE_RATE).astype(np.float32)
    path = write_sound(tmp_path / "noise.wav", noise)
    words = Words(tuple(Word(f"w{i}", Span(i * 0.4, i * 0.4 + 0.3)) for i in range(240)))
    found, _ = segments(Clip("noise", audio=path), cues=list(utterances([Said(words)])))
    assert said(found) == [w.text for w in words.items]


def cue(start: float, end: float, text: str, who: str | None = None) -> Said:
    return Said(spread(text, Span(start, end)), who, new=True)


def test_a_cue_keeps_its_words_and_its_speaker(known: Path) -> None:
    told = [
        cue(2.5, 3.5, "I love this", "Ann"),
        cue(4.1, 5.4, "Get out of my house", "Tom"),
        cue(9.0, 10.0, "Too late"),
    ]
    found, notices = segments(Clip("known", video=known), cues=list(utterances(told)))
    spoken = [(s.who, s.words.text) for s in found if s.words is not None]
    assert spoken == [("Ann", "I love this"), ("Tom", "Get out of my house")]
    people = {s.who for s in found if s.frames is not None}
    assert len(people) == 1, "the person in view has one name in the whole clip"
    assert people < {"Ann", "Tom"}
    assert notices == [Notice("subtitles_late", {"count": 1, "total": 3})]


def test_speech_beside_the_cues_is_heard(paused: Path) -> None:
    """Five seconds of speech begin at 0, 10, 20 and 30 s; the subtitles know a part of it."""
    found, _ = segments(Clip("paused", audio=paused), cues=list(utterances([cue(2.8, 3.4, "only this")])))
    told = next(number for number, s in enumerate(found) if s.words is not None)
    assert found[told].span.start == 2.8
    assert found[told].span.end == pytest.approx(3.4)
    assert found[told + 1].span.start == pytest.approx(3.4)
    assert found[told + 1].span.duration > 1.0
    assert max(s.span.end for s in found) > 33


def test_an_utterance_is_divided_into_its_sentences(paused: Path) -> None:
    class Talkative:
        english_only = False

        def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
            for span in spans:
                yield spread("What a lovely day it is today. But now I hate all of this", span)

    found, _ = segments(Clip("paused", audio=paused), listener=Talkative())
    first, second = found[:2]
    assert [s.words.text for s in (first, second) if s.words] == [
        "What a lovely day it is today.",
        "But now I hate all of this",
    ]
    assert first.span.end == second.span.start, "no sound is lost between them"
    assert all(s.audio is not None and s.span.duration <= 6.0 for s in found)


def test_a_text_without_speech_is_not_lost(tmp_path: Path) -> None:
    grey = [np.full((64, 64, 3), 90, np.uint8)] * 75
    silent = write_clip(tmp_path / "silent.mp4", grey, np.zeros(3 * SAMPLE_RATE, np.float32))
    mute = write_clip(tmp_path / "mute.mp4", grey, None)
    for path in (silent, mute):
        found, notices = segments(Clip("a", video=path, text="I am so very glad today. You came back after so long."))
        assert [s.words.text for s in found if s.words] == ["I am so very glad today.", "You came back after so long."]
        assert found[0].span.start == 0.0
        assert found[-1].span.end <= 3.2
        assert Notice("text_without_speech") in notices


@pytest.fixture(scope="module")
def paused(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds: five seconds of speech and five of silence, four times."""
    voice = read_audio(samples / "audio/mexca_eng_5s.wav").samples
    sound = np.tile(np.concatenate([voice, np.zeros(10 * SAMPLE_RATE - len(voice), np.float32)]), 4)
    return write_sound(tmp_path_factory.mktemp("cut") / "paused.wav", sound)


@pytest.mark.parametrize("page", [12.0, 60.0])
def test_known_words_are_spread_once_over_all_speech(paused: Path, page: float) -> None:
    text = "one two three four five six seven eight nine ten"
    found, _ = segments(Clip("paused", audio=paused, text=text), CutSettings(page=page))
    assert " ".join(said(found)) == text, "none twice, none lost in a pause"
    assert min(s.words.items[0].span.start for s in found if s.words) < 3
    assert max(s.words.items[-1].span.end for s in found if s.words) > 33
    assert all(w.span & s.span == w.span for s in found if s.words for w in s.words.items)


def test_known_words_of_a_part_are_said_in_that_part(paused: Path) -> None:
    found, _ = segments(Clip("paused", audio=paused, text="one two", span=Span(10.0, 20.0)))
    assert said(found) == ["one", "two"]
    assert all(s.span & Span(10.0, 20.0) for s in found if s.words)


def test_silence_and_nothing_are_told(tmp_path: Path) -> None:
    silent = write_sound(tmp_path / "a.wav", np.zeros(1600, np.float32))
    assert segments(Clip("a", audio=silent)) == ([], [Notice("no_speech")])
    empty = write_clip(tmp_path / "v.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 25, None)
    assert segments(Clip("v", video=empty)) == ([], [Notice("no_face"), Notice("no_sound")])


def test_a_glimpse_of_a_face_is_told(samples: Path, tmp_path: Path) -> None:
    portrait = read_image(samples / "image/faceapi_happy.jpg")[:280, :480]
    brief = write_clip(tmp_path / "v.mp4", [np.zeros_like(portrait)] * 20 + [portrait] * 10, None)
    told = Notice("face_too_short", {"least": 0.6})
    assert segments(Clip("v", video=brief)) == ([], [told, Notice("no_sound")])


def test_a_beep_is_no_speech(tmp_path: Path) -> None:
    found, _ = segments(Clip("b", audio=write_sound(tmp_path / "b.wav", beep(3.0, 1.0))))
    assert found == []


def test_a_picture_gives_a_segment_per_face(samples: Path) -> None:
    found = list(cut_still(samples / "image/pyfeat_multi_face.jpg"))
    assert [s.who for s in found if isinstance(s, Segment)] == [f"person-{i}" for i in range(1, 6)]
    assert all(isinstance(s, Segment) and s.span == Span(0.0, 0.0) and s.modalities == ("face",) for s in found)


def test_real_words_of_a_real_clip(samples: Path) -> None:
    clip = Clip("c", video=samples / "video/cremad_1001_DFA_NEU.mp4")
    found, _ = segments(clip, listener=Whisper("tiny.en"))
    assert len([s for s in found if s.words]) == 1
    first = next(s for s in found if s.words)
    assert first.words is not None
    assert "don't forget" in first.words.text.lower()
    assert first.modalities == ("text", "voice", "face")
    assert first.words.language == "en"


@pytest.mark.parametrize(
    "name", ["marco_synth_zh_angry.webm", "marco_synth_zh_sad.webm", "emodb_03a01Wa.wav", "emodb_03b10Ec.wav"]
)
def test_no_english_is_made_of_other_languages(samples: Path, name: str) -> None:
    found, notices = segments(Clip("c", audio=samples / "audio" / name), listener=Whisper("tiny.en"))
    assert found
    assert all(s.modalities == ("voice",) for s in found)
    assert [n.code for n in notices] == ["words_unclear_english"]


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("marco_synth_zh_angry.webm", "zh", "却忍不住笑"),
        ("marco_synth_zh_sad.webm", "zh", "记忆"),
        ("emodb_03a01Wa.wav", "de", "Der Lappen liegt auf dem Eisschrank."),
    ],
)
def test_other_languages_have_their_words(samples: Path, name: str, language: str, said: str) -> None:
    found, notices = segments(Clip("c", audio=samples / "audio" / name), listener=Whisper("base"))
    assert {s.words.language for s in found if s.words} == {language}
    assert said in "".join(s.words.text for s in found if s.words)
    assert notices == []


@pytest.mark.parametrize("name", ["mexca_eng_5s.wav", "ravdess_sad_48k.wav", "cremad_1002_DFA_FEA.wav"])
def test_english_keeps_its_words(samples: Path, name: str) -> None:
    found, notices = segments(Clip("c", audio=samples / "audio" / name), listener=Whisper("tiny.en"))
    assert any(s.words for s in found)
    assert notices == []
