from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from mien import Analyzer, analyze
from mien.emotions import EMOTIONS
from mien.encoders.base import encoders
from mien.errors import InputError
from mien.events import Answered, Event, Finished, Heard, Notice, Progress, finish
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.report.exporters.json import schema
from mien.report.files import text_of
from mien.samples import demo_clip, demo_label
from mien.types import SAMPLE_RATE, Clip, Segment, Span, Track
from tests.media.clips import write_clip


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def test_the_main_job(analyzer: Analyzer) -> None:
    """A real clip: an actor says one sentence neutral and happy, then a photo of somebody else smiles. Labels are known."""
    events: list[Event] = []
    timeline = finish(analyzer.stream(demo_clip()), events.append)
    spoken = [p for p in timeline.predictions if p.text]
    assert len(spoken) == 2
    assert [p.label for p in timeline.predictions] == [demo_label(p.span.middle) for p in timeline.predictions]
    assert all(set(p.shares) == {"text", "voice", "face"} for p in spoken)
    assert [p.who for p in timeline.predictions] == ["person-1"] * (len(timeline.predictions) - 1) + ["person-2"]
    before, after = (p.valence or 0.0 for p in spoken)
    assert after > before + 0.1
    for p in timeline.predictions:
        assert sum(p.scores.values()) == pytest.approx(1.0, abs=1e-4)
        assert sum(p.shares.values()) == pytest.approx(1.0, abs=1e-4)
        assert tuple(p.scores) == EMOTIONS
    assert timeline.duration == pytest.approx(9.2, abs=0.1)
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.stage, last.about) == ("read", "demo.mp4")
    assert last.done == pytest.approx(last.total, abs=0.3)
    told = [e.prediction for e in events if isinstance(e, Answered)]
    assert [(p.span, p.who, p.text) for p in told] == [(p.span, p.who, p.text) for p in timeline.predictions]
    assert told[0].opinions["voice"] != timeline.predictions[0].opinions["voice"], (
        "at the end, relative to the whole clip"
    )
    assert [e.words.text for e in events if isinstance(e, Heard)] == [p.text for p in spoken]
    assert isinstance(events[-1], Finished)
    assert events[-1].timeline == timeline
    jsonschema.validate(json.loads(text_of(timeline, "json")), schema())


@pytest.mark.slow
def test_the_same_clip_gives_the_same_bytes(analyzer: Analyzer) -> None:
    one, other = (text_of(analyzer.analyze(demo_clip()), "json") for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("sentence", "label"),
    [
        ("I am so happy for you, congratulations!", "happy"),
        ("This is disgusting, it makes me sick.", "disgusted"),
        ("I'm really scared of what might happen.", "fearful"),
        ("How dare you do this to me, I hate it!", "angry"),
        ("I miss her so much, I can't stop crying.", "sad"),
        ("Wow, I did not expect that at all!", "surprised"),
        ("The train leaves at nine from platform two.", "neutral"),
    ],
)
def test_plain_sentences(analyzer: Analyzer, sentence: str, label: str) -> None:
    timeline = analyzer.analyze(text=sentence)
    assert timeline.label == label
    assert timeline.predictions[0].shares == {"text": pytest.approx(1.0)}


@pytest.mark.slow
def test_every_bundle_answers() -> None:
    for bundle in ("research", "open"):
        timeline = analyze(demo_clip(), bundle=bundle, asr="off")
        assert timeline.bundle == bundle
        assert all("text" not in p.shares for p in timeline.predictions)


def test_a_face_alone(analyzer: Analyzer, samples: Path) -> None:
    timeline = analyzer.analyze(samples / "image/faceapi_happy.jpg")
    assert timeline.label == "happy"
    assert timeline.predictions[0].shares == {"face": pytest.approx(1.0)}


def test_other_languages_are_told(analyzer: Analyzer) -> None:
    assert [p.label for p in analyzer.analyze(text="我今天非常高兴。").predictions] == ["happy"]
    timeline = analyzer.analyze(text="今日はとても嬉しいです。")
    assert timeline.predictions == ()
    assert timeline.label is None
    assert timeline.notices == (Notice("other_language"), Notice("nothing_found"))


def test_texts_and_subtitles(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I love it. I hate it.")
    assert [p.text for p in analyzer.analyze(tmp_path / "a.txt").predictions] == ["I love it.", "I hate it."]
    (tmp_path / "a.srt").write_text("1\n00:00:05,000 --> 00:00:06,000\nI love it.\n")
    (only,) = analyzer.analyze(tmp_path / "a.srt").predictions
    assert (only.span.start, only.span.end) == (5.0, 6.0)


def test_known_words_replace_recognition(samples: Path) -> None:
    timeline = analyze(samples / "video/cremad_1001_DFA_SAD.mp4", text="I am so sad today.", asr="off")
    assert [p.text for p in timeline.predictions if p.text] == ["I am so sad today."]


def test_a_face_that_is_not_in_view_is_a_reason_after_a_glimpse_too(samples: Path, tmp_path: Path) -> None:
    voice = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav").samples
    sound = np.concatenate([np.zeros(2 * SAMPLE_RATE, np.float32), voice])
    portrait = read_image(samples / "image/faceapi_happy.jpg")[:280, :480]
    for last, told in ((3, "no_face"), (12, "face_too_short")):
        pictures = [portrait if 3 <= i < last else np.full_like(portrait, 90) for i in range(len(sound) // 640)]
        timeline = analyze(write_clip(tmp_path / f"{last}.mp4", pictures, sound), asr="off")
        assert timeline.notices[0].code == told
        assert ["no_face" in p.reasons for p in timeline.predictions] == [True]
    (heard,) = analyze(samples / "audio/cremad_1002_DFA_ANG.wav", asr="off").predictions
    assert "no_face" not in heard.reasons, "a sound has none to look for"


def test_nothing_to_do(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="nothing to analyse"):
        analyzer.analyze()
    with pytest.raises(InputError, match=r"there is no bundle 'reserch'; .*did you mean 'research'"):
        Analyzer("reserch")


def test_words_given_with_a_picture_go_to_its_face(analyzer: Analyzer, samples: Path) -> None:
    (only,) = analyzer.analyze(samples / "image/fer_justin.jpg", text="I hate it.").predictions
    assert (only.who, only.text) == ("person-1", "I hate it.")
    assert set(only.shares) == {"text", "face"}
    nobody = analyzer.analyze(samples / "image/pyfeat_no_face.jpg", text="I hate it.")
    assert [(p.who, p.text, set(p.shares)) for p in nobody.predictions] == [(None, "I hate it.", {"text"})]
    assert nobody.notices == (Notice("no_face_in_picture"),)
    many = analyzer.analyze(samples / "image/pyfeat_multi_face.jpg", text="I hate it.").predictions
    assert [p.text for p in many if p.text] == ["I hate it."]
    assert [p.who for p in many if p.text] == [None], "nobody knows which of them said it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"source": "a.txt", "text": "hello"}, "is text itself"),
        ({"source": "a.txt", "subtitles": "a.srt"}, "is text itself"),
        ({"source": "a.png", "subtitles": "a.srt"}, "is a picture"),
        ({"source": demo_clip(), "text": "hello", "subtitles": "a.srt"}, "not both"),
        ({"subtitles": "a.srt"}, "name them as the file"),
        ({"source": "none.mp4"}, "there is no file"),
        ({"source": "none.txt"}, "there is no file"),
        ({"source": "a.json"}, "not media"),
        ({"text": " "}, "nothing to analyse"),
        ({"source": Clip("x")}, "nothing to analyse"),
        ({"source": Clip("x", video=Path("a"), audio=Path("b"))}, "several files"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_fit_together_is_said(
    arguments: dict[str, Any], said: str, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("hello")
    Path("a.json").write_text("{}")
    Path("a.srt").write_text("1\n00:00:05,000 --> 00:00:06,000\nI love it.\n")
    Image.new("RGB", (64, 64)).save("a.png")
    with pytest.raises(InputError, match=said) as refused:
        analyzer.analyze(**arguments)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_a_clip_with_a_span_answers_that_part(samples: Path) -> None:
    clip = Clip("part", video=demo_clip(), span=Span(2.8, 3.5))
    timeline = analyze(clip, asr="off")
    assert timeline.source == "part"
    assert timeline.predictions
    assert all(p.span & Span(2.8, 3.5) for p in timeline.predictions)
    assert {p.span for p in timeline.predictions} < {p.span for p in analyze(demo_clip(), asr="off").predictions}


def test_the_summary_is_weighted_by_duration(analyzer: Analyzer) -> None:
    timeline = analyzer.analyze(text="I love it. The train leaves at nine from platform two over there.")
    short, long = timeline.predictions
    weights = (short.span.duration, long.span.duration)
    odds = {
        k: short.scores[k] ** (weights[0] / sum(weights)) * long.scores[k] ** (weights[1] / sum(weights))
        for k in EMOTIONS
    }
    for label in EMOTIONS:
        assert timeline.scores[label] == pytest.approx(odds[label] / sum(odds.values()), rel=1e-3), (
            "the mean of the evidence"
        )
    assert timeline.label == max(timeline.scores, key=lambda k: timeline.scores[k])
    assert timeline.valence is not None
    assert -1 <= timeline.valence <= 1


def test_bytes_that_are_no_text_can_be_written_out(analyzer: Analyzer, tmp_path: Path) -> None:
    """File names and arguments on Linux may hold any bytes; Python gives them as lone surrogates."""
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / name).write_text("I love it.")
    except OSError:
        pytest.skip("this file system takes text only as a name")
    timeline = analyzer.analyze(tmp_path / name)
    assert timeline.source == "caf?.txt"
    assert json.loads(text_of(timeline, "json"))["source"] == "caf?.txt"
    assert analyzer.analyze(text=os.fsdecode(b"I love it \xff")).predictions[0].text == "I love it ?"


def test_an_encoder_with_context_reads_what_was_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = Analyzer()
    aware = encoders.build({"name": "text_minilm", "tokens": 64, "context": 2})
    read, seen = aware.prepare, list[tuple[str, ...]]()

    def prepare(segment: Segment) -> Track | None:
        seen.append(segment.context)
        return read(segment)

    monkeypatch.setattr(aware, "prepare", prepare)
    monkeypatch.setitem(analyzer.bundle.encoders, "text", aware)
    timeline = analyzer.analyze(text="I am glad. She left. It rained. So what?")
    assert len(timeline.predictions) == 4
    assert seen == [(), ("I am glad.",), ("I am glad.", "She left."), ("She left.", "It rained.")]
