"""Cuts a feed into segments in one pass: utterances, and stretches with a face but no speech."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from threading import Event as Flag

from mien.errors import InputError
from mien.events import Notice
from mien.media.ahead.looking import follower
from mien.media.centerface import CenterFace
from mien.media.faces import Detector
from mien.media.pages import Ongoing, Pages, Part
from mien.media.segmenting import Closed, Found, Glimpse, Opened
from mien.media.sources import Feed, check_length
from mien.media.speech.activity import other_detector
from mien.media.speech.ongoing import Early, glimpses
from mien.media.speech.recogniser import Recogniser
from mien.media.subtitles import Said
from mien.media.text.moments import evenly, moments, tiled
from mien.media.text.words import at_pace
from mien.media.turns import face_only, frames_in, over_speech, share_out, silences, sound_in
from mien.media.voices.names import Names
from mien.media.voices.speakers import Speakers, Utterance
from mien.media.watching import FPS
from mien.media.workers import worker
from mien.media.written import utterances
from mien.person import numbered
from mien.types import Audio, Clip, Segment, Span, Words

_SHORTEST = 0.1  # seconds that a clip has at least, such as one picture
_SENTENCE = 1.0  # seconds of speech
_SOON = 0.05  # seconds that what goes on waits for what is over: its words are often known by now


@dataclass(frozen=True)
class CutSettings:
    """How to cut.

    Attributes:
        fps: how many pictures a second are searched for faces.
        longest: longest utterance, seconds; longer ones are split at a pause.
        stretch: longest segment with a face and no speech, seconds.
        least: shortest such segment, seconds.
        page: seconds of the clip that are held and cut at once; this bounds the memory.
        voices: whether voices are told apart by their sound. What describes a voice is biometric data; it is held in memory
            until the clip ends, and is never written.
        track: which sound track of a file is read, counted from 1; ``None`` chooses by content.
        hours: the longest file that is read. What comes in live has no limit.
        settled: seconds of silence after which an utterance is over. An utterance needs ``speech.activity.SILENCE`` of it, so
            less would cut utterances in two; more gives each utterance the sound and the pictures that are late.
        ongoing: how often what goes on is told before it is over, in seconds of the clip; see ``Glimpse``. ``None`` tells what
            is over alone. With it, a part is decided as soon as an utterance is over, and ``page`` is for silence alone.

    Raises:
        InputError: a value is not positive; ``least`` may be 0.
    """

    fps: float = FPS
    longest: float = 10.0
    stretch: float = 5.0
    least: float = 0.6
    page: float = 30.0
    voices: bool = True
    track: int | None = None
    hours: float = 12.0
    settled: float = 1.0
    ongoing: float | None = None

    def __post_init__(self) -> None:
        for name in ("fps", "longest", "stretch", "page", "hours", "settled", "ongoing"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise InputError(f"the setting '{name}' of the cut is a positive number, not {getattr(self, name)}")
        if not self.least >= 0:
            raise InputError(f"the setting 'least' of the cut is a number of at least 0, not {self.least}")


def cut(
    feed: Feed, clip: Clip, settings: CutSettings, recogniser: Recogniser | None, cues: Sequence[Segment] | None = None
) -> Generator[Found]:
    """Segments in order of time. No more than a page of the clip is held in memory.

    Every segment carries the words, the face and the voice that exist in its span; what is missing is ``None``. The times
    of its frames lie inside the span, and its sound is exactly the samples of the span. An utterance belongs to the person
    in view whose mouth moves while its voice is heard, or else to "voice-1" or "voice-2" from off screen; see ``Speakers``.
    Every other person in view listens, and gets a segment with the face alone. An utterance of several sentences, or a long
    one, becomes several segments; see ``mien.media.text.moments``.

    Args:
        feed: what to read.
        clip: if it has a text, the words of the text are spread over the speech. The feed is then read twice. Where there is
            no speech, the text counts as said from the start of the clip at an even pace.
        settings: how to cut.
        recogniser: turns speech into words; ``None`` leaves the words out.
        cues: known words with their times, and perhaps their speakers (subtitles), as ``written.utterances`` gives them; they
            replace recognition.

    Raises:
        MediaError: nothing in the feed can be decoded.
        InputError: the feed is a file, and longer than the settings allow.
    """
    if clip.span is None:
        check_length(feed, feed.info.duration, settings.hours)
    detector = CenterFace() if feed.info.kind == "video" else None
    yield Opened(clip.id, feed.info.duration, faces=detector is not None)
    yield from _Cutter(feed, clip, settings, detector, recogniser, cues).run()


_Heard = tuple[Part, "Future[tuple[list[Utterance], list[Words]]]"]


class _Cutter:
    def __init__(
        self,
        feed: Feed,
        clip: Clip,
        settings: CutSettings,
        detector: Detector | None,
        recogniser: Recogniser | None,
        cues: Sequence[Segment] | None,
    ) -> None:
        self.feed, self.clip, self.settings = feed, clip, settings
        self.detector = detector
        self.recogniser = None if cues is not None or clip.text is not None else recogniser
        self.cues = cues or ()
        self.text: Words | None = None  # of the clip, spread over its speech
        self.speakers = Speakers(settings.voices)
        self.names = Names(self.cues)
        self.closed = Flag()
        self.early = Early(self._recognised)
        self.rested = 0.0  # when the next glimpse may be given, of the monotonic clock
        self.glimpsed: tuple[Span | None, Words | None] = (None, None)  # what was said of what goes on
        self.met = self.shown = False  # whether a picture has shown a person; whether a segment has
        self.spoken = self.unclear = 0.0  # seconds of speech; how many of them gave no words

    def run(self) -> Generator[Found]:
        if self.clip.text is not None:
            yield from self._spread(self.clip.text)
        # Decoding, faces and words have one thread each, so two cores stay busy. Faces lag behind by a few pictures.
        # The speech of one page is told apart and recognised while the next page is read.
        with worker("mien-faces") as eyes, worker("mien-words") as listener:
            pictures = self.feed.info.kind == "video" and self.feed.ahead is None
            watcher = follower(self.feed.ahead, eyes, self.detector, self.settings.ongoing is not None)
            pages = Pages(self.feed, self.settings, pictures, watcher, [cue.span for cue in self.cues])
            heard: _Heard | None = None
            try:
                for part in pages:
                    if isinstance(part, Ongoing):
                        if heard is not None and wait([heard[1]], _SOON).done:
                            yield from self._segments(heard)
                            heard = None
                        yield from self._glimpses(part, listener)
                        continue
                    if isinstance(part, Part):
                        yield from self._segments(heard)
                        heard = part, listener.submit(self._listen, part)
                    else:
                        yield part
                yield from self._segments(heard)
            finally:
                self.closed.set()
        yield from self._account(pages)
        yield Closed(pages.duration)

    def _spread(self, text: str) -> Iterator[Notice]:
        """Gives the words of the text their times, and a notice when there is no speech to which they could belong."""
        speech, whole = self._heard_first()
        if speech or not text.strip():
            self.text = over_speech(text, speech)
            return
        self.cues = list(utterances([Said(at_pace(text, whole))]))
        yield Notice("text_without_speech")

    def _heard_first(self) -> tuple[list[Span], Span]:
        """Spans of speech in the wanted part of the clip, and this part.

        All of them must be known before words are spread over them.
        """
        meant = self.clip.span
        found: list[Span] = []
        pages = Pages(self.feed, self.settings, pictures=not self.feed.info.has_audio)
        for part in pages:
            if isinstance(part, Part):
                found += part.speech
                if meant is not None and part.done >= meant.end:
                    break
        whole = Span(0.0, max(pages.reached, _SHORTEST))
        meant = whole if meant is None else meant & whole or whole
        return [inside for s in found if (inside := s & meant) is not None], meant

    def _listen(self, part: Part) -> tuple[list[Utterance], list[Words]]:
        """The utterances of a part with their voices, and the words in it."""
        whole = [span for span in part.speech if self.names.told(span) is not None]
        heard = self.speakers.hear(part.audio, part.speech, whole)
        return heard, self._words(part, [u.span for u in heard])

    def _words(self, part: Part, speech: list[Span]) -> list[Words]:
        audio = part.audio
        heard = [cue.words for cue in self.cues if cue.words is not None and cue.span.middle in part]
        if self.text is not None:
            heard.append(Words(tuple(w for w in self.text.items if w.span.middle in part), self.text.language))
        if self.recogniser is None or audio is None or not speech:
            return heard
        early = self.early.words(speech)
        return [*heard, *(self._recognised(audio, speech) if early is None else early)]

    def _recognised(self, audio: Audio, speech: list[Span]) -> list[Words]:
        """The words of utterances by speech recognition."""
        heard: list[Words] = []
        if self.recogniser is None:
            return heard
        for words in self.recogniser.words(audio.samples, [s.shifted(-audio.start) for s in speech]):
            if self.closed.is_set():
                break
            heard.append(words.shifted(audio.start))
        return heard

    def _glimpses(self, ongoing: Ongoing, listener: Executor) -> Iterator[Glimpse]:
        """What goes on now, in segments that may still change."""
        if self.recogniser is not None:
            self.early.listen(ongoing, listener)
        said = ongoing.paused or ongoing.utterance
        words = None if said is None else self.early.so_far(said)
        now = said, words
        begun = time.monotonic()
        if begun >= self.rested and (ongoing.paused is None or now != self.glimpsed):
            who = None if said is None else self.speakers.guess(said, ongoing.people)
            yield from glimpses(ongoing, who, words, self.settings, self.names.of)
            # Of the time, at most half is for what is provisional, so that a slow machine does not fall behind.
            self.rested = 2 * time.monotonic() - begun
            self.glimpsed = now

    def _segments(self, heard: _Heard | None) -> list[Segment]:
        """The segments of a part in order of time."""
        if heard is None:
            return []
        part, (spoken, words) = heard[0], heard[1].result()
        self.met = self.met or bool(part.people)
        spoken = self.names.named(self.speakers.attribute(spoken, part.people), part.people)
        part = replace(part, people={self.names.of(who): sightings for who, sightings in part.people.items()})
        segments = [
            s
            for utterance, own in zip(spoken, share_out(words, [u.span for u in spoken]), strict=True)
            for s in self._utterance(part, utterance, own)
        ]
        for gap in silences(part.speech, part.start, part.done):
            for who, sightings in part.people.items():
                segments += face_only(
                    who, sightings, gap, self.settings.fps, self.settings.least, self.settings.stretch
                )
        self.shown = self.shown or any(s.frames is not None for s in segments)
        return sorted(segments, key=lambda s: (s.span, numbered(s.who)))

    def _utterance(self, part: Part, utterance: Utterance, words: Words | None) -> Iterator[Segment]:
        """For each moment: the segment of the speaker, and one segment for each other person in view."""
        self.spoken += utterance.span.duration
        self.unclear += 0.0 if words else utterance.span.duration
        parts = moments(words) if words else []
        spans = tiled(utterance.span, parts) if parts else evenly(utterance.span)
        for number, span in enumerate(spans):
            yield from self._moment(part, replace(utterance, span=span), parts[number] if parts else None)

    def _moment(self, part: Part, utterance: Utterance, words: Words | None) -> Iterator[Segment]:
        people, span = part.people, utterance.span
        frames = frames_in(people[utterance.who], span) if utterance.who is not None and utterance.in_view else None
        yield Segment(span, utterance.who, words, frames, sound_in(part.audio, span))
        for who in people:
            if who != utterance.who and (shown := frames_in(people[who], span)) is not None:
                yield Segment(span, who, frames=shown)

    def _account(self, pages: Pages) -> Iterator[Notice]:
        """Notices about what the clip lacked."""
        late = sum(cue.span.start >= pages.reached for cue in self.cues)
        if late:
            # A header's duration may be wrong, so this is told when all was read.
            yield Notice("subtitles_late", {"count": late, "total": len(self.cues)})
        if self.detector is not None and not self.shown:
            yield Notice("face_too_short", {"least": self.settings.least}) if self.met else Notice("no_face")
        if pages.sound and (other := other_detector()) is not None:
            yield other
        if not pages.sound:
            yield Notice("no_sound")
        elif not self.spoken:
            yield Notice("no_speech")
        elif self.recogniser is not None:
            yield from self._unclear(self.recogniser.english_only)

    def _unclear(self, english: bool) -> Iterator[Notice]:
        """How much speech gave no words. A model of English tells even of a sentence, which may be of another language."""
        unclear, spoken = round(self.unclear, 1), round(self.spoken, 1)
        if english and self.unclear > _SENTENCE:
            yield Notice("words_unclear_english", {"unclear": unclear, "spoken": spoken})
        elif not english and self.unclear > self.spoken / 2:
            yield Notice("words_unclear", {"unclear": unclear, "spoken": spoken})
