"""Decides whose each utterance is: somebody's in view whose mouth moves, or that of a voice from off screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mien.media.faces import Sighting
from mien.media.turns import sound_in
from mien.media.voices.mouths import mouth
from mien.media.voices.pieces import Piece, pieces
from mien.media.voices.telling_apart import Voices
from mien.types import Audio, Span

_REMEMBERED = (
    10.0  # moments; what a voice did elsewhere in the clip counts at most so much against what a mouth does now
)

People = Mapping[str, Sequence[Sighting]]


@dataclass(frozen=True)
class Utterance:
    """One utterance of one speaker.

    Attributes:
        span: when it is said.
        voice: the number of its voice, from 1; ``None`` when voices are not told apart.
        who: the speaker, "person-1" or "voice-1"; ``None`` when nothing is known of the speaker.
        in_view: whether the speaker is in view, so that ``who`` has a face.
    """

    span: Span
    voice: int | None = None
    who: str | None = None
    in_view: bool = False


@dataclass
class _Memory:
    """What a person's mouth did while one voice was heard: the sum of the evidence, and of its size."""

    evidence: float = 0.0
    size: float = 0.0

    def add(self, evidence: float) -> None:
        self.evidence += evidence
        self.size += abs(evidence)

    def without(self, now: float) -> float:
        """What is remembered beside the evidence ``now``. When it contradicts itself, it is worth little."""
        evidence, size = self.evidence - now, self.size - abs(now)
        return evidence / max(size, 1e-9) * min(size, _REMEMBERED)


class Speakers:
    """Who speaks, from page to page of a clip.

    Voices are told apart by their sound, and each is joined to the face whose mouth moves while it is heard. An utterance is
    judged by the mouths during it, and by what its voice did before in the clip. When no mouth can be measured, the speaker
    counts as in view. A voice that belongs to a person keeps that person's name while the camera shows somebody else.

    Args:
        voices: whether voices are told apart. They are biometric data: they are held in memory until the clip ends, and are
            never written. Without them, each utterance is judged by the mouths alone.
    """

    def __init__(self, voices: bool) -> None:
        self._voices = Voices() if voices else None
        self._seen: dict[int, dict[str, _Memory]] = defaultdict(lambda: defaultdict(_Memory))
        self._last: str | None = "voice-1" if voices else None

    def hear(self, audio: Audio | None, speech: Sequence[Span], whole: Collection[Span] = ()) -> list[Utterance]:
        """The utterances in stretches of speech. A stretch in which the voice changes becomes several of them.

        Args:
            audio: holds the stretches; ``None`` when there is no sound.
            speech: the stretches.
            whole: those of them that are known to have one speaker; they become one utterance each.
        """
        if self._voices is None or audio is None:
            return [Utterance(span) for span in speech]
        sounds = {span: sound for span in speech if (sound := sound_in(audio, span)) is not None}
        found = {span: pieces(sound.samples) for span, sound in sounds.items()}
        numbers = dict(zip(found, self._voices.number(list(found.values())), strict=True))
        return [
            utterance
            for span in speech
            for utterance in self._of(span, found.get(span), numbers.get(span), span in whole)
        ]

    @staticmethod
    def _of(
        span: Span, found: Sequence[Piece] | None, numbers: Sequence[int] | None, whole: bool
    ) -> Sequence[Utterance]:
        if not found or not numbers:
            return [Utterance(span)]
        if whole:
            seconds = {n: sum(p.span.duration for p, m in zip(found, numbers, strict=True) if m == n) for n in numbers}
            return [Utterance(span, max(seconds, key=lambda n: seconds[n]))]
        return _joined(span, found, numbers)

    def attribute(self, utterances: Sequence[Utterance], people: People) -> list[Utterance]:
        """The same utterances with their speakers.

        Args:
            utterances: those of one page, in order of time.
            people: sightings of each person in the page.
        """
        shown = [_mouths(people, u.span) for u in utterances]
        for utterance, mouths in zip(utterances, shown, strict=True):
            for who, evidence in mouths.items():
                if utterance.voice is not None:
                    self._seen[utterance.voice][who].add(evidence)
        found = [self._decided(u, mouths) for u, mouths in zip(utterances, shown, strict=True)]
        self._last = found[-1].who if found else self._last
        return found

    def guess(self, span: Span, people: People) -> Utterance:
        """An utterance that goes on, with who seems to speak. Nothing is learned from it, and its voice is not told apart.

        Without a mouth to judge by, it counts as said by who spoke last.
        """
        scores = _mouths(people, span)
        speaker = max(scores, key=lambda who: scores[who], default=None)
        if speaker is not None and scores[speaker] >= 0:
            return Utterance(span, None, speaker, in_view=True)
        return Utterance(span, None, self._last)

    def _decided(self, utterance: Utterance, mouths: Mapping[str, float]) -> Utterance:
        seen = self._seen[utterance.voice] if utterance.voice is not None else {}
        # What a mouth does now is part of what was seen of the voice, and is not counted twice.
        scores = {who: now + (seen[who].without(now) if who in seen else 0.0) for who, now in mouths.items()}
        away = {who: m.without(0.0) for who, m in seen.items() if who not in mouths and m.without(0.0) > 0}
        owner = max(away, key=lambda who: away[who], default=None)
        speaker = max(scores, key=lambda who: scores[who], default=None)
        if speaker is not None and scores[speaker] >= (away[owner] if owner is not None else 0.0):
            return replace(utterance, who=speaker, in_view=True)
        if owner is not None:
            return replace(utterance, who=owner)
        return replace(utterance, who=f"voice-{utterance.voice}" if utterance.voice is not None else None)


def _mouths(people: People, span: Span) -> dict[str, float]:
    """The evidence of each mouth in view in the span, times the number of moments."""
    inside = {who: [s for s in seen if s.time in span] for who, seen in people.items()}
    found = {who: mouth(seen) for who, seen in inside.items() if seen}
    return {who: m.evidence * m.moments for who, m in found.items()}


def _joined(stretch: Span, found: Sequence[Piece], numbers: Sequence[int]) -> list[Utterance]:
    """The utterances of a stretch of speech: neighbouring pieces with one voice are one utterance."""
    joined: list[Utterance] = []
    for piece, number in zip(found, numbers, strict=True):
        span = piece.span.shifted(stretch.start)
        if joined and joined[-1].voice == number:
            joined[-1] = replace(joined[-1], span=joined[-1].span | span)
        else:
            joined.append(Utterance(span, number))
    joined[0] = replace(joined[0], span=Span(stretch.start, joined[0].span.end))
    joined[-1] = replace(joined[-1], span=Span(joined[-1].span.start, stretch.end))
    return joined
