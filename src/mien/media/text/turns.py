"""Turns cues into turns of speakers: who says what and when, without markup, repeated words or overlaps."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mien.media.text.cues import Cue, clock
from mien.media.text.words import language_of, pace, pieces
from mien.types import Span

_INSIDE = re.compile(r"<(?:(\d{1,4}):)?(\d{1,2}):(\d{2})\.(\d{1,3})>")
_VOICE = re.compile(r"<v(?:\.[^<>\s]{1,100})?\s{1,9}([^<>]{1,100})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|\{\\[^{}]{0,500}\}")
_HARD_BREAK = re.compile(r"\\[Nnh]")
_DASH = re.compile(r"\s*(?:[-–—‐](?!\d)|>>+|(?:&gt;){2,9})\s*")
_SPACES = re.compile(r"\s+")
_KEPT = "\u200c\u200d"  # signs without a width that belong to words
_TOUCHING = 0.1  # seconds between cues that follow one another
_FILLER = 0.05  # seconds; rolling captions show a line this long before they move it up


@dataclass(frozen=True)
class Turn:
    """What one person says in one cue.

    Attributes:
        pieces: texts with their times, in order; more than one when the file gives times inside the cue.
        who: the speaker, if the file names one; otherwise ``None``.
        new: whether the file marks a change of speaker before this turn.
    """

    pieces: tuple[tuple[Span, str], ...]
    who: str | None = None
    new: bool = False

    @property
    def span(self) -> Span:
        """From the start of the first piece to the end of the last."""
        return self.pieces[0][0] | self.pieces[-1][0]

    @property
    def text(self) -> str:
        """The text of all pieces, with single spaces."""
        return " ".join("".join(text for _, text in self.pieces).split())


def turns(cues: Sequence[Cue]) -> list[Turn]:
    """Turns in order of time. No two overlap, each has words, and no line of rolling captions appears twice."""
    found = [turn for cue in sorted(cues, key=lambda cue: cue.span.start) for turn in _of_cue(cue)]
    return _in_turn(_unrolled(found))


def _of_cue(cue: Cue) -> Iterator[Turn]:
    """One turn for each voice of a cue. Each gets a share of the time in proportion to the length of its text."""
    voices = [(who, new, raw, size) for who, new, raw in _voices(cue) if (size := len(_plain(raw).strip()))]
    total = sum(size for *_, size in voices)
    at = cue.span.start
    for number, (who, new, raw, size) in enumerate(voices, start=1):
        end = cue.span.end if number == len(voices) else min(cue.span.end, at + cue.span.duration * size / total)
        yield Turn(_timed(raw, Span(at, end)), who, new)
        at = end


def _voices(cue: Cue) -> Iterator[tuple[str | None, bool, str]]:
    """Parts of a cue, split at speaker tags and at lines that begin with a dash: (who, whether marked as new, text)."""
    first, *tagged = _VOICE.split(_HARD_BREAK.sub("\n", "\n".join(cue.lines)))
    parts = [(cue.who, False, first)]
    parts += [(_plain(who).strip() or None, True, raw) for who, raw in zip(tagged[::2], tagged[1::2], strict=True)]
    for who, tagged_new, raw in parts:
        new, lines = tagged_new, list[str]()
        for line in raw.split("\n"):
            dash = _DASH.match(line)
            if dash is None:
                lines.append(line)
                continue
            yield who, new, "\n".join(lines)
            new, lines = True, [line[dash.end() :]]
        yield who, new, "\n".join(lines)


def _timed(raw: str, span: Span) -> tuple[tuple[Span, str], ...]:
    """Pieces by the times inside the text; one piece when these times are not in order."""
    first, *rest = _INSIDE.split(raw)
    texts = [first, *rest[4::5]]
    starts = [clock(*rest[i : i + 4]) for i in range(0, len(rest), 5)]
    edges = [span.start, *starts, span.end]
    if any(b < a for a, b in pairwise(edges)):
        return ((span, _plain("".join(texts))),)
    found = ((Span(a, b), _plain(text)) for (a, b), text in zip(pairwise(edges), texts, strict=True))
    return tuple((part, text) for part, text in found if text.strip())


def _plain(raw: str) -> str:
    """The text without tags and invisible signs, with decoded entities, and with one space for each run of spaces."""
    text = html.unescape(_TAG.sub("", raw) if "<" in raw or "{" in raw else raw)
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf" or c in _KEPT)
    return _SPACES.sub(" ", text)


def _unrolled(found: Sequence[Turn]) -> list[Turn]:
    """The turns without the words that rolling captions repeat.

    People repeat words too, so all cues together tell whether the captions roll.
    """
    again = [_shown_again(before, turn) for before, turn in pairwise(found)]
    rolling = sum(0 < k < len(turn.text.split()) for turn, k in zip(found[1:], again, strict=True))
    fresh = sum(k == 0 and _touch(*pair) for pair, k in zip(pairwise(found), again, strict=True))
    timed = any(len(turn.pieces) > 1 or turn.span.duration <= _FILLER for turn in found)
    if rolling <= fresh or rolling < (1 if timed else 2):
        return list(found)
    kept = (_without_first(turn, k) for turn, k in zip(found, [0, *again], strict=True))
    return [turn for turn in kept if turn is not None]


def _shown_again(before: Turn, turn: Turn) -> int:
    """How many words at the start of a turn repeat the end of the turn before."""
    if not _touch(before, turn):
        return 0
    old, new = before.text.split(), turn.text.split()
    return next((k for k in range(min(len(old), len(new)), 0, -1) if old[-k:] == new[:k]), 0)


def _touch(before: Turn, turn: Turn) -> bool:
    return turn.span.start - before.span.end <= _TOUCHING


def _without_first(turn: Turn, count: int) -> Turn | None:
    left = list[tuple[Span, str]]()
    for span, text in turn.pieces:
        words = text.split()
        gone = min(count, len(words))
        count -= gone
        if gone < len(words):
            left.append((span, (" " if left else "") + " ".join(words[gone:])) if gone else (span, text))
    return replace(turn, pieces=tuple(left)) if left else None


def _in_turn(found: Sequence[Turn]) -> list[Turn]:
    """Turns without overlaps. An overlapped turn ends where the next one begins, or as soon as its words can be said."""
    done: list[Turn] = []
    for turn in found:
        if not done or turn.span.start >= done[-1].span.end:
            done.append(turn)
            continue
        before = done.pop()
        at = _handed_over(before, turn)
        # One person cannot say both, when the first turn is not over as the second begins.
        both = at - turn.span.start > _TOUCHING or turn.span.start - before.span.start <= _TOUCHING
        done.append(_within(before, Span(before.span.start, at)))
        done.append(replace(_within(turn, Span(at, max(at, turn.span.end))), new=turn.new or both))
    return done


def _handed_over(before: Turn, turn: Turn) -> float:
    """The time at which the first of two overlapping turns ends and the second begins."""
    both = Span(max(before.span.start, turn.span.start), min(before.span.end, turn.span.end))
    share = len(before.text) / (len(before.text) + len(turn.text))
    language = language_of(before.text)
    said = before.span.start + pace(language) / 2 * len(pieces(before.text, language))
    return min(max(both.start, said), both.start + both.duration * share)


def _within(turn: Turn, span: Span) -> Turn:
    return replace(turn, pieces=((span, turn.text),))
