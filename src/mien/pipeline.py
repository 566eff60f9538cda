"""Clip to timeline: the only place that names all stages in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien import threads
from mien.circumplex import expected
from mien.errors import InputError
from mien.types import Clip, Modality, Prediction, Segment, Span, Timeline, Track, Word, Words

if TYPE_CHECKING:
    from mien.bundle import Bundle
    from mien.media.cut import CutSettings
    from mien.media.speech import Recogniser

Progress = Callable[[float, float], None]
_READING = 0.4  # seconds a word of a text without times is taken to last
_SUBTITLES = (".srt", ".vtt")


class Analyzer:
    """Reads clips with one bundle; keeps its models loaded from one clip to the next.

    Args:
        bundle: a shipped bundle ("research", "open") or the folder of one.
        asr: speech recognition: "tiny.en", "base", "off", a folder, or the name of a hub model.
        settings: how to cut; ``None`` for the defaults.

    Raises:
        InputError: no such bundle.
    """

    def __init__(
        self, bundle: str | Path = "research", asr: str = "tiny.en", settings: CutSettings | None = None
    ) -> None:
        from mien.bundle import Bundle

        threads.own()
        self.bundle: Bundle = Bundle.load(bundle)
        self._settings = settings
        self._asr = asr
        self._recogniser: Recogniser | None = None

    def analyze(
        self,
        source: str | Path | Clip | None = None,
        *,
        text: str | None = None,
        subtitles: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Timeline:
        """The timeline of expressed emotion.

        Args:
            source: video, sound, picture, .txt, .srt or .vtt; ``None`` with ``text`` alone.
            text: the words said, instead of speech recognition.
            subtitles: an .srt or .vtt file with the words and their times, instead of speech recognition.
            progress: told (seconds done, seconds in all; 0 when unknown).

        Raises:
            InputError: the input cannot be used; the message says why.
        """
        warnings: list[str] = []
        name, duration, segments = self._open(source, text, subtitles, warnings, progress)
        predictions = tuple(p for s in segments if (p := self._predict(s, warnings)) is not None)
        duration = max([duration, *(p.span.end for p in predictions)])
        return _timeline(name, duration, self.bundle, predictions, warnings)

    def _open(
        self,
        source: str | Path | Clip | None,
        text: str | None,
        subtitles: str | Path | None,
        warnings: list[str],
        progress: Progress | None,
    ) -> tuple[str, float, Iterator[Segment]]:
        if source is None:
            if text is None or not text.strip():
                raise InputError("there is nothing to analyse: name a file, or give --text")
            return "text", 0.0, _sentence_segments(text)
        if not isinstance(source, Clip):
            path = Path(source)
            if path.suffix.lower() in (".txt", *_SUBTITLES) and path.is_file():
                return path.name, 0.0, _text_file_segments(path)
        return self._open_media(source, text, subtitles, warnings, progress)

    def _open_media(
        self,
        source: str | Path | Clip,
        text: str | None,
        subtitles: str | Path | None,
        warnings: list[str],
        progress: Progress | None,
    ) -> tuple[str, float, Iterator[Segment]]:
        from mien.media.cut import CutSettings, cut
        from mien.media.open import probe
        from mien.media.speech import recogniser
        from mien.media.subtitles import read_subtitles

        clip = source if isinstance(source, Clip) else Clip(Path(source).name)
        path = Path(source) if not isinstance(source, Clip) else clip.video or clip.audio or clip.image
        if path is None:
            return clip.id, 0.0, _sentence_segments(clip.text or "")
        info = probe(path)
        if not isinstance(source, Clip):
            clip = _clip(path, info.kind)
        if text is not None:
            clip = replace(clip, text=text)
        words = read_subtitles(Path(subtitles)) if subtitles is not None else None
        if self._recogniser is None:
            self._recogniser = recogniser(self._asr)

        def follow(done: float) -> None:
            if progress is not None:
                progress(done, info.duration)

        settings = self._settings or CutSettings()
        return path.name, info.duration, cut(clip, settings, self._recogniser, warnings.append, follow, words)

    def _tracks(self, segment: Segment) -> dict[Modality, Track]:
        found = {m: e.prepare(segment) for m, e in self.bundle.encoders.items()}
        return {m: t for m, t in found.items() if t is not None}

    def _predict(self, segment: Segment, warnings: list[str]) -> Prediction | None:
        encoders, tracks = self.bundle.encoders, self._tracks(segment)
        if segment.words is not None and "text" in encoders and "text" not in tracks:
            _once(warnings, "some words are not in a language the text model knows (English); they were left out")
        if not tracks:
            return None
        answer = self.bundle.answer(tracks)
        labels = next(t.labels for t in self.bundle.tasks if t.name == "emotion")
        scores = dict(zip(labels, map(float, answer.scores["emotion"]), strict=True))
        valence, arousal = expected(scores, self.bundle.positions)
        return Prediction(
            span=segment.span,
            who=segment.who,
            text=segment.words.text if segment.words is not None else "",
            label=_best(scores),
            scores=scores,
            valence=valence,
            arousal=arousal,
            shares=answer.weights,
            opinions={m: dict(zip(labels, map(float, o["emotion"]), strict=True)) for m, o in answer.opinions.items()},
            quality={
                m: dict(zip(encoders[m].quality_names, map(float, t.quality), strict=True)) for m, t in tracks.items()
            },
        )


def analyze(
    source: str | Path | Clip | None = None,
    *,
    text: str | None = None,
    subtitles: str | Path | None = None,
    bundle: str | Path = "research",
    asr: str = "tiny.en",
) -> Timeline:
    """The timeline of one clip; see ``Analyzer``, which is the better choice for many clips."""
    return Analyzer(bundle, asr).analyze(source, text=text, subtitles=subtitles)


def _clip(path: Path, kind: str) -> Clip:
    parts = {part: path if part == kind else None for part in ("video", "audio", "image")}
    return Clip(path.name, parts["video"], parts["audio"], parts["image"])


def _text_file_segments(path: Path) -> Iterator[Segment]:
    from mien.media.subtitles import read_subtitles, read_text

    if path.suffix.lower() not in _SUBTITLES:
        return _sentence_segments(read_text(path))
    return map(_worded, _utterances(read_subtitles(path)))


def _sentence_segments(text: str) -> Iterator[Segment]:
    """One segment per sentence; a text has no times, so an even reading pace stands in for them."""
    from mien.media.subtitles import sentences, spread

    at, segments = 0.0, []
    for sentence in sentences(text):
        end = at + _READING * max(1, len(sentence.split()))
        segments.append(_worded(spread(sentence, Span(at, end))))
        at = end
    return iter(segments)


def _utterances(words: Words) -> Iterator[list[Word]]:
    """Subtitle words in runs: ended by a pause of half a second, a full stop, or 10 seconds."""
    run: list[Word] = []
    for word in words.items:
        if run and _ends(run, word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _ends(run: Sequence[Word], word: Word) -> bool:
    pause = word.span.start - run[-1].span.end > 0.5
    return pause or run[-1].text[-1:] in ".!?。！？" or word.span.end - run[0].span.start > 10.0


def _worded(words: Sequence[Word]) -> Segment:
    return Segment(words[0].span | words[-1].span, None, Words(tuple(words)))


def _timeline(
    source: str, duration: float, bundle: Bundle, predictions: tuple[Prediction, ...], warnings: list[str]
) -> Timeline:
    scores = _mean_scores(predictions)
    if not predictions:
        _once(warnings, "nothing was found that shows an emotion")
    valence, arousal = expected(scores, bundle.positions) if scores else (None, None)
    label = _best(scores) if scores else None
    found = tuple(sorted(predictions, key=lambda p: (p.span, p.who or "")))
    return Timeline(
        source,
        duration,
        bundle.name,
        bundle.sha256,
        found,
        label,
        scores,
        valence,
        arousal,
        tuple(warnings),
        bundle.notes,
    )


def _mean_scores(predictions: Sequence[Prediction]) -> dict[str, float]:
    """Mean over segments, weighted by duration; a still counts as a tenth of a second."""
    if not predictions:
        return {}
    weights = [max(p.span.duration, 0.1) for p in predictions]
    return {
        label: sum(w * p.scores[label] for w, p in zip(weights, predictions, strict=True)) / sum(weights)
        for label in predictions[0].scores
    }


def _best(scores: Mapping[str, float]) -> str:
    return max(scores, key=lambda label: scores[label])


def _once(warnings: list[str], line: str) -> None:
    if line not in warnings:
        warnings.append(line)
