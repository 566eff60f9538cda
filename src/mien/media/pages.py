"""Reads a feed one page at a time, so that memory does not grow with the length of a clip."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from mien.events import Notice, Progress
from mien.media.decoding.decoder import Piece
from mien.media.decoding.sound import join
from mien.media.faces import Sighting
from mien.media.sources import Feed, check_length
from mien.media.speech.activity import speech_spans
from mien.media.turns import by_person, with_cues
from mien.media.watching import LATER, Follower, Watcher
from mien.runtime.memory import give_back
from mien.types import SAMPLE_RATE, Audio, Span

if TYPE_CHECKING:
    from mien.media.cut import CutSettings

_SCRAP = 0.1  # seconds; what an utterance goes on beyond the page that gave it, when it is heard again
_LAG = 3.0  # seconds; so much later the sound of a time may come than its pictures, or they than the sound
_STEP = 0.2  # seconds of the clip between two events of progress
_BREATH = 0.2  # seconds of silence after which an utterance may be over; its words so far can be read then


@dataclass(frozen=True)
class Part:
    """A stretch of the clip whose utterances and people are known; its words are not. Parts follow one another without a gap.

    Attributes:
        start: where the part before ended, seconds; 0 for the first.
        done: where it ends, seconds.
        last: whether the clip ends with it.
        audio: its sound, and a little of the sound before and after it; ``None`` when there is none.
        speech: its utterances in order of time; none of them continues in another part.
        people: sightings of each person.
    """

    start: float
    done: float
    last: bool
    audio: Audio | None
    speech: list[Span]
    people: dict[str, list[Sighting]]

    def __contains__(self, time: float) -> bool:
        """Every moment lies in one part. A moment after the end of the clip lies in the last part."""
        return self.start <= time < (math.inf if self.last else self.done)


@dataclass(frozen=True)
class Ongoing:
    """What has been read beyond the last part. It is provisional: more of it comes, and then a part gives it again.

    Attributes:
        start: where the last part ended, seconds.
        reached: where it ends so far, seconds.
        audio: its sound, and a little of the sound before it; ``None`` when there is none.
        utterance: the utterance that goes on, so far; ``None`` in silence.
        paused: the same up to a short pause after which nothing was said yet; ``None`` while somebody speaks. If the utterance
            turns out to be over, its span is this one.
        people: sightings of each person.
    """

    start: float
    reached: float
    audio: Audio | None
    utterance: Span | None
    paused: Span | None
    people: dict[str, list[Sighting]]


@dataclass
class _Page:
    """What has been read and is not yet part of a ``Part``."""

    audio: list[Audio] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    start: float = 0.0
    reached: float = 0.0


class Pages:
    """Reads a feed in one pass and holds at most a page of it.

    Args:
        feed: sound and pictures in order of time.
        settings: how to cut.
        pictures: whether pictures are wanted beside the sound.
        watcher: follows people through the pictures; ``None`` when there is no face detector.
        cues: when known words are said, in order of time; they count as speech whatever the sound is.

    Attributes:
        sound: whether there was any sound so far.
    """

    def __init__(
        self,
        feed: Feed,
        settings: CutSettings,
        pictures: bool,
        watcher: Follower | None = None,
        cues: Sequence[Span] = (),
    ) -> None:
        self._feed, self._settings, self._pictures = feed, settings, pictures
        self._watcher, self._cues = watcher, cues
        self._page = _Page()
        self._coming = deque[Audio]()  # sound after the page
        self._heard = self._shown = 0.0  # where the sound ends, and when the last picture came, so far
        self.sound = False

    @property
    def reached(self) -> float:
        """The end of what was read so far, seconds."""
        return max(self._heard, self._shown)

    def __iter__(self) -> Iterator[Part | Ongoing | Progress | Notice]:
        """Yields each part as soon as it is decided, and between parts the notices of the feed and the progress.

        Where a part ends depends on the sound and on the pictures, but not on how a file mixes them: the sound is taken up to
        the end of the page, and the part waits for the pictures of the same time.

        With the setting ``ongoing``, what is not yet part of a part comes, too, again and again.
        """
        told = looked = -math.inf
        pause = self._settings.ongoing
        with closing(self._feed.pieces(self._settings.fps, self._pictures)) as pieces:
            for piece in pieces:
                if isinstance(piece, Notice):
                    yield piece
                    continue
                if pause is not None and self._far(piece):
                    # The silence up to this sound is not held: it may last for days.
                    self._page.reached = piece.start
                    yield self._decide(last=False)
                self._take(piece)
                check_length(self._feed, self.reached, self._settings.hours)
                if self.reached - told >= _STEP:
                    told = self.reached
                    yield Progress("read", self._feed.name, told, self._feed.info.duration)
                if pause is None:
                    while self._full(ended=False):
                        yield self._decide(last=False)
                elif self.reached - looked >= pause - 1e-6:
                    looked = self.reached
                    yield from self._look()
        if self._watcher is not None:
            self._shown = max(self._shown, self._watcher.end)
        while pause is None and self._full(ended=True):
            yield self._decide(last=False)
        self._page.reached = self.reached
        yield self._decide(last=True)
        yield Progress("read", self._feed.name, self.duration, self.duration)

    @property
    def duration(self) -> float:
        """How long the feed was, seconds. A header that is about right is believed, because it counts the last picture."""
        said, reached = self._feed.info.duration, self.reached
        return said if abs(said - reached) <= max(0.5, 0.02 * reached) else reached

    def _far(self, piece: Piece) -> TypeGuard[Audio]:
        """Whether a sound begins more than a page after what is held."""
        if not isinstance(piece, Audio) or not self._page.audio:
            return False
        return piece.start - self._page.reached > self._settings.page

    def _take(self, piece: Piece) -> None:
        live = self._settings.ongoing is not None
        if isinstance(piece, Audio):
            self.sound = True
            self._heard = max(self._heard, piece.span.end)
            self._coming.append(piece)
            if live:
                self._hear(math.inf)
            return
        self._shown = max(self._shown, piece.time)
        if isinstance(self._watcher, Watcher):
            self._watcher.look(piece)
        if live:
            self._page.reached = max(self._page.reached, piece.time)
            self._page.sightings += self._watcher.rest() if self._watcher is not None else []

    def _hear(self, limit: float) -> None:
        """Takes the sound up to the piece that reaches a time into the page."""
        page = self._page
        while self._coming and page.reached < limit and self._coming[0].start < limit:
            page.audio.append(self._coming.popleft())
            page.reached = max(page.reached, page.audio[-1].span.end)

    def _full(self, ended: bool) -> bool:
        """Whether a part can be decided: a page of sound is there, and the pictures of the same time.

        What does not come, because a stream has ended or pauses, is waited for in vain for some seconds.

        Args:
            ended: whether the feed has ended, so that nothing more comes.
        """
        limit = self._page.start + self._settings.page
        self._hear(limit)
        heard = self._page.reached >= limit or bool(self._coming)
        late = self.reached >= limit + (0.0 if ended else _LAG)
        end = max(self._page.reached, limit)
        shown = not self._pictures or self._shown >= end + LATER
        if not late and not (shown and (heard or (not self._feed.info.has_audio and self._pictures))):
            return False
        self._page.reached = end
        return True

    def _look(self) -> Iterator[Part | Ongoing]:
        """A part, if one can be decided, and what goes on after it."""
        page, audio = self._page, self._sound()
        speech = self._speech(audio, last=False)
        settled = page.reached - self._settings.settled
        if speech and speech[-1].end > settled:
            full = speech[-1].start - page.start > _SCRAP
        else:
            full = page.reached - page.start >= self._settings.page
        if full or (speech and speech[0].end <= settled):
            yield self._decide(last=False, speech=speech)
            audio = self._sound()
        going = next((s for s in speech if s.start >= page.start - 1e-6), None)
        people = by_person(page.sightings)
        yield Ongoing(page.start, page.reached, audio, going, self._paused(audio, going), people)

    def _paused(self, audio: Audio | None, going: Span | None) -> Span | None:
        """What was said up to a short pause that goes on now; see ``Ongoing``."""
        if audio is None or going is None:
            return None
        heard = speech_spans(audio.samples, self._settings.longest, _BREATH)
        ends = [s.end + audio.start for s in heard]
        if not ends or not going.start < ends[-1] <= audio.span.end - _BREATH:
            return None
        return Span(going.start, ends[-1])

    def _decide(self, last: bool, speech: list[Span] | None = None) -> Part:
        """The next part. It ends before an utterance that may not be over; that utterance stays for the next part.

        Args:
            last: whether the clip has ended.
            speech: its speech, where that is known already.
        """
        page, audio = self._page, self._sound()
        if self._watcher is not None:
            live = last or self._settings.ongoing is not None
            page.sightings += self._watcher.rest() if live else self._watcher.until(page.reached)
        speech = self._speech(audio, last) if speech is None else list(speech)
        done = page.reached if last else page.reached - self._settings.settled
        if not last and speech and speech[-1].end > done:
            # The last utterance may not be over. A page is longer than several of the longest utterances, so parts go on.
            done = speech.pop().start
        speech = [s for s in speech if s.start < done]
        done = max([done, *(s.end for s in speech)])
        people = by_person([s for s in page.sightings if s.time < done + 1e-9])
        part = Part(page.start, done, last, audio, speech, people)
        self._forget(audio, done)
        give_back()
        return part

    def _sound(self) -> Audio | None:
        page = self._page
        if not page.audio:
            return None
        whole = join(page.audio)
        page.audio = [whole]
        return whole

    def _speech(self, audio: Audio | None, last: bool) -> list[Span]:
        samples = audio.samples if audio is not None else np.zeros(0, np.float32)
        heard = speech_spans(samples, self._settings.longest)
        found = [s.shifted(audio.start) for s in heard] if audio is not None else []
        if self._cues:
            # A page ends before a cue that it holds in part, and a clip may end within a cue.
            read = Span(self._page.start, max(self._page.start, self._page.reached))
            found = with_cues(found, [c for cue in self._cues if (c := cue & read if last else cue) and cue & read])
        # What a page before has given is not given again. The same utterance may end a step of the detector (32 ms) later here,
        # because it is heard with other sound around it.
        start = self._page.start
        return [
            Span(max(s.start, start), s.end) for s in found if s.end > (start + _SCRAP if s.start < start else start)
        ]

    def _forget(self, audio: Audio | None, done: float) -> None:
        page = self._page
        page.start = done
        page.sightings = [s for s in page.sightings if s.time >= done]
        if audio is not None:
            # A little earlier sound is kept, because the detection of speech needs it.
            first = min(len(audio.samples), max(0, round((done - 0.2 - audio.start) * SAMPLE_RATE)))
            rest = Audio(audio.samples[first:].copy(), audio.start + first / SAMPLE_RATE)
            # An empty rest would later be joined to new sound by silence, however long the sound was away.
            page.audio = [rest] if len(rest.samples) else []
