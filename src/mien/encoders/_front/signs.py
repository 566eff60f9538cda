"""Makes the words of a text plain: emoji say what they mean, and addresses say nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace

from mien.types import Words

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|\S+\.(?:com|org|net|cn|io)(?:/\S*)?", re.IGNORECASE)
_JOINERS = "\u200d\ufe0e\ufe0f"  # between and after the parts of an emoji

_SENSES: Mapping[tuple[str, str], str] = {
    ("happy", "开心"): "😀😃😄😁😆😅😂🤣😊😇🙂🙃😉😍🥰😘😗😙😚😋😛😜😝🤪🤗🤩🥳😎☺😸😹😺😻😽🫶👍👏🙌🎉🎊"
    "❤🧡💛💚💙💜🤎🖤🤍💕💖💗💓💞💝♥",
    ("sad", "难过"): "😢😭😞😔😟🙁☹😿🥺🥲💔😥😓😩😪😣😖🥹",
    ("angry", "生气"): "😡😠🤬👿😤💢😾🖕👎",
    ("disgusting", "恶心"): "🤢🤮🤑😒🙄💩🤧",
    ("scared", "害怕"): "😨😰😱😧😦🫣🙀",
    ("wow", "惊讶"): "😮😯😲😳🤯🫢😵",
}
"""{what they mean, in English and in Chinese: emoji}. The meaning is the one that people most often give them."""
_FACES: Mapping[str, tuple[str, ...]] = {
    "😀": (":)", ":-)", ":D", ":-D", "=)", ";)", ";-)", "xD", "XD", "^_^", "^^", ":')", "<3", "(:"),
    "😢": (":(", ":-(", ":'(", "=(", "T_T", "T.T", "TAT", "QAQ", "</3", "):"),
    "😡": (">:(", ">:-(", ":@"),
    "😨": ("D:",),
    "😮": (":O", ":-O", ":o", ":-o", "o_O", "O_o", "o.O"),
}
_EMOJI = {emoji: sense for sense, signs in _SENSES.items() for emoji in signs}
_WRITTEN = {face: _EMOJI[emoji] for emoji, faces in _FACES.items() for face in faces}


def plain(words: Words, knows: Callable[[str], bool]) -> Words | None:
    """The words as an encoder should read them: as many, some of them empty; ``None`` when nothing is left that says anything.

    An address of the web or of mail is left out. In a text with letters, emoji stay as they are where the encoder knows them,
    because it has learned what they do to a sentence; others become words, or nothing. A text of emoji alone becomes words.

    Args:
        words: what was said or written.
        knows: whether the vocabulary of the encoder has a sign.
    """
    texts = [_ADDRESS.sub("", w.text) for w in words.items]
    chinese = words.language in ("zh", "yue") or any("\u4e00" <= c <= "\u9fff" for text in texts for c in text)
    alone = not any(c.isalpha() for text in texts if text.strip() not in _WRITTEN for c in text)
    read = [_meant(text, chinese) if alone else _spelt(text, chinese, knows) for text in texts]
    if not any(text.strip() for text in read):
        return None
    return replace(words, items=tuple(replace(w, text=t) for w, t in zip(words.items, read, strict=True)))


def says_something(words: Words) -> bool:
    """Whether there are letters in the words beside addresses."""
    return any(c.isalpha() for w in words.items for c in _ADDRESS.sub("", w.text))


def _meant(text: str, chinese: bool) -> str:
    """The meanings of the signs of a text without letters; "" where they have none."""
    if text.strip() in _WRITTEN:
        return f" {_WRITTEN[text.strip()][chinese]}"
    return "".join(f" {_EMOJI[c][chinese]}" for c in text if c in _EMOJI)


def _spelt(text: str, chinese: bool, knows: Callable[[str], bool]) -> str:
    """The text with words in place of the emoji that the encoder does not know."""
    if text.isascii():
        return text
    return "".join(_known(c, chinese, knows) for c in text)


def _known(sign: str, chinese: bool, knows: Callable[[str], bool]) -> str:
    if sign in _JOINERS or unicodedata.category(sign) != "So" or knows(sign):
        return sign
    return f" {_EMOJI[sign][chinese]} " if sign in _EMOJI else " "
