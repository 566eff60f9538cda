"""Written words to segments: sentences of a text, utterances of subtitles."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.errors import InputError
from mien.media.subtitles import read_subtitles, read_text, sentences, spread
from mien.types import Clip, Segment, Span, Word, Words

SUBTITLES = (".srt", ".vtt")
_PACE = 0.4  # seconds a word of a text without times is taken to last
_LONGEST = 40  # words; the text encoder reads about so many at once
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


def text_file_segments(path: Path) -> Iterator[Segment]:
    """Segments of a .txt, .srt or .vtt file.

    Raises:
        InputError: if it cannot be read.
    """
    if path.suffix.lower() not in SUBTITLES:
        return sentence_segments(read_text(path))
    return map(_segment, _utterances(read_subtitles(path).items))


def sentence_segments(text: str) -> Iterator[Segment]:
    """A segment per sentence; very long ones in parts. A text has no times: an even pace of reading stands in for them."""
    at = 0.0
    for sentence in sentences(text):
        for part in _parts(sentence.split()):
            end = at + _PACE * len(part)
            yield _segment(spread(" ".join(part), Span(at, end)))
            at = end


def _parts(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """About equally long parts of at most ``_LONGEST`` words, so that no end is cut off."""
    count = -(-len(words) // _LONGEST)
    edges = np.linspace(0, len(words), count + 1).round().astype(int)
    return (words[start:end] for start, end in pairwise(edges))


def _utterances(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Subtitle words in runs: ended by a pause, by the end of a sentence, or by their length."""
    first = 0
    for index, (word, following) in enumerate(pairwise(words), start=1):
        pause = following.span.start - word.span.end > _PAUSE
        long = following.span.end - words[first].span.start > _UTTERANCE or index - first >= _LONGEST
        if pause or long or word.text[-1:] in ".!?。！？":
            yield words[first:index]
            first = index
    if words:
        yield words[first:]


def _segment(words: Sequence[Word]) -> Segment:
    return Segment(words[0].span | words[-1].span, None, Words(tuple(words)))
