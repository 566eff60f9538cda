"""A clip to segments: utterances, and stretches with a face but no speech, on one clock, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import InputError
from mien.media.faces import Detector, LibFaceDetection, Sighting
from mien.media.open import MediaInfo, Picture, join, probe, stream
from mien.media.picture import read_image
from mien.media.speech import Recogniser, speech_spans
from mien.media.subtitles import spread
from mien.media.turns import by_person, face_only, frames_in, share_out, silences, sound_in, who_speaks, with_cues
from mien.media.watching import Watcher, faces_in
from mien.types import SAMPLE_RATE, Audio, Clip, Frames, Segment, Span, Word, Words

Warn = Callable[[str], None]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class CutSettings:
    """How to cut.

    Attributes:
        fps: pictures looked at per second.
        longest: longest utterance, seconds; longer ones are split at a pause.
        stretch: longest segment with a face and no speech, seconds.
        least: shortest such segment, seconds.
        page: seconds decided at a time; bounds the memory.
    """

    fps: float = 5.0
    longest: float = 10.0
    stretch: float = 5.0
    least: float = 0.6
    page: float = 30.0


def cut(
    clip: Clip,
    settings: CutSettings,
    recogniser: Recogniser | None,
    warn: Warn,
    progress: Progress | None = None,
    words: Words | None = None,
) -> Iterator[Segment]:
    """Segments in order of time. Nothing longer than a page is held.

    Every segment carries whichever of words, face and voice exist in its span; frames have times inside the span, sound is
    the span's own samples, and what is missing is ``None``. An utterance belongs to the person whose mouth moves most while
    it is said; the others in view get segments with a face alone. A still picture gives one segment of no duration per face.
    A clip of text alone gives one segment per sentence.

    Args:
        clip: what to read.
        settings: how.
        recogniser: speech to words; ``None`` for none.
        warn: told in plain sentences what was missing.
        progress: told the seconds done.
        words: known words with their times (subtitles), instead of recognition.

    Raises:
        MediaError: if the file cannot be read at all.
    """
    path = clip.video or clip.audio
    if clip.image is not None:
        yield from _still(clip.image, warn)
    elif path is not None:
        yield from _Cutter(path, clip, settings, recogniser, warn, words).run(progress)
    else:
        raise InputError("the clip names no file and no text")


def _still(path: Path, warn: Warn) -> Iterator[Segment]:
    pixels = read_image(path)
    faces, crops = faces_in(LibFaceDetection(), pixels)
    if not faces:
        warn("no face was found in the picture")
    from_the_left = sorted(zip(faces, crops, strict=True), key=lambda found: float(found[0].box[0]))
    for number, (face, upright) in enumerate(from_the_left, start=1):
        frames = Frames(
            upright[None],
            np.zeros(1),
            face.box[None].astype(np.float32),
            np.asarray([face.score], np.float32),
        )
        yield Segment(Span(0.0, 0.0), f"person-{number}", frames=frames)


def _detector(warn: Warn) -> Detector | None:
    """The face detector; a video is still worth its words and voice where there is none."""
    try:
        return LibFaceDetection()
    except InputError as error:
        warn(f"faces were not looked for: {error}")
        return None


@dataclass
class _Page:
    """What has been read and not yet given out."""

    audio: list[Audio] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    start: float = 0.0
    reached: float = 0.0


@dataclass(frozen=True)
class _Part:
    """A stretch of the clip in which everything is decided but the words."""

    start: float
    done: float
    audio: Audio | None
    speech: list[Span]
    people: dict[str, list[Sighting]]


_Heard = tuple[_Part, "Future[list[Word]]"]


class _Cutter:
    def __init__(
        self,
        path: Path,
        clip: Clip,
        settings: CutSettings,
        recogniser: Recogniser | None,
        warn: Warn,
        words: Words | None,
    ) -> None:
        self.info: MediaInfo = probe(path)
        self.path, self.clip, self.settings, self.warn = path, clip, settings, warn
        self.recogniser = None if words is not None or clip.text is not None else recogniser
        self.given = words
        self.watcher: Watcher | None = None
        self.page = _Page()
        self.seen = self.shown = False  # a person, in a picture; a person, in a segment
        self.spoken = self.unclear = 0.0  # seconds of speech; of that, seconds in which no words were made out

    def run(self, progress: Progress | None) -> Iterator[Segment]:
        # Decoding, faces and words have a thread each, so that two cores are busy: faces lag behind by a few pictures,
        # and what was said in one page is recognised while the next is read.
        with ThreadPoolExecutor(1, "mien-faces") as watcher, ThreadPoolExecutor(1, "mien-words") as listener:
            if self.info.kind == "video" and (detector := _detector(self.warn)) is not None:
                self.watcher = Watcher(watcher, detector)
            heard: _Heard | None = None
            for piece in stream(self.path, self.settings.fps, self.warn, pictures=self.info.kind == "video"):
                self._take(piece)
                if progress is not None:
                    progress(self.page.reached)
                if self.page.reached - self.page.start >= self.settings.page:
                    self._catch_up()
                    yield from self._segments(heard)
                    heard = self._listen(listener, last=False)
            self._catch_up()
            yield from self._segments(heard)
            yield from self._segments(self._listen(listener, last=True))
        self._explain()

    def _take(self, piece: Audio | Picture) -> None:
        if isinstance(piece, Audio):
            self.page.audio.append(piece)
            self.page.reached = max(self.page.reached, piece.span.end)
            return
        self.page.reached = max(self.page.reached, piece.time)
        if self.watcher is not None:
            self.page.sightings += self.watcher.look(piece)

    def _catch_up(self) -> None:
        """Wait for the faces of all pictures handed over."""
        if self.watcher is not None:
            self.page.sightings += self.watcher.rest()

    def _listen(self, listener: Executor, last: bool) -> _Heard:
        """Decide what the page holds, and have its words recognised."""
        part = self._decide(last)
        return part, listener.submit(self._words, part)

    def _decide(self, last: bool) -> _Part:
        """The page up to its end, or to the start of what may still go on there; the rest stays for the next."""
        page, audio = self.page, self._sound()
        speech = self._speech(audio, last)
        done = page.reached if last else page.reached - 1.0
        if not last and speech and speech[-1].end > done:
            # The last utterance may not be over; a page holds several of the longest, so this ends.
            done = speech.pop().start
        speech = [s for s in speech if s.start < done]
        done = max([done, *(s.end for s in speech)])
        people = by_person([s for s in page.sightings if s.time < done + 1e-9])
        part = _Part(page.start, done, audio, speech, people)
        self._forget(audio, done)
        return part

    def _sound(self) -> Audio | None:
        page = self.page
        if not page.audio:
            return None
        whole = join(page.audio)
        page.audio = [whole]
        return whole

    def _speech(self, audio: Audio | None, last: bool) -> list[Span]:
        if audio is None:
            return self._cues(last)
        found = [s.shifted(audio.start) for s in speech_spans(audio.samples, self.settings.longest)]
        if self.given is not None:
            found = with_cues(found, self._cues(last), audio.span)
        return [s for s in found if s.end > self.page.start]

    def _cues(self, last: bool) -> list[Span]:
        """Stretches of the given words: words less than half a second apart belong together."""
        spans: list[Span] = []
        for word in self.given.items if self.given is not None else ():
            if word.span.start < self.page.start or (word.span.start > self.page.reached and not last):
                continue
            near = spans and word.span.start - spans[-1].end < 0.5
            if near and word.span.end - spans[-1].start <= self.settings.longest:
                spans[-1] = spans[-1] | word.span
            else:
                spans.append(word.span)
        return spans

    def _words(self, part: _Part) -> list[Word]:
        audio, speech = part.audio, part.speech
        if self.given is not None:
            return list(self.given.items)
        if self.clip.text is not None and speech:
            # Known words without times: over the speech of the clip, which is short where words are known.
            return spread(self.clip.text, speech[0] | speech[-1])
        if self.recogniser is None or audio is None or not speech:
            return []
        heard = self.recogniser.words(audio.samples, [s.shifted(-audio.start) for s in speech])
        return [Word(w.text, w.span.shifted(audio.start), w.confidence) for w in heard]

    def _segments(self, heard: _Heard | None) -> list[Segment]:
        """Segments of a part in order of time."""
        if heard is None:
            return []
        part, words = heard[0], heard[1].result()
        self.seen = self.seen or bool(part.people)
        segments = [
            s
            for span, own in zip(part.speech, share_out(words, part.speech), strict=True)
            for s in self._utterance(part, span, own)
        ]
        for gap in silences(part.speech, part.start, part.done):
            for who, sightings in part.people.items():
                segments += face_only(
                    who, sightings, gap, self.settings.fps, self.settings.least, self.settings.stretch
                )
        self.shown = self.shown or any(s.frames is not None for s in segments)
        return sorted(segments, key=lambda s: (s.span, s.who or ""))

    def _utterance(self, part: _Part, span: Span, said: list[Word]) -> Iterator[Segment]:
        """The segment of who speaks, and one of each other person in view."""
        people = part.people
        self.spoken += span.duration
        self.unclear += 0.0 if said else span.duration
        speaker = who_speaks(people, span)
        words = Words(tuple(said), self._language()) if said else None
        frames = frames_in(people.get(speaker or "", []), span)
        yield Segment(span, speaker, words, frames, sound_in(part.audio, span))
        for who in people:
            if who != speaker and (shown := frames_in(people[who], span)) is not None:
                yield Segment(span, who, frames=shown)

    def _language(self) -> str | None:
        return self.recogniser.language if self.recogniser is not None else None

    def _forget(self, audio: Audio | None, done: float) -> None:
        page = self.page
        page.start = done
        page.sightings = [s for s in page.sightings if s.time >= done]
        if audio is not None:
            # A little context is kept: voice activity needs a run-up.
            first = min(len(audio.samples), max(0, round((done - 0.2 - audio.start) * SAMPLE_RATE)))
            page.audio = [Audio(audio.samples[first:].copy(), audio.start + first / SAMPLE_RATE)]

    def _explain(self) -> None:
        if self.watcher is not None and not self.shown and self.seen:
            self.warn(f"a face was in view for less than {self.settings.least:g} s, too short to read")
        elif self.watcher is not None and not self.shown:
            self.warn("no face was found")
        if not self.info.has_audio:
            self.warn("the file has no sound")
        elif not self.spoken:
            self.warn("no speech was found")
        elif self.recogniser is not None and self.unclear > self.spoken / 2:
            other = "; if it is not English, the speech model 'base' may know it" if self._language() == "en" else ""
            self.warn(f"no words could be made out in {self.unclear:.1f} of {self.spoken:.1f} s of speech{other}")
