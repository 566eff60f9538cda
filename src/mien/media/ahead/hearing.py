"""What is said in a long file: when, found in one pass over its sound; and in which words, utterance by utterance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.events import Notice, Progress
from mien.media.ahead.looking import UnevenError
from mien.media.cut import CutSettings, cut
from mien.media.decoding.decoder import Piece
from mien.media.sources import Feed, opened
from mien.media.speech.recogniser import Recogniser
from mien.runtime.cache import fill_atomic, write_atomic
from mien.types import Audio, Float32, Span, Word, Words

_GAP = 0.5  # seconds; where sound pauses longer, what is decided depends on the pictures, too
_CHOICES = frozenset({"track_chosen", "channels_cancel"})  # notices that tell of no damage


def plan(path: Path, settings: CutSettings, folder: Path, words: bool = True) -> Generator[Progress]:
    """Goes over the sound of a file once, and writes each page of it in which somebody speaks: its sound and its utterances.

    Args:
        path: the file.
        settings: how to cut.
        folder: gets the pages.
        words: whether words are wanted. Without them nothing is written, and the sound is checked alone.

    Raises:
        UnevenError: the sound cannot be read by itself.
        MediaError: the file cannot be read.
    """
    with opened(path, None, None, settings.track) as given:
        if given.feed is None:
            raise UnevenError(f"'{path}' has no sound")
        wanted = _Wanted(folder) if words else None
        with closing(cut(_sound(given.feed), given.clip, settings, wanted, None)) as found:
            for item in found:
                if isinstance(item, Progress):
                    yield item


def _sound(feed: Feed) -> Feed:
    """The sound of a feed alone, which must have no holes."""

    def pieces(fps: float, _pictures: bool) -> Generator[Piece | Notice]:
        reached = 0.0
        with closing(feed.pieces(fps, False)) as found:
            for piece in found:
                if isinstance(piece, Notice) and piece.code not in _CHOICES:
                    raise UnevenError(f"parts of '{feed.name}' are damaged")
                if isinstance(piece, Audio):
                    if piece.start - reached > _GAP:
                        raise UnevenError(f"the sound of '{feed.name}' has holes")
                    reached = piece.span.end
                yield piece

    return replace(feed, info=replace(feed.info, kind="audio"), pieces=pieces)


def _key(audio: Float32, spans: Sequence[Span]) -> str:
    """What the words of utterances depend on."""
    told = np.asarray([(s.start, s.end) for s in spans], np.float64)
    return hashlib.blake2b(audio.tobytes() + told.tobytes(), digest_size=16).hexdigest()


class _Wanted:
    """In the place of a recogniser: it writes what it is asked for into a folder, and gives no words."""

    english_only = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """See ``Recogniser``."""
        told = np.asarray([(s.start, s.end) for s in spans], np.float64)
        file = self._folder / f"said-{_key(audio, spans)}.npz"
        if not file.with_suffix(".json").is_file():
            fill_atomic(file, lambda out: np.savez(out, samples=audio, spans=told))
        yield from ()


def hear(file: Path, recogniser: Recogniser) -> None:
    """Reads the words of one page that ``plan`` has written, and puts them in its place."""
    with np.load(file, allow_pickle=False) as page:
        samples, spans = page["samples"], [Span(start, end) for start, end in page["spans"].tolist()]
    told = [
        {
            "language": words.language,
            "items": [[w.text, float(w.span.start), float(w.span.end), float(w.confidence)] for w in words.items],
        }
        for words in recogniser.words(samples, spans)
    ]
    write_atomic(file.with_suffix(".json"), json.dumps(told))
    file.unlink()


class Known:
    """A recogniser that knows the words of pages that were read ahead; all others it asks.

    Args:
        folder: with the words.
        other: the recogniser that read them.
    """

    def __init__(self, folder: Path, other: Recogniser) -> None:
        self._folder, self._other = folder, other
        self.english_only = other.english_only

    def words(self, audio: Float32, spans: Sequence[Span]) -> Iterator[Words]:
        """See ``Recogniser``."""
        file = self._folder / f"said-{_key(audio, spans)}.json"
        if not file.is_file():
            yield from self._other.words(audio, spans)
            return
        for told in json.loads(file.read_text(encoding="utf-8")):
            items = tuple(Word(text, Span(start, end), sure) for text, start, end, sure in told["items"])
            yield Words(items, told["language"])
