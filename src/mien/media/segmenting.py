"""Turns any source into segments, in the way that its kind needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.events import Notice, Progress
from mien.media.sources import Feed, Given, Source, opened
from mien.media.text.words import spread
from mien.media.written import sentence_segments, text_file_segments, utterances
from mien.runtime import threads
from mien.types import Segment, Span

if TYPE_CHECKING:
    from collections.abc import Generator

    from mien.media.cut import CutSettings
    from mien.media.speech.recogniser import Recogniser
    from mien.media.subtitles import Subtitles


@dataclass(frozen=True)
class Opened:
    """What is known about a clip before its first segment.

    Attributes:
        name: of the clip.
        duration: seconds; 0 for text and pictures, and when the file does not say.
        faces: whether mien searches the clip for faces.
    """

    name: str
    duration: float = 0.0
    faces: bool = False


@dataclass(frozen=True)
class Closed:
    """What is known about a video or a sound when all of it was read.

    Attributes:
        duration: seconds; what a header said before may have been wrong.
    """

    duration: float


@dataclass(frozen=True)
class Glimpse:
    """What is known so far of a segment that is not over; see ``CutSettings.ongoing``. The segment itself comes later."""

    segment: Segment


Found = Opened | Segment | Glimpse | Progress | Notice | Closed
"""What a source yields: first ``Opened``, then segments in order of time, with progress and notices between them. For a video
or a sound that is read to its end, ``Closed`` comes last."""


class Segmenter:
    """Cuts clips, and keeps speech recognition loaded between them.

    Args:
        asr: speech recognition: "auto", "off", or the name of a model; see ``mien.media.speech.recogniser``.
        settings: how to cut; ``None`` for the defaults.
    """

    def __init__(self, asr: str = "auto", settings: CutSettings | None = None) -> None:
        self._asr = asr
        self._settings = settings
        self._recogniser: Recogniser | None = None
        self._instead: Notice | None = None  # that another recogniser had to take its place

    def read(self, source: Source | None, text: str | None = None, subtitles: Path | None = None) -> Generator[Found]:
        """Yields what the source is cut into. At most a page of it is held; closing the generator stops all work.

        Args:
            source: what to read; ``None`` when only ``text`` is given. If it is a ``Clip`` with a span, only segments that
                overlap the span are given, and nothing after the span is read.
            text: the words said.
            subtitles: a file of subtitles (.srt, .vtt, .ass or .ssa) with the words of a video or a sound; or the path
                "embedded" for those inside the video.

        Raises:
            InputError: the source cannot be read, or words or subtitles do not fit it.
        """
        threads.check_process()
        track = None if self._settings is None else self._settings.track
        with opened(source, text, subtitles, track) as given:
            if given.text_file is not None:
                yield Opened(given.clip.id)
                yield from text_file_segments(given.text_file)
            elif given.still is None and given.feed is None:
                yield Opened(given.clip.id)
                yield from sentence_segments(given.clip.text or "")
            else:
                with closing(self._media(given, subtitles)) as found:
                    yield from found

    def _media(self, given: Given, subtitles: Path | None) -> Generator[Found]:
        # The modules that read media are slow to import, and text does not need them.
        from mien.media.ahead.hearing import Known
        from mien.media.cut import CutSettings, cut
        from mien.media.speech.recogniser import recogniser as recogniser_of
        from mien.media.stills import cut_still

        if given.feed is None:
            yield Opened(given.clip.id, faces=True)
            yield from _with_words(cut_still(given.still), given.clip.text)
            return
        cues = None
        if subtitles is not None:
            known = _known(given.feed, subtitles)
            yield from known.notices
            cues = list(utterances(known.said))
        elif given.clip.text is None and given.feed.info.subtitles:
            yield Notice("subtitles_inside")
        if cues is None and given.clip.text is None and given.feed.info.has_audio:
            if self._recogniser is None:
                self._recogniser, self._instead = recogniser_of(self._asr)
            if self._instead is not None:
                yield self._instead
        recogniser = self._recogniser
        if given.feed.ahead is not None and recogniser is not None:
            recogniser = Known(given.feed.ahead, recogniser)
        found = cut(given.feed, given.clip, self._settings or CutSettings(), recogniser, cues)
        with closing(found):
            yield from found if given.clip.span is None else _inside(found, given.clip.span)


def _known(feed: Feed, subtitles: Path) -> Subtitles:
    """The words of a file of subtitles, or of those inside the video.

    Raises:
        InputError: there are none.
    """
    from mien.media.decoding.embedded import EMBEDDED, embedded_subtitles
    from mien.media.subtitles import read_subtitles, subtitles_of
    from mien.media.text.cues import styled_cues

    if subtitles != EMBEDDED:
        return read_subtitles(subtitles)
    if feed.path is None:
        raise InputError("only a file holds subtitles; give a file of subtitles")
    found = subtitles_of(styled_cues(embedded_subtitles(feed.path)), feed.path.name)
    if not found.said:
        raise InputError(f"the subtitles in '{feed.path}' hold no words; give a file of subtitles")
    return found


def _inside(found: Iterable[Found], span: Span) -> Iterator[Found]:
    """Everything found, without the segments that lie outside the span. It stops at the end of the span."""
    for item in found:
        if not isinstance(item, Segment):
            yield item
        elif item.span.start >= span.end:
            return
        elif item.span & span is not None:
            yield item


def _with_words(stills: Iterable[Segment | Notice], text: str | None) -> Iterator[Segment | Notice]:
    """Gives known words to the only face in a picture. With several faces or none, the words get their own segment."""
    found = list(stills)
    words = spread(text, Span(0.0, 0.0)) if text is not None and text.strip() else None
    segments = [item for item in found if isinstance(item, Segment)]
    yield from (item for item in found if isinstance(item, Notice))
    if words is None:
        yield from segments
    elif len(segments) == 1:
        yield replace(segments[0], words=words)
    else:
        yield Segment(Span(0.0, 0.0), words=words)
        yield from segments


def with_context(reading: Iterable[Found], reach: int) -> Iterator[Found]:
    """Gives each segment the ``reach`` utterances before it as "speaker: text", in the form of dialogue manifests."""
    said: deque[str] = deque(maxlen=reach)
    for found in reading:
        if not isinstance(found, Segment):
            yield found
            continue
        yield replace(found, context=tuple(said)) if reach else found
        if found.words is not None and found.words.text:
            said.append(f"{found.who}: {found.words.text}" if found.who else found.words.text)
