from __future__ import annotations

import pytest

from mien.media.text.words import ends_sentence, language_of, parts, pieces, sentences, spread
from mien.types import Span

REAL = [
    ("我今天非常高兴，因为我们赢了比赛！", "zh", 15),
    ("她说：“你好……”然后走了。", "zh", 8),
    ("我用 iPhone 15 拍照，花了3.5元。", "zh", 10),
    ("今日はとても嬉しいです。コンピュータを買った！", "ja", 20),
    ("วันนี้ฉันมีความสุขมาก เพราะเราชนะ", "th", 24),
    ("ဒီနေ့ ကျွန်တော် အရမ်းပျော်တယ်။", "my", 11),
    ("오늘 정말 기분이 좋아요.", "ko", 4),
    ("Γιατί το έκανες αυτό;", "el", 4),
    ("I don't know... “Why?” he said", None, 6),
    ("Я очень рад тебя видеть", None, 5),
]


@pytest.mark.parametrize(("text", "language", "count"), REAL)
def test_words_of_any_script_give_the_same_text_back(text: str, language: str | None, count: int) -> None:
    words = spread(text, Span(1.0, 4.0))
    assert words.text == text
    assert words.language == language
    assert len(words) == count
    assert words.items[0].span.start == 1.0
    assert words.items[-1].span.end == pytest.approx(4.0)
    assert all(w.text.strip() for w in words.items)


def test_signs_stand_with_what_they_belong_to() -> None:
    assert pieces("他说：“好！”（笑）", "zh") == ["他", "说：", "“好！”", "（笑）"]
    assert pieces("！！！", "zh") == ["！！！"]
    assert pieces("コーヒー", "ja") == ["コー", "ヒー"], "a long vowel is no word of its own"


def test_a_quoted_word_does_not_change_the_language() -> None:
    assert language_of("We had 北京 duck for dinner") is None
    assert language_of("这个词是日语的「の」吗？我觉得应该是这样的") == "zh"
    assert language_of("123 ...") is None


def test_longer_words_last_longer() -> None:
    short, long = spread("a bbb", Span(0, 4)).items
    assert (short.span, long.span) == (Span(0, 1), Span(1, 4))


def test_sentences_of_several_scripts() -> None:
    assert sentences("Really? I am glad. Yes") == ["Really?", "I am glad.", "Yes"]
    assert sentences("我很高兴。真的吗？") == ["我很高兴。", "真的吗？"]
    assert sentences("我很高兴；她哭了……“为什么？”他问。版本是3.5。") == [
        "我很高兴；",
        "她哭了……",
        "“为什么？”",
        "他问。",
        "版本是3.5。",
    ]
    assert sentences("嬉しい！なぜ？\nそう") == ["嬉しい！", "なぜ？", "そう"]
    assert sentences("I am glad…\n我很高兴") == ["I am glad…", "我很高兴"]
    assert sentences("！！！") == ["！！！"]


def test_where_a_sentence_ends_is_seen_from_its_last_word() -> None:
    assert [w for w in ("on", "on.", "on!", "on…") if ends_sentence(w, None)] == ["on.", "on!"]
    assert [w for w in ("好", "好。", "好！”", "好；", "好，") if ends_sentence(w, "zh")] == ["好。", "好！”", "好；"]


def test_long_sentences_end_at_commas() -> None:
    long = "我今天非常高兴，因为我们赢了比赛，然后一起去吃饭，大家都很开心，可是后来下雨了，我们没有带伞，只好跑回家"
    found = ["".join(part) for part in parts(pieces(long, "zh"))]
    assert "".join(found) == long
    assert len(found) == 2
    assert found[0].endswith("，")
    assert all(len(part) <= 40 for part in parts(pieces("好" * 203, "zh")))
