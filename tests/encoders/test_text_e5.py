"""What multilingual E5 reads, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest

from mien.data.load import words_of
from mien.encoders.text_e5 import E5Text
from mien.types import Segment, Span, Track, Words


@pytest.fixture(scope="module")
def encoder() -> E5Text:
    return E5Text()


def segment(words: Words) -> Segment:
    return Segment(Span(0.0, 4.0), words=words)


def read(encoder: E5Text, text: str, language: str | None = None) -> Track:
    track = encoder.prepare(segment(words_of(text, language)))
    assert track is not None
    return track


def pieces(encoder: E5Text, text: str) -> list[str]:
    return [encoder._pieces[i] for i in read(encoder, text).values]


def test_english_chinese_and_emoji_are_read_as_they_are_written(encoder: E5Text) -> None:
    assert pieces(encoder, "So GOOD!") == ["<s>", "▁So", "▁G", "OOD", "!", "</s>"]
    assert pieces(encoder, "今天真开心～") == ["<s>", "▁今天", "真", "开心", "～", "</s>"]
    assert pieces(encoder, "今天真開心") == ["<s>", "▁今天", "真", "開心", "</s>"], "traditional characters too"
    assert pieces(encoder, "ok 😂❤️👍🏽")[2:-1] == ["▁", "😂", "❤", "👍", "🏽"]
    assert pieces(encoder, "no. 1️⃣")[-3:-1] == ["▁1", "⃣"]
    assert "<unk>" in pieces(encoder, "你好 \U0002a6a5"), "a character that XLM-R has not either"


@pytest.mark.parametrize(
    ("text", "language", "is_read"),
    [
        ("I am glad", None, True),
        ("I am glad", "en", True),
        ("我很高兴", None, True),
        ("我很高兴", "zh", True),
        ("我好開心呀", "yue", True),
        ("我 love 你", None, True),
        ("😂😂", None, True),
        ("Ich freue mich", "de", False),
        ("Я очень рад", None, False),
        ("とてもうれしいです", None, False),
        ("정말 기뻐요", None, False),
        ("...", None, False),
    ],
)
def test_only_english_and_chinese_are_read(encoder: E5Text, text: str, language: str | None, is_read: bool) -> None:
    assert (encoder.prepare(segment(words_of(text, language))) is not None) == is_read


def test_a_piece_belongs_to_its_word_though_it_begins_with_the_space_before_it(encoder: E5Text) -> None:
    words = words_of("unbelievably good news")
    found = encoder.words(segment(words))
    assert found is not None
    assert found.tolist() == [-1, 0, 0, 0, 0, 1, 2, -1]
    assert read(encoder, "unbelievably good news").times[-2] == pytest.approx(words.items[2].span.middle)
    chinese = encoder.words(segment(words_of("今天真开心")))
    assert chinese is not None
    assert chinese.tolist() == [-1, 0, 2, 3, -1], "of a piece that covers two characters, the first"


def test_a_long_text_loses_its_middle_and_never_its_end(encoder: E5Text) -> None:
    text = "first of all, " + "word " * 300 + "and in the end I cried."
    track = read(encoder, text)
    written = "".join(encoder._pieces[i] for i in track.values)
    assert len(track) == 96
    assert written.startswith("<s>▁first▁of▁all,▁word")
    assert written.endswith("▁word▁and▁in▁the▁end▁I▁cried.</s>")
    found = encoder.words(segment(words_of(text)))
    assert found is not None
    assert found[-2] == len(text.split()) - 1
    assert (np.diff(track.times) >= 0).all()


def test_rarity_tells_other_languages_with_latin_letters(encoder: E5Text) -> None:
    def rarity(text: str) -> float:
        return encoder.measures(read(encoder, text))["rarity"]

    assert rarity("I am so glad that you came to see us today.") < 0
    assert rarity("The meeting was moved to Thursday, so we have time.") < 1
    assert rarity("今天真开心") == 0
    whole = 2 * (np.log(encoder._pieces.index("▁the") - 3) - 7) / 2
    assert rarity("the, the") == pytest.approx(whole - 3.0), "the letters are those of English"
    for strange in (
        "Lubię czytać przed snem.",
        "Der Lappen liegt auf dem Eisschrank.",
        "Sono contento che tu sia venuto.",
        "Minä en tiedä mitä tehdä",
        "Bugün çok mutluyum",
        "Sehr gut, das freut mich",
    ):
        assert rarity(strange) > 5.5
    for english in (
        "THIS IS TRAUMATISING, I WILL NEVER EVER DO THAT AGAIN",
        "Nooooooooooooooooooo I lost, whyyyyyyyyyyyyyyyyyyyyyyyy",
        "Thank you @lurkerturndcommenter and @christiangreyisdraco #truecooks",
        "Verisimilitude, which here means, utter bs meant to help justify terrible favouritism.",
    ):
        assert rarity(english) < 4


def test_emoji_alone_and_emoji_that_the_vocabulary_lacks_are_words(encoder: E5Text) -> None:
    assert pieces(encoder, "😡") == ["<s>", "▁ang", "ry", "</s>"] == pieces(encoder, ">:(")
    assert pieces(encoder, "🤮 🤮")[1:-1] == pieces(encoder, "disgusting disgusting")[1:-1]
    assert pieces(encoder, "so 🥺")[1:-1] == ["▁so", "▁sad"], "in a text, only the one that is not known"
    assert pieces(encoder, "so 😡")[1:-1] == ["▁so", "▁", "😡"]
    assert pieces(encoder, "今天🤮") == pieces(encoder, "今天 恶心")
    assert "<unk>" not in pieces(encoder, "look 🦀 there")
    found = encoder.words(segment(words_of("look 🦀 there 🥺")))
    assert found is not None
    assert found.tolist() == [-1, 0, 2, 3, -1], "words keep their places"


@pytest.mark.parametrize(
    "nothing", ["???", "★", "🇩🇪", "https://example.com/a?b=c", "www.example.org", "me@example.com"]
)
def test_what_says_nothing_is_not_read(encoder: E5Text, nothing: str) -> None:
    assert encoder.prepare(segment(words_of(nothing))) is None


def test_addresses_and_strings_take_no_room(encoder: E5Text) -> None:
    address = "https://example.com/" + "x9" * 200
    assert pieces(encoder, f"I love this {address}") == pieces(encoder, "I love this")
    long = pieces(encoder, "x" * 3000 + " I hate you")
    assert len(long) <= 16 + 5
    assert long[-4:] == ["▁I", "▁hate", "▁you", "</s>"]
    words = encoder.words(segment(words_of("x" * 3000 + " I hate you")))
    assert words is not None
    assert words.tolist()[-4:] == [1, 2, 3, -1]
