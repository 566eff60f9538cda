from __future__ import annotations

import numpy as np
import pytest

from mien.data.degrade import degraded
from mien.data.load import words_of
from mien.errors import RecipeError
from mien.types import SAMPLE_RATE, Audio, Frames, Segment, Span


def voiced(seconds: float = 2.0) -> Segment:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return Segment(Span(0, seconds), audio=Audio((0.3 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)))


def test_noise_reaches_the_asked_ratio_and_repeats() -> None:
    clean, noisy = voiced(), degraded(voiced(), "noise:10", "clip")
    assert clean.audio is not None
    assert noisy.audio is not None
    added = noisy.audio.samples - clean.audio.samples
    ratio = 10 * np.log10(np.mean(clean.audio.samples**2) / np.mean(added**2))
    assert ratio == pytest.approx(10, abs=0.5)
    again = degraded(voiced(), "noise:10", "clip").audio
    assert again is not None
    assert np.array_equal(noisy.audio.samples, again.samples)


def test_shorten_and_shrink() -> None:
    short = degraded(voiced(), "shorten:0.5", "clip").audio
    assert short is not None
    assert len(short.samples) == SAMPLE_RATE // 2
    pixels = np.random.default_rng(0).integers(0, 255, (1, 48, 48, 3), dtype=np.uint8)
    small = degraded(Segment(Span(0, 1), frames=Frames(pixels, np.zeros(1))), "shrink:12", "clip").frames
    assert small is not None
    assert small.boxes is not None
    assert small.pixels.shape == pixels.shape
    assert small.boxes[0].tolist() == [0, 0, 12, 12]
    assert small.pixels.std() < 0.5 * pixels.std(), "detail is gone"


def test_word_errors_lower_confidence() -> None:
    words = words_of("this is a rather long sentence about nothing in particular at all")
    worse = degraded(Segment(Span(0, 5), words=words), "errors:0.5", "clip").words
    assert worse is not None
    assert worse.text != words.text
    assert np.mean([w.confidence for w in worse.items]) < 0.6


def test_word_errors_are_in_the_language_of_the_words() -> None:
    worse = degraded(Segment(Span(0, 5), words=words_of("我们今天去北京开会然后回家吃饭")), "errors:0.9", "clip").words
    assert worse is not None
    assert all("一" <= c <= "鿿" for c in worse.text)


def test_unwritten_words_have_neither_capitals_nor_punctuation() -> None:
    said = Segment(Span(0, 5), words=words_of("Well, I can't believe it - WOW!! 😂"))
    plain = degraded(said, "unwritten:1", "clip").words
    assert plain is not None
    assert plain.text == "well i can't believe it wow"
    assert plain.items[-1].span == said.words.items[-2].span  # type: ignore[union-attr]  # it has words
    chinese = degraded(Segment(Span(0, 5), words=words_of("今天，真开心！")), "unwritten:1", "clip").words
    assert chinese is not None
    assert chinese.text == "今天真开心"
    laugh = Segment(Span(0, 5), words=words_of("😂!"))
    assert degraded(laugh, "unwritten:1", "clip") == laugh, "what has no letters stays"
    kept = sum(degraded(said, "unwritten:0.3", f"clip {i}") == said for i in range(200))
    assert 120 < kept < 160, "a share of the segments"


def test_words_of_an_unknown_language_keep_their_shape() -> None:
    said = Segment(Span(0, 5), words=words_of("This is a rather long sentence."))
    strange = degraded(said, "foreign:1", "clip").words
    assert strange is not None
    assert strange == degraded(said, "foreign:1", "clip").words, "the same for the same clip"
    assert [len(w.text) for w in strange.items] == [4, 2, 1, 6, 4, 9]
    assert strange.items[1].text == strange.items[0].text[2:], "a letter becomes the same one everywhere"
    vowels = [[c in "aeiouy" for c in w.text.lower()] for w in words_of("This is a rather long sentence.").items]
    assert [[c in "aeiouy" for c in w.text] for w in strange.items] == vowels
    assert degraded(said, "foreign:0", "clip").words == said.words


def test_unknown_ways_are_named() -> None:
    with pytest.raises(RecipeError, match="cannot degrade by 'nois'"):
        degraded(voiced(), "nois:3", "clip")
    with pytest.raises(RecipeError, match="needs a number"):
        degraded(voiced(), "noise:loud", "clip")
