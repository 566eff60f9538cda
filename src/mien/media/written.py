"""Turns written words into segments: sentences of a text, and utterances of subtitles."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from mien.errors import InputError
from mien.events import Notice
from mien.media.subtitles import SUBTITLES, Said, read_subtitles
from mien.media.text.files import read_text
from mien.media.text.words import LONGEST, ends_sentence, language_of, pace, parts, pieces, sentences, spread_as
from mien.types import UNSPACED, Clip, Segment, Span, Word, Words

_LARGEST = 20_000_000  # bytes
_PAUSE = 0.5  # seconds; a longer time without a word ends an utterance
_UTTERANCE = 10.0  # seconds; the longest utterance


def clip_of(source: str | os.PathLike[str] | Clip | None, text: str | None, subtitles: Path | None) -> Clip:
    """A ``Clip`` for whatever was given. A path becomes its ``video``; the kind of the file is found out when it is opened.

    Raises:
        InputError: there are words twice, several files, or nothing at all.
    """
    if text is not None and subtitles is not None:
        raise InputError("there are words twice; give a text or subtitles, not both")
    if source is None and subtitles is not None:
        raise InputError("subtitles go with a video or a sound; to read the subtitles alone, name them as the file")
    if isinstance(source, Clip):
        clip = source if text is None else replace(source, text=text)
    elif source is None:
        clip = Clip("text", text=text)
    else:
        clip = Clip(Path(source).name, video=Path(source), text=text)
    if clip.text is not None:
        clip = replace(clip, text=_sound_text(clip.text))
    files = [f for f in (clip.video, clip.audio, clip.image) if f is not None]
    if len(files) > 1:
        raise InputError("pictures and sound lie in several files; join them into one video first")
    if not files and not (clip.text or "").strip():
        raise InputError("there is nothing to analyse: name a file, or give --text")
    return replace(clip, id=_sound_text(clip.id))


def _sound_text(text: str) -> str:
    """The text without lone surrogates. They stand for bytes that are not text, and cannot be written to a file."""
    return text.encode("utf-8", "replace").decode("utf-8")


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
    return chain(text.notices, sentence_segments(text.content))


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
    """One segment for each utterance. It ends at a pause, at the end of a sentence, at a new speaker, or when it is long."""
    words: list[Word] = []
    before: Said | None = None
    for part in said:
        if before is not None and words and _apart(before, part):
            yield _segment(Words(tuple(words), before.words.language), before.who)
            words = []
        for word in part.words.items:
            if words and _ended(words, word, part.words.language):
                yield _segment(Words(tuple(words), part.words.language), part.who)
                words = []
            words.append(word)
        before = part
    if before is not None and words:
        yield _segment(Words(tuple(words), before.words.language), before.who)


def _apart(before: Said, part: Said) -> bool:
    """Whether the speaker or the language changes. For speakers without a name, only the marks in the file tell."""
    marked = part.new and part.who is None
    return marked or before.who != part.who or before.words.language != part.words.language


def _ended(words: Sequence[Word], word: Word, language: str | None) -> bool:
    """Whether the utterance ends before the next word."""
    pause = word.span.start - words[-1].span.end > _PAUSE
    long = word.span.end - words[0].span.start > _UTTERANCE or len(words) >= LONGEST
    return pause or long or ends_sentence(words[-1].text, language)


def _segment(words: Words, who: str | None = None) -> Segment:
    return Segment(words.items[0].span | words.items[-1].span, who, words)
