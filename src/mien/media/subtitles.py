"""Reads subtitles, which are known words with times: .srt, .vtt, .ass and .ssa files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.errors import InputError
from mien.events import Notice
from mien.media.text.cues import Found, marked_cues, styled_cues
from mien.media.text.files import read_text
from mien.media.text.turns import Turn, turns
from mien.media.text.words import language_of, spread_as
from mien.types import UNSPACED, Span, Word, Words

SUBTITLES = (".srt", ".vtt", ".ass", ".ssa")
"""Suffixes of the files that are read as subtitles."""
_LARGEST = 5_000_000  # bytes; an hour of captions with times inside has about 400,000


@dataclass(frozen=True)
class Said:
    """What one person says without a change of speaker.

    Attributes:
        words: the words with their times; their language when the script tells it.
        who: the speaker, if the file names one; otherwise ``None``.
        new: whether the file marks a change of speaker before these words.
    """

    words: Words
    who: str | None = None
    new: bool = False

    @property
    def span(self) -> Span:
        """From the start of the first word to the end of the last."""
        return self.words.items[0].span | self.words.items[-1].span


@dataclass(frozen=True)
class Subtitles:
    """A file of subtitles.

    Attributes:
        said: the words in order of time; no two entries overlap.
        notices: what was guessed, and what could not be read.
    """

    said: tuple[Said, ...]
    notices: tuple[Notice, ...] = ()


def read_subtitles(path: Path) -> Subtitles:
    """The words of a file of subtitles. When only the whole cue has times, its words are spread over it by their length.

    Raises:
        InputError: the file cannot be read, or holds no cue with words.
    """
    content, notices = read_text(path, _LARGEST)
    styled = path.suffix.lower() in (".ass", ".ssa")
    found = subtitles_of(styled_cues(content) if styled else marked_cues(content), path.name)
    if not found.said:
        raise InputError(f"'{path}' holds no subtitle with a time; is it an {', '.join(SUBTITLES)} file?")
    return Subtitles(found.said, notices + found.notices)


def subtitles_of(found: Found, name: str) -> Subtitles:
    """The words of cues, wherever they were found; nothing is said where no cue has words.

    Args:
        found: the cues, in any order. They may overlap, roll, and hold markup and names.
        name: of the file, for the notice about what could not be read.
    """
    unread = (Notice("subtitles_unread", {"file": name, "count": found.unread}),) if found.unread else ()
    return Subtitles(tuple(_said(turn) for turn in turns(found.cues)), unread)


def _said(turn: Turn) -> Said:
    language = language_of(turn.text)
    found: list[Word] = []
    for span, text in turn.pieces:
        first, *rest = spread_as(text, span, language).items
        # The text tells whether there is a space between pieces, as it does between words.
        lead = " " if found and text[:1].isspace() and language in UNSPACED else ""
        found += [Word(lead + first.text, first.span), *rest]
    return Said(Words(tuple(found), language), turn.who, turn.new)
