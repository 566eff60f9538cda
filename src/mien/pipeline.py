"""Turns a clip into a timeline. This is the only place that names all stages in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.bundle.answer import Answer, single
from mien.encoders._front.signs import says_something
from mien.errors import InputError, explain, of_the_clip
from mien.events import Answered, Event, Finished, Heard, Notice, Partial, Progress, Skipped, Work, finish
from mien.explain.kept import Kept, Meanwhile
from mien.explain.predicted import predicted
from mien.explain.question import Moment
from mien.explain.tracked import with_tracks
from mien.explain.whole import whole
from mien.media.segmenting import Closed, Found, Glimpse, Opened, Segmenter, with_context
from mien.media.sources import Source, name_of
from mien.person import People, Usual
from mien.timeline import Prediction, Timeline
from mien.trust.prior import EVEN
from mien.types import Clip, Modality, Segment, Track

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.bundle.encoded import EncodedTracks
    from mien.media.cut import CutSettings


class Analyzer:
    """Analyzes clips with one bundle, and keeps its models loaded between clips.

    Args:
        bundle: a shipped bundle ("research", "open") or the folder of a bundle.
        asr: speech recognition: "auto" (many languages: "base" where it is installed, else "tiny.en"), "tiny.en" (English only,
            faster), "base", "off", a folder, or the name of a hub model.
        settings: how to cut; ``None`` for the defaults.
        task: the task of the bundle to answer; ``None`` for the first task that is answered with one label.
        prior: the share of each label that answers expect: "even", "talk", or shares such as "neutral=0.6"; see
            ``mien.trust.prior``.
        tracks: whether answers hold their curves, the places of the face and portraits.

    Raises:
        InputError: there is no such bundle, it has no such task, or the prior does not fit its labels.
    """

    def __init__(
        self,
        bundle: str | Path = "research",
        asr: str = "auto",
        settings: CutSettings | None = None,
        task: str | None = None,
        prior: str = EVEN,
        tracks: bool = True,
    ) -> None:
        from mien.bundle.bundle import Bundle

        self.bundle: Bundle = Bundle.load(bundle).expecting(prior)
        self.task = single(self.bundle.tasks, task)
        self._tracks = tracks
        self._segmenter = Segmenter(asr, settings)
        self._sounds = Segmenter("off", settings)

    def stream(
        self,
        source: Source | None = None,
        *,
        text: str | None = None,
        subtitles: str | Path | None = None,
        known: People | None = None,
    ) -> Work[Timeline]:
        """Reads a clip and yields events as soon as they are known: progress, words, answers, notices, the end.

        With a person baseline, an answer is relative to what the clip has shown of the person so far. The timeline at the end
        holds the answers again, relative to the whole clip. Closing the generator ends its threads and closes its files.

        Args:
            source: the path of a video, a sound, a picture, a .txt file or subtitles; bytes or an open file; arrays; or pieces
                that still come in. See ``mien.media.sources``. It is ``None`` when only ``text`` is given. For a ``Clip``
                with a span, only the segments that overlap the span are answered.
            text: the words said; they replace speech recognition.
            subtitles: an .srt, .vtt, .ass or .ssa file with the words and their times, or "embedded" for those inside the
                video; they replace speech recognition.
            known: what is usual for the one person of the clip, from this clip and others (see ``observe``). It replaces what
                the clip shows.

        Yields:
            ``mien.events``: ``Heard`` and ``Answered`` in order of time, then ``Finished``.

        Returns:
            The timeline, which ``Finished`` carries too.

        Raises:
            InputError: the source cannot be used; the message says why.
        """
        clip, told, predictions = Opened(""), list(self.bundle.notices), list[Prediction]()
        read = Meanwhile(known or {}, fixed=known is not None)
        yield from self.bundle.notices
        reach = max(e.context for e in self.bundle.encoders.values())
        with closing(self._segmenter.read(source, text, None if subtitles is None else Path(subtitles))) as reading:
            for event in self._events(with_context(reading, reach), read):
                if isinstance(event, Opened):
                    clip = event
                    continue
                if isinstance(event, Answered) and (read.fixed or not read.people):
                    predictions.append(event.prediction)  # others are answered again at the end
                elif isinstance(event, Notice):
                    if event in told:
                        continue
                    told.append(event)
                yield event
        if not predictions and not read.moments:
            told.append(Notice("nothing_found"))
            yield told[-1]
        revised = self._revised(read) if read.people and not read.fixed else predictions
        timeline = whole(self.bundle, self.task, clip, revised, told, read.portraits)
        yield Finished(timeline, {} if read.fixed else read.people)
        return timeline

    def analyze(
        self, source: Source | None = None, *, text: str | None = None, subtitles: str | Path | None = None
    ) -> Timeline:
        """The timeline of expressed emotion, or of another task; see ``stream``.

        Raises:
            InputError: the source cannot be used; the message says why.
        """
        return finish(self.stream(source, text=text, subtitles=subtitles))

    def analyze_many(self, sources: Iterable[Source]) -> Iterator[Timeline | Skipped]:
        """Yields one timeline for each source. A clip that cannot be read gives ``Skipped`` with the reason.

        Raises:
            InputError: ``sources`` is one path, clip or file.
        """
        if isinstance(sources, str | os.PathLike | Clip | bytes):
            raise InputError("analyze_many takes a list of clips; for one clip call analyze")
        for source in sources:
            try:
                yield self.analyze(source)
            except Exception as error:
                if not of_the_clip(error):
                    raise
                yield Skipped(name_of(source), explain(error))

    def _events(self, reading: Iterable[Found], read: Meanwhile) -> Iterator[Opened | Event]:
        """The same items with the events of each segment in its place."""
        clip = Opened("")
        for found in reading:
            if isinstance(found, Segment):
                yield from self._answer(found, clip, read)
                continue
            if isinstance(found, Glimpse):
                yield from self._so_far(found.segment, clip, read)
                continue
            if isinstance(found, Opened | Closed):
                clip = found if isinstance(found, Opened) else replace(clip, duration=found.duration)
            yield clip if isinstance(found, Closed) else found

    def _answer(self, segment: Segment, clip: Opened, read: Meanwhile) -> Iterator[Event]:
        """The events of one segment: its words, notices and its answer."""
        if segment.words is not None and segment.words.text:
            yield Heard(segment.words, segment.who)
        found, missing = self._prepared(segment, clip)
        if "other_language" in missing:
            yield Notice("other_language")
        if not found:
            return
        who = None if read.fixed else segment.who
        rows = {m: t for m, t in found.items() if m in self.bundle.populations}
        if not read.fixed:
            self._learn(rows, who, read.people)
        tracks = {m: self._relative(m, t, who, read.people) for m, t in found.items()}
        encoded = self.bundle.encoded(tracks)
        answer = self.bundle.answer_to(encoded)
        tracked = read.track(self.bundle, segment) if self._tracks else None
        light = replace(segment, audio=None, frames=None, features={})
        kept = Kept(light, rows, {m: e for m, e in encoded.items() if m not in rows}, missing, tracked)
        if self.bundle.populations:
            read.keep(kept)
        moment = Moment(segment, tracks, answer, self._again(read.people, who), self.task)
        yield Answered(self._predicted(kept, answer, encoded, who, read.people), moment)

    def _so_far(self, segment: Segment, clip: Opened, read: Meanwhile) -> Iterator[Event]:
        """The answer so far about a segment that goes on. Nothing is kept of it, and nothing is learned from it."""
        (found, missing), who = self._prepared(segment, clip), None if read.fixed else segment.who
        if not found:
            return
        people = {key: deepcopy(usual) for key, usual in read.people.items() if key[1] == who}
        if not read.fixed:
            # The answer at the end counts what the segment itself shows of the person, too.
            self._learn({m: t for m, t in found.items() if m in self.bundle.populations}, who, people)
        encoded = self.bundle.encoded({m: self._relative(m, t, who, people) for m, t in found.items()}, read.states)
        yield Partial(predicted(self.bundle, self.task, segment, self.bundle.answer_to(encoded), encoded, missing))

    def _prepared(self, segment: Segment, clip: Opened) -> tuple[dict[Modality, Track], tuple[str, ...]]:
        """The tracks of a segment, and reasons for what is missing that the bundle does not know."""
        encoders, words = self.bundle.encoders, segment.words
        found = {m: t for m, e in encoders.items() if (t := e.prepare(segment)) is not None}
        unread = words is not None and "text" in encoders and "text" not in found and says_something(words)
        faceless = clip.faces and "face" in encoders and "face" not in found
        return found, tuple(reason for reason, lacks in (("other_language", unread), ("no_face", faceless)) if lacks)

    def _predicted(
        self, kept: Kept, answer: Answer, encoded: Mapping[Modality, EncodedTracks], who: str | None, people: People
    ) -> Prediction:
        found = predicted(self.bundle, self.task, kept.segment, answer, encoded, kept.missing)
        if kept.tracked is None:
            return found
        return with_tracks(
            found, self.bundle, self.task, encoded, kept.tracked, lambda t: self._relative("voice", t, who, people)
        )

    def observe(self, clip: Path, people: People, heard: Callable[[Segment], object] | None = None) -> Work[None]:
        """Adds what the sound of a clip shows of its one person to ``people`` (see ``stream``). ``heard`` gets each segment.

        A clip that cannot be used raises an ``InputError``, whose message says why.
        """
        if "voice" not in self.bundle.populations:
            return
        encoder = self.bundle.encoders["voice"]
        with closing(self._sounds.read(Clip(clip.name, audio=clip))) as reading:
            for found in reading:
                if isinstance(found, Progress):
                    yield found
                elif isinstance(found, Segment) and (track := encoder.prepare(found)) is not None:
                    self._learn({"voice": track}, None, people)
                    if heard is not None:
                        heard(found)

    def _learn(self, rows: Mapping[Modality, Track], who: str | None, people: People) -> None:
        for m, track in rows.items():
            usual = people.setdefault((m, who), Usual(self.bundle.populations[m].strength))
            usual.observe(track.values)

    def _relative(self, modality: Modality, track: Track, who: str | None, people: People) -> Track:
        """A track of the bundle's encoder, relative to what is usual for the person where the modality has a baseline."""
        population = self.bundle.populations.get(modality)
        if population is None:
            return track
        usual = people.get((modality, who)) or Usual(population.strength)
        return replace(track, values=usual.normalise(track.values))

    def _revised(self, read: Meanwhile) -> list[Prediction]:
        """The answers again, relative to all that is known of each person now."""
        found = []
        for kept in read.kept:
            who = kept.segment.who
            again = {m: self._relative(m, t, who, read.people) for m, t in kept.rows.items()}
            encoded = {**self.bundle.encoded(again), **kept.encoded}
            ordered = {m: encoded[m] for m in self.bundle.modalities if m in encoded}
            found.append(self._predicted(kept, self.bundle.answer_to(ordered), ordered, who, read.people))
        return found

    def revised(self, moment: Moment, people: People) -> Moment:
        """A moment of a clip, relative to what the whole clip has shown; ``people`` come with ``Finished``."""
        who = moment.segment.who
        if not any((m, who) in people for m in self.bundle.populations):
            return moment
        prepare = self._again(people, who)
        found = {m: prepare(m, moment.segment) if m in self.bundle.populations else t for m, t in moment.tracks.items()}
        tracks = {m: t for m, t in found.items() if t is not None}
        return replace(moment, tracks=tracks, answer=self.bundle.answer(tracks), prepare=prepare)

    def _again(self, people: People, who: str | None) -> Callable[[Modality, Segment], Track | None]:
        """A function that makes tracks as now, relative to what is known about the person now."""
        known = {(m, who): deepcopy(people[m, who]) for m in self.bundle.populations if (m, who) in people}

        def prepare(modality: Modality, segment: Segment) -> Track | None:
            track = self.bundle.encoders[modality].prepare(segment)
            return None if track is None else self._relative(modality, track, who, known)

        return prepare


def analyze(
    source: Source | None = None,
    *,
    text: str | None = None,
    subtitles: str | Path | None = None,
    bundle: str | Path = "research",
    asr: str = "auto",
    task: str | None = None,
) -> Timeline:
    """The timeline of one clip. For many clips, ``Analyzer`` is faster, because it keeps its models loaded.

    Args:
        source, text, subtitles: see ``Analyzer.stream``.
        bundle, asr, task: see ``Analyzer``.

    Raises:
        InputError: the source, the bundle or the task cannot be used; the message says why.
    """
    return Analyzer(bundle, asr, task=task).analyze(source, text=text, subtitles=subtitles)
