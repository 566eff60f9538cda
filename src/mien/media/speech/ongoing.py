"""Cuts what is said and shown at this moment, before it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from threading import Lock
from typing import TYPE_CHECKING

from mien.media.pages import Ongoing
from mien.media.segmenting import Glimpse
from mien.media.text.moments import MOMENT
from mien.media.turns import frames_in, sound_in
from mien.media.voices.speakers import Utterance
from mien.types import Audio, Segment, Span, Word, Words

if TYPE_CHECKING:
    from mien.media.cut import CutSettings

_SOUND = 0.3  # seconds of an utterance before there is anything to say about it
_FACE = 2.0  # seconds of a face without speech that count
_SAME = 1e-3  # seconds; spans whose ends differ by less are the same


class Early:
    """Reads the words of an utterance when it seems to be over, and not only when it is known to be over.

    If nothing more is said, the words are there when the utterance is decided, and are the same: they are read from the same
    sound. If more is said, they are the words so far.

    Args:
        recognise: gives the words in stretches of a sound.
    """

    def __init__(self, recognise: Callable[[Audio, list[Span]], list[Words]]) -> None:
        self._recognise = recognise
        self._read: tuple[Span, Future[list[Words]]] | None = None
        self._known: tuple[Span, list[Words]] | None = None
        self._lock = Lock()  # what is known is asked for on both threads

    def listen(self, ongoing: Ongoing, executor: Executor) -> None:
        """Begins to read what was said up to a pause, unless earlier words are still being read."""
        self._take()
        span, audio = ongoing.paused, ongoing.audio
        if span is None or audio is None or self._read is not None or (self._known and _same(self._known[0], span)):
            return
        self._read = span, executor.submit(self._recognise, audio, [span])

    def words(self, speech: Sequence[Span]) -> list[Words] | None:
        """The words in stretches of speech, if they have been read already. The executor must have nothing left to read."""
        self._take()
        if self._known is None or len(speech) != 1 or not _same(self._known[0], speech[0]):
            return None
        return self._known[1]

    def so_far(self, utterance: Span) -> Words | None:
        """The words of an utterance that are known so far; ``None`` when none are."""
        self._take()
        if self._known is None or abs(self._known[0].start - utterance.start) > _SAME:
            return None
        items = tuple(word for words in self._known[1] for word in words.items)
        return Words(items, self._known[1][0].language) if items else None

    def _take(self) -> None:
        with self._lock:
            if self._read is not None and self._read[1].done():
                span, read = self._read
                self._known, self._read = (span, read.result()), None


def _same(one: Span, other: Span) -> bool:
    return abs(one.start - other.start) < _SAME and abs(one.end - other.end) < _SAME


def glimpses(
    ongoing: Ongoing,
    utterance: Utterance | None,
    words: Words | None,
    settings: CutSettings,
    name: Callable[[str], str],
) -> Iterator[Glimpse]:
    """What is said now, and the face of everybody in view.

    Args:
        ongoing: what has been read.
        utterance: what is said now, and who seems to say it; ``None`` in silence.
        words: its words so far; ``None`` when none are known.
        settings: how to cut.
        name: the name of a person in results.
    """
    if utterance is None:
        span = Span(max(ongoing.start, ongoing.reached - _FACE), ongoing.reached + 1.0 / settings.fps)
    else:
        # A moment has at most so many seconds, and sound of before a moment does not count for it.
        span = Span(max(utterance.span.start, utterance.span.end - MOMENT), utterance.span.end)
        if span.duration < _SOUND:
            return
        who, seen = utterance.who, ongoing.people.get(utterance.who or "", ())
        frames = frames_in(seen, span) if utterance.in_view else None
        called = name(who) if who is not None else None
        yield Glimpse(Segment(span, called, _inside(words, span), frames, sound_in(ongoing.audio, span)))
    for who, seen in ongoing.people.items():
        speaks = utterance is not None and utterance.in_view and who == utterance.who
        if not speaks and (frames := frames_in(seen, span)) is not None:
            shown = Span(float(frames.times[0]), min(span.end, float(frames.times[-1]) + 1.0 / settings.fps))
            if utterance is not None or shown.duration >= settings.least:
                yield Glimpse(Segment(shown if utterance is None else span, name(who), frames=frames))


def _inside(words: Words | None, span: Span) -> Words | None:
    items: tuple[Word, ...] = () if words is None else tuple(w for w in words.items if w.span.middle in span)
    return Words(items, words.language) if words is not None and items else None
