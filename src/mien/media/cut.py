"""A clip to segments: utterances, and stretches with a face but no speech, on one clock, in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import InputError
from mien.media.faces import Detector, LibFaceDetection
from mien.media.open import MediaInfo, Warn, probe
from mien.media.pages import Pages, Part, Progress
from mien.media.picture import read_image
from mien.media.speech import Recogniser
from mien.media.turns import face_only, frames_in, over_speech, share_out, silences, sound_in, who_speaks
from mien.media.watching import Watcher, faces_in
from mien.types import Clip, Cut, Frames, Segment, Span, Word, Words


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
) -> Cut:
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
        return Cut(_still(clip.image, LibFaceDetection(), warn), faces=True)
    if path is None:
        raise InputError("the clip names no file and no text")
    info = probe(path)
    detector = _detector(warn) if info.kind == "video" else None
    cutter = _Cutter(path, info, clip, settings, detector, recogniser, warn, words)
    return Cut(cutter.run(progress), info.duration, faces=detector is not None)


def _still(path: Path, detector: Detector, warn: Warn) -> Iterator[Segment]:
    pixels = read_image(path)
    faces, crops = faces_in(detector, pixels)
    if not faces:
        warn("no face was found in the picture")
    from_the_left = sorted(zip(faces, crops, strict=True), key=lambda found: float(found[0].box[0]))
    for number, (face, upright) in enumerate(from_the_left, start=1):
        frames = Frames(upright[None], np.zeros(1), face.box[None].astype(np.float32))
        yield Segment(Span(0.0, 0.0), f"person-{number}", frames=frames)


def _detector(warn: Warn) -> Detector | None:
    """The face detector; a video is still worth its words and voice where there is none."""
    try:
        return LibFaceDetection()
    except InputError as error:
        warn(f"faces were not looked for: {error}")
        return None


_Heard = tuple[Part, "Future[list[Word]]"]


class _Cutter:
    def __init__(
        self,
        path: Path,
        info: MediaInfo,
        clip: Clip,
        settings: CutSettings,
        detector: Detector | None,
        recogniser: Recogniser | None,
        warn: Warn,
        words: Words | None,
    ) -> None:
        self.path, self.info, self.clip, self.settings, self.warn = path, info, clip, settings, warn
        self.detector = detector
        self.recogniser = None if words is not None or clip.text is not None else recogniser
        self.cues = words
        self.known: Sequence[Word] | None = words.items if words is not None else None
        self.seen = self.shown = False  # a person, in a picture; a person, in a segment
        self.spoken = self.unclear = 0.0  # seconds of speech; of that, seconds in which no words were made out

    def run(self, progress: Progress | None) -> Iterator[Segment]:
        if self.clip.text is not None:
            self.known = over_speech(self.clip.text, self._heard_first())
        # Decoding, faces and words have a thread each, so that two cores are busy: faces lag behind by a few pictures,
        # and what was said in one page is recognised while the next is read.
        with ThreadPoolExecutor(1, "mien-faces") as eyes, ThreadPoolExecutor(1, "mien-words") as listener:
            pictures = self.info.kind == "video"
            watcher = Watcher(eyes, self.detector) if self.detector is not None else None
            heard: _Heard | None = None
            for part in Pages(self.path, self.settings, self.warn, pictures, watcher, self.cues, progress):
                yield from self._segments(heard)
                heard = part, listener.submit(self._words, part)
            yield from self._segments(heard)
        self._explain()

    def _heard_first(self) -> list[Span]:
        """When somebody speaks in what is meant of the clip: the whole speech has to be known to spread words over it."""
        meant = self.clip.span
        found: list[Span] = []
        for part in Pages(self.path, self.settings, lambda _: None, pictures=False) if self.info.has_audio else ():
            found += part.speech
            if meant is not None and part.done >= meant.end:
                break
        return found if meant is None else [inside for s in found if (inside := s & meant) is not None]

    def _words(self, part: Part) -> list[Word]:
        audio, speech = part.audio, part.speech
        if self.known is not None:
            return [w for w in self.known if w.span.middle in part]
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

    def _utterance(self, part: Part, span: Span, said: list[Word]) -> Iterator[Segment]:
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

    def _explain(self) -> None:
        if self.detector is not None and not self.shown and self.seen:
            self.warn(f"a face was in view for less than {self.settings.least:g} s, too short to read")
        elif self.detector is not None and not self.shown:
            self.warn("no face was found")
        if not self.info.has_audio:
            self.warn("the file has no sound")
        elif not self.spoken:
            self.warn("no speech was found")
        elif self.recogniser is not None and self.unclear > self.spoken / 2:
            other = "; if it is not English, the speech model 'base' may know it" if self._language() == "en" else ""
            self.warn(f"no words could be made out in {self.unclear:.1f} of {self.spoken:.1f} s of speech{other}")
