"""What the real models make of real sound."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from mien.events import Notice
from mien.media.decoding.sound import read_audio
from mien.media.speech.activity import other_detector, speech_spans
from mien.media.speech.whisper import Whisper, _parts, _thrice, _wider
from mien.pipeline import Analyzer
from mien.report.sentences import sentence
from mien.types import SAMPLE_RATE, Float32, Span, Words

GERMAN = "Der Lappen liegt auf dem Eisschrank."
ENGLISH = "Don't forget a jacket."


@pytest.fixture(scope="module")
def base() -> Whisper:
    return Whisper("base")


@pytest.fixture(scope="module")
def german(samples: Path) -> Float32:
    return read_audio(samples / "audio/emodb_03a01Nc.wav").samples


@pytest.fixture(scope="module")
def english(samples: Path) -> Float32:
    return read_audio(samples / "audio/cremad_1002_DFA_NEU.wav").samples


def heard(whisper: Whisper, audio: Float32) -> list[Words]:
    return list(whisper.words(audio, speech_spans(audio, 10.0)))


def test_every_utterance_has_its_own_language(base: Whisper, english: Float32, german: Float32) -> None:
    pause = np.zeros(SAMPLE_RATE, np.float32)
    found = heard(base, np.concatenate([english, pause, german, pause, english]))
    # Whether a full stop is heard depends on the processor.
    said = [(w.language, w.text.rstrip(".") + ".") for w in found]
    assert said == [("en", ENGLISH), ("de", GERMAN), ("en", ENGLISH)]


def test_chinese_is_chinese_in_the_characters_of_the_mainland(base: Whisper, samples: Path) -> None:
    found = heard(base, read_audio(samples / "audio/marco_synth_zh_angry.webm").samples)
    assert [w.language for w in found] == ["zh", "zh"]
    assert "却忍不住笑" in found[1].text
    assert not set("".join(w.text for w in found)) & set("卻週個話這說難")


def test_words_lie_in_their_utterance_and_are_the_same_again(base: Whisper, german: Float32) -> None:
    (span,) = speech_spans(german, 10.0)
    (first,), (again,) = heard(base, german), heard(base, german)
    assert first == again
    assert all(span.start <= w.span.start <= w.span.end <= span.end for w in first.items)
    assert [w.span.start for w in first.items] == sorted(w.span.start for w in first.items)
    assert [w.text.strip() for w in first.items] == GERMAN.split()


def noises() -> dict[str, Float32]:
    rng, time = np.random.default_rng(0), np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * f * time) for f in (220, 277, 330)) * np.exp(-3 * (time % 0.8))
    found = {
        "silence": np.zeros(len(time)),
        "quiet": 0.001 * rng.standard_normal(len(time)),
        "hiss": 0.01 * rng.standard_normal(len(time)),
        "loud": 0.3 * rng.standard_normal(len(time)),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * time),
        "chords": 0.2 * tones,
        "beats": 0.5 * rng.standard_normal(len(time)) * np.exp(-20 * (time % 0.5)),
    }
    return {name: sound.astype(np.float32) for name, sound in found.items()}


@pytest.mark.parametrize("name", list(noises()))
@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_no_words_are_made_of_noise(base: Whisper, name: str, seconds: float) -> None:
    """Even where somebody takes it for speech."""
    assert list(base.words(noises()[name], [Span(0.0, seconds)])) == []


def test_a_single_word_is_kept(base: Whisper, samples: Path) -> None:
    """The last word of a sentence, cut out."""
    sound = read_audio(samples / "audio/ravdess_angry_48k.wav").samples
    (words,) = heard(base, sound)
    assert words.items[-1].text == " door."
    cut = sound[round((words.items[-1].span.start - 0.05) * SAMPLE_RATE) :]
    (alone,) = base.words(cut, [Span(0.0, len(cut) / SAMPLE_RATE)])
    assert alone.language == "en"
    assert "door" in alone.text


def test_a_model_of_english_gives_no_words_in_other_languages(english: Float32, german: Float32) -> None:
    whisper = Whisper("tiny.en")
    assert [w.text for w in heard(whisper, english)] == [ENGLISH]
    assert heard(whisper, german) == []


def test_a_likely_english_sentence_of_unlikely_words_is_no_english(data: Path) -> None:
    """Of this angry German sentence, tiny.en makes "The wet of the flat sign will be seen in my hind leg." """
    file = data / "emodb4_full/audio/03b10Wc.ogg"
    if not file.is_file():
        pytest.skip("emodb4_full is not there")
    assert heard(Whisper("tiny.en"), read_audio(file).samples) == []


def test_nothing_is_loaded_for_nothing() -> None:
    assert list(Whisper("no-such-model").words(np.zeros(100, np.float32), [])) == []


def test_a_phrase_said_thrice_is_a_loop() -> None:
    assert _thrice([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 7])
    assert not _thrice([9, 1, 2, 3, 4, 1, 2, 3, 4, 7])
    assert not _thrice([1, 2] * 8), "No, no, no, no"
    assert not _thrice([])


def test_a_long_utterance_is_read_in_equal_parts() -> None:
    assert _parts(Span(1.0, 29.0)) == [Span(1.0, 29.0)]
    assert _parts(Span(0.0, 60.0)) == [Span(0.0, 20.0), Span(20.0, 40.0), Span(40.0, 60.0)]


def test_no_sound_of_a_neighbour_is_read() -> None:
    parts = [Span(0.1, 1.0), Span(1.1, 2.0), Span(3.0, 4.0)]
    found = list(_wider(parts, Span(0.0, 4.1)))
    assert [s.start for s in found] == pytest.approx([0.0, 1.05, 2.8])
    assert [s.end for s in found] == pytest.approx([1.05, 2.2, 4.1])


@pytest.fixture
def asked_anew() -> Iterator[None]:
    other_detector.cache_clear()
    yield
    other_detector.cache_clear()


@pytest.mark.usefixtures("asked_anew")
def test_the_detector_is_the_one_that_thresholds_were_fitted_with() -> None:
    assert other_detector() is None


@pytest.mark.usefixtures("asked_anew")
def test_another_detector_is_told_once(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer faster-whisper may bring another file. It works, but answers change, so the reader must know."""
    import faster_whisper

    package = Path(faster_whisper.__file__).parent / "assets"
    for file in package.glob("*.onnx"):
        (tmp_path / file.name).write_bytes(file.read_bytes() + b"\0")
    monkeypatch.setattr("faster_whisper.utils.get_assets_path", lambda: str(tmp_path))
    clip = samples / "audio/cremad_1002_DFA_NEU.wav"
    told = [n for n in Analyzer("open", asr="off").analyze(clip).notices if n.code == "other_detector"]
    assert told == [Notice("other_detector", {"installed": version("faster-whisper"), "fitted": "1.2.1"})]
    assert "pip install faster-whisper==1.2.1" in sentence(told[0])
