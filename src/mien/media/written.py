"""Turns written words into segments: sentences of a text, and utterances of subtitles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from mien.errors import InputError
from mien.events import Notice
from mien.media.subtitles import SUBTITLES, Said, read_subtitles
from mien.media.text.files import read_text
from mien.media.text.moments import moments
from mien.media.text.words import language_of, pace, parts, pieces, sentences, spread_as
from mien.types import UNSPACED, Segment, Span, Word, Words

_LARGEST = 20_000_000  # bytes
_MOST = 4_000_000  # characters, more than "War and Peace" has; each thousand takes about a sixth of a second


def is_text(path: Path) -> bool:
    """Whether a file is read as text and not as media."""
    return path.suffix.lower() in (".txt", *SUBTITLES)


def text_file_segments(path: Path) -> Iterator[Segment | Notice]:
    """Segments of a text file or of subtitles. Notices about what was guessed or could not be read come first.

    Raises:
        InputError: the file cannot be read.
    """
    if path.suffix.lower() in SUBTITLES:
        found = read_subtitles(path)
        return chain(found.notices, utterances(found.said))
    text = read_text(path, _LARGEST)
    check_size(text.content, path.name)
    return chain(text.notices, sentence_segments(text.content))


def check_size(text: str, name: str) -> None:
    """Refuses words that would take hours.

    Raises:
        InputError: the text is too long.
    """
    if len(text) > _MOST:
        raise InputError(f"'{name}' has {len(text):,} characters, and at most {_MOST:,} are read at once; divide it")


def sentence_segments(text: str) -> Iterator[Segment]:
    """One segment for each sentence, and several for a very long one. A text has no times, so an even pace is assumed."""
    at = 0.0
    for sentence in sentences(text):
        language = language_of(sentence)
        for part in parts(pieces(sentence, language)):
            said = ("" if language in UNSPACED else " ").join(part)
            end = at + pace(language) * len(part)
            yield _segment(spread_as(said, Span(at, end), language))
            at = end


def utterances(said: Sequence[Said]) -> Iterator[Segment]:
    """The segments of what is said: moments (see ``mien.media.text.moments``) of one speaker in one language."""
    words: list[Word] = []
    before: Said | None = None
    for part in said:
        if before is not None and _apart(before, part):
            yield from _moments(words, before)
            words = []
        words += part.words.items
        before = part
    if before is not None:
        yield from _moments(words, before)


def _apart(before: Said, part: Said) -> bool:
    """Whether the speaker or the language changes. For speakers without a name, only the marks in the file tell."""
    marked = part.new and part.who is None
    return marked or before.who != part.who or before.words.language != part.words.language


def _moments(words: Sequence[Word], said: Said) -> Iterator[Segment]:
    for part in moments(Words(tuple(words), said.words.language)):
        yield _segment(part, said.who)


def _segment(words: Words, who: str | None = None) -> Segment:
    return Segment(words.items[0].span | words.items[-1].span, who, words)
