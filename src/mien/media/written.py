"""Written words to segments: sentences of a text, utterances of subtitles."""

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
_PAUSE = 0.5  # seconds without a word that end an utterance
_UTTERANCE = 10.0  # seconds


def clip_of(source: str | os.PathLike[str] | Clip | None, text: str | None, subtitles: Path | None) -> Clip:
    """One noun for whatever was given. What kind of file a path is, is seen when it is opened.

    Raises:
        InputError: words or files are given twice, or nothing is.
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
    """Bytes that are no text (in file names, in arguments) come as lone surrogates, which nothing can write out."""
    return text.encode("utf-8", "replace").decode("utf-8")


def is_text(path: Path) -> bool:
    """Whether a file is read as words rather than as media."""
    return path.suffix.lower() in (".txt", *SUBTITLES)


def text_file_segments(path: Path) -> Iterator[Segment | Notice]:
    """Segments of a text file or of subtitles, after the notices about what was guessed or could not be read.

    Raises:
        InputError: if it cannot be read.
    """
    if path.suffix.lower() in SUBTITLES:
        found = read_subtitles(path)
        return chain(found.notices, utterances(found.said))
    text = read_text(path, _LARGEST)
    return chain(text.notices, sentence_segments(text.content))


def sentence_segments(text: str) -> Iterator[Segment]:
    """A segment per sentence, several for a very long one. A text has no times: an even pace of reading stands in for them."""
    at = 0.0
    for sentence in sentences(text):
        language = language_of(sentence)
        for part in parts(pieces(sentence, language)):
            said = ("" if language in UNSPACED else " ").join(part)
            end = at + pace(language) * len(part)
            yield _segment(spread_as(said, Span(at, end), language))
            at = end


def utterances(said: Sequence[Said]) -> Iterator[Segment]:
    """A segment for each utterance of subtitles. It ends at a pause, with a sentence, with its speaker, or when it is long."""
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
    """Whether somebody else speaks, or in another language. Of speakers without a name only the marks of the file tell."""
    marked = part.new and part.who is None
    return marked or before.who != part.who or before.words.language != part.words.language


def _ended(words: Sequence[Word], word: Word, language: str | None) -> bool:
    """Whether an utterance ends before the next word."""
    pause = word.span.start - words[-1].span.end > _PAUSE
    long = word.span.end - words[0].span.start > _UTTERANCE or len(words) >= LONGEST
    return pause or long or ends_sentence(words[-1].text, language)


def _segment(words: Words, who: str | None = None) -> Segment:
    return Segment(words.items[0].span | words.items[-1].span, who, words)
