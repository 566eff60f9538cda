from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from mien import Analyzer, analyze
from mien.errors import InputError
from mien.report.base import exporters
from mien.report.json import schema
from mien.samples import demo_clip
from mien.types import EMOTIONS


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def test_the_main_job(analyzer: Analyzer) -> None:
    """A real clip with words, voice and face: an actor says one sentence neutral, happy and sad."""
    seen: list[tuple[float, float]] = []
    timeline = analyzer.analyze(demo_clip(), progress=lambda done, total: seen.append((done, total)))
    spoken = [p for p in timeline.predictions if p.text]
    assert len(spoken) == 3
    assert all(set(p.shares) == {"text", "voice", "face"} for p in spoken)
    assert all(p.who == "person-1" for p in timeline.predictions)
    assert spoken[1].valence > max(spoken[0].valence, spoken[2].valence) + 0.1
    for p in timeline.predictions:
        assert sum(p.scores.values()) == pytest.approx(1.0, abs=1e-4)
        assert sum(p.shares.values()) == pytest.approx(1.0, abs=1e-4)
        assert tuple(p.scores) == EMOTIONS
    assert timeline.duration == pytest.approx(7.07, abs=0.1)
    assert seen[-1][0] == pytest.approx(seen[-1][1], abs=0.3)
    jsonschema.validate(json.loads(exporters.get("json")(timeline)), schema())


def test_the_same_clip_gives_the_same_bytes(analyzer: Analyzer) -> None:
    one, other = (exporters.get("json")(analyzer.analyze(demo_clip())) for _ in range(2))
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
    timeline = analyzer.analyze(text="我今天非常高兴。")
    assert timeline.predictions == ()
    assert timeline.label is None
    assert "language" in timeline.warnings[0]


def test_texts_and_subtitles(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I love it. I hate it.")
    assert [p.text for p in analyzer.analyze(tmp_path / "a.txt").predictions] == ["I love it.", "I hate it."]
    (tmp_path / "a.srt").write_text("1\n00:00:05,000 --> 00:00:06,000\nI love it.\n")
    (only,) = analyzer.analyze(tmp_path / "a.srt").predictions
    assert (only.span.start, only.span.end) == (5.0, 6.0)


def test_known_words_replace_recognition(samples: Path) -> None:
    timeline = analyze(samples / "video/cremad_1001_DFA_SAD.mp4", text="I am so sad today.", asr="off")
    assert [p.text for p in timeline.predictions if p.text] == ["I am so sad today."]


def test_nothing_to_do(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="nothing to analyse"):
        analyzer.analyze()
    with pytest.raises(InputError, match="there is no bundle 'reserch'; .*did you mean 'research'"):
        Analyzer("reserch")
