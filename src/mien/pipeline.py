"""Clip to timeline: the only place that names all stages in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.bundle.answer import single
from mien.emotions import expected
from mien.explain import contributions
from mien.explain.question import Moment
from mien.media.segmenting import Progress, Segmenter
from mien.media.written import clip_of
from mien.person import Baseline
from mien.runtime import threads
from mien.timeline import Prediction, Timeline, best, mean
from mien.types import Clip, Modality, Segment, Track

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.media.cut import CutSettings

Watch = Callable[[Moment, Prediction], None]
People = dict[tuple[Modality, str | None], Baseline]


class Analyzer:
    """Reads clips with one bundle; keeps its models loaded from one clip to the next.

    Args:
        bundle: a shipped bundle ("research", "open") or the folder of one.
        asr: speech recognition: "tiny.en", "base", "off", a folder, or the name of a hub model.
        settings: how to cut; ``None`` for the defaults.
        task: which of the bundle's tasks to answer; ``None`` for the first that is answered with one label.

    Raises:
        InputError: no such bundle, or no such task in it.
    """

    def __init__(
        self,
        bundle: str | Path = "research",
        asr: str = "tiny.en",
        settings: CutSettings | None = None,
        task: str | None = None,
    ) -> None:
        from mien.bundle.bundle import Bundle

        threads.own()
        self.bundle: Bundle = Bundle.load(bundle)
        self.task = single(self.bundle.tasks, task)
        self._segmenter = Segmenter(asr, settings)

    def analyze(
        self,
        source: str | Path | Clip | None = None,
        *,
        text: str | None = None,
        subtitles: str | Path | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> Timeline:
        """The timeline of expressed emotion, or of what else the task is.

        Args:
            source: video, sound, picture, .txt, .srt or .vtt; ``None`` with ``text`` alone. Of a ``Clip`` with a span,
                the segments that share time with it are answered.
            text: the words said, instead of speech recognition.
            subtitles: an .srt or .vtt file with the words and their times, instead of speech recognition.
            progress: told (seconds done, seconds in all; 0 when unknown).
            watch: told what was seen and answered, segment by segment, so that it can be explained.

        Raises:
            InputError: the input cannot be used; the message says why.
        """
        warnings: list[str] = []
        clip = clip_of(source, text, subtitles)
        cut = self._segmenter.segments(clip, subtitles, warnings.append, progress)
        segments = _with_context(cut.segments, max(e.context for e in self.bundle.encoders.values()))
        people: People = {}
        predictions = tuple(p for s in segments if (p := self._predict(s, people, warnings, watch)) is not None)
        if cut.faces and "face" in self.bundle.encoders:
            predictions = tuple(p if "face" in p.shares else _because(p, "no_face") for p in predictions)
        duration = max([cut.duration, *(p.span.end for p in predictions)])
        return _timeline(clip.id, duration, self.bundle, self.task.name, predictions, warnings)

    def _tracks(self, segment: Segment, people: People) -> dict[Modality, Track]:
        """What each encoder reads in the segment; relative to the person as the clip has shown them so far."""
        found = {m: t for m, e in self.bundle.encoders.items() if (t := e.prepare(segment)) is not None}
        for modality, population in self.bundle.populations.items():
            if modality in found:
                # Who cannot be told apart counts as one person: most sounds without pictures are of one voice.
                usual = people.setdefault((modality, segment.who), Baseline(population.strength))
                usual.observe(found[modality].values)
                found[modality] = replace(found[modality], values=usual.normalise(found[modality].values))
        return found

    def _predict(
        self, segment: Segment, people: People, warnings: list[str], watch: Watch | None = None
    ) -> Prediction | None:
        encoders, tracks = self.bundle.encoders, self._tracks(segment, people)
        unread = []
        if segment.words is not None and "text" in encoders and "text" not in tracks:
            unread.append("other_language")
            _once(warnings, "some words are not in a language the text model knows (English); they were left out")
        if not tracks:
            return None
        answer = self.bundle.answer(tracks)
        labels, task = self.task.labels, self.task.name
        scores = dict(zip(labels, map(float, answer.scores[task]), strict=True))
        valence, arousal = expected(scores, self.bundle.positions)
        label = best(scores)
        values = {s: float(found[task][labels.index(label)]) for s, found in answer.subsets.items()}
        contributed = contributions.contributions(values)
        prediction = Prediction(
            span=segment.span,
            who=segment.who,
            text=segment.words.text if segment.words is not None else "",
            label=label,
            scores=scores,
            valence=valence,
            arousal=arousal,
            shares=contributions.shares(contributed),
            opinions={m: dict(zip(labels, map(float, o[task]), strict=True)) for m, o in answer.opinions.items()},
            quality={
                m: dict(zip(encoders[m].quality_names, map(float, t.quality), strict=True)) for m, t in tracks.items()
            },
            contributions=contributed,
            interactions=contributions.interactions(values),
            label_set=answer.label_sets[task],
            uncertain=task in answer.uncertain,
            reasons=(*(["low_confidence"] if task in answer.uncertain else ()), *answer.reasons, *unread),
        )
        if watch is not None:
            watch(Moment(segment, tracks, answer, self._again(people, segment.who), self.task), prediction)
        return prediction

    def _again(self, people: People, who: str | None) -> Callable[[Modality, Segment], Track | None]:
        """Prepares as now, relative to what is known of the person by now."""
        usual = {m: deepcopy(people[m, who]) for m in self.bundle.populations if (m, who) in people}

        def prepare(modality: Modality, segment: Segment) -> Track | None:
            track = self.bundle.encoders[modality].prepare(segment)
            if track is None or modality not in usual:
                return track
            return replace(track, values=usual[modality].normalise(track.values))

        return prepare


def analyze(
    source: str | Path | Clip | None = None,
    *,
    text: str | None = None,
    subtitles: str | Path | None = None,
    bundle: str | Path = "research",
    asr: str = "tiny.en",
    task: str | None = None,
    progress: Progress | None = None,
) -> Timeline:
    """The timeline of one clip; see ``Analyzer``, which is the better choice for many clips."""
    return Analyzer(bundle, asr, task=task).analyze(source, text=text, subtitles=subtitles, progress=progress)


def _with_context(segments: Iterator[Segment], reach: int) -> Iterator[Segment]:
    """Each segment with the ``reach`` utterances before it, as "speaker: text", as manifests of dialogues give them."""
    said: deque[str] = deque(maxlen=reach)
    for segment in segments:
        yield replace(segment, context=tuple(said)) if reach else segment
        if segment.words is not None and segment.words.text:
            said.append(f"{segment.who}: {segment.words.text}" if segment.who else segment.words.text)


def _timeline(
    source: str, duration: float, bundle: Bundle, task: str, predictions: tuple[Prediction, ...], warnings: list[str]
) -> Timeline:
    scores = mean(predictions)
    if not predictions:
        _once(warnings, "nothing was found that can be read")
    valence, arousal = expected(scores, bundle.positions)
    label = best(scores) if scores else None
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
        task,
        bundle.notices,
    )


def _because(p: Prediction, reason: str) -> Prediction:
    return replace(p, reasons=(*p.reasons, reason))


def _once(warnings: list[str], line: str) -> None:
    if line not in warnings:
        warnings.append(line)
