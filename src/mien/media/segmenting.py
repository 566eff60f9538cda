"""Any input to segments: which way it is read follows from what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.media.written import is_text, sentence_segments, text_file_segments
from mien.types import Clip, Cut, Segment, Span, Words

if TYPE_CHECKING:
    from mien.media.cut import CutSettings
    from mien.media.speech import Recogniser

Progress = Callable[[float, float], None]


class Segmenter:
    """Cuts clips; keeps speech recognition loaded from one to the next.

    Args:
        asr: speech recognition: "tiny.en", "base", "off", a folder, or the name of a hub model.
        settings: how to cut; ``None`` for the defaults.
    """

    def __init__(self, asr: str = "tiny.en", settings: CutSettings | None = None) -> None:
        self._asr = asr
        self._settings = settings
        self._recogniser: Recogniser | None = None

    def segments(
        self,
        clip: Clip,
        subtitles: str | Path | None,
        warn: Callable[[str], None],
        progress: Progress | None = None,
    ) -> Cut:
        """What the clip is cut into.

        Args:
            clip: names one file at most; without any, its text is read.
            subtitles: an .srt or .vtt file with the words of a video or a sound.
            warn: told in plain sentences what was missing.
            progress: told (seconds done, seconds in all; 0 when unknown).

        Raises:
            InputError: the file cannot be read, or does not go with words or subtitles.
        """
        path = clip.video or clip.audio or clip.image
        if path is None:
            return Cut(sentence_segments(clip.text or ""))
        if is_text(path) and path.is_file():
            if clip.text is not None or subtitles is not None:
                raise InputError(f"'{path}' is text itself; name a video, a sound or a picture, or leave the words out")
            return Cut(text_file_segments(path))
        return self._media(clip, path, subtitles, warn, progress)

    def _media(
        self,
        clip: Clip,
        path: Path,
        subtitles: str | Path | None,
        warn: Callable[[str], None],
        progress: Progress | None,
    ) -> Cut:
        # What reads media is slow to import, and words need none of it.
        from mien.media.cut import CutSettings, cut
        from mien.media.open import probe
        from mien.media.speech import recogniser
        from mien.media.subtitles import read_subtitles

        info = probe(path)
        settings = self._settings or CutSettings()
        if info.kind == "image":
            if subtitles is not None:
                raise InputError(f"'{path}' is a picture, which has no time for subtitles; give the words as text")
            picture = replace(clip, video=None, audio=None, image=path)
            still = cut(picture, settings, None, warn)
            return replace(still, segments=_with_words(still.segments, clip.text))
        words = read_subtitles(Path(subtitles)) if subtitles is not None else None
        if self._recogniser is None:
            self._recogniser = recogniser(self._asr)

        def follow(done: float) -> None:
            if progress is not None:
                progress(done, info.duration)

        found = cut(clip, settings, self._recogniser, warn, follow, words)
        return found if clip.span is None else replace(found, segments=_inside(found.segments, clip.span))


def _inside(segments: Iterator[Segment], span: Span) -> Iterator[Segment]:
    """Those that share time with the span; what comes after it is not read any more."""
    early = takewhile(lambda s: s.span.start < span.end, segments)
    return (s for s in early if s.span & span is not None)


def _with_words(stills: Iterator[Segment], text: str | None) -> Iterator[Segment]:
    """Known words of a picture go to the face in it; with several faces or none, nobody knows who said them."""
    from mien.media.subtitles import spread

    segments = list(stills)
    words = Words(tuple(spread(text or "", Span(0.0, 0.0)))) if (text or "").strip() else None
    if words is None:
        return iter(segments)
    if len(segments) == 1:
        return iter([replace(segments[0], words=words)])
    return iter([Segment(Span(0.0, 0.0), words=words), *segments])
