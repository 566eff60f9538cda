"""Decides whose each utterance is: somebody's in view whose mouth moves, or that of a voice from off screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
        self._seen: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def hear(self, audio: Audio | None, speech: Sequence[Span]) -> list[Utterance]:
        """The utterances in stretches of speech. A stretch in which the voice changes becomes several of them."""
        if self._voices is None or audio is None:
            return [Utterance(span) for span in speech]
        sounds = {span: sound for span in speech if (sound := sound_in(audio, span)) is not None}
        found = {span: pieces(sound.samples) for span, sound in sounds.items()}
        numbers = dict(zip(found, self._voices.number(list(found.values())), strict=True))
        return [
            utterance
            for span in speech
            for utterance in (_joined(span, found[span], numbers[span]) if span in found else [Utterance(span)])
        ]

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
                    self._seen[utterance.voice][who] += evidence
        return [self._decided(u, mouths) for u, mouths in zip(utterances, shown, strict=True)]

    def _decided(self, utterance: Utterance, mouths: Mapping[str, float]) -> Utterance:
        seen = self._seen[utterance.voice] if utterance.voice is not None else {}
        # What a mouth does now is part of what was seen of the voice, and is not counted twice.
        before = {who: _limited(seen.get(who, 0.0) - now) for who, now in mouths.items()}
        scores = {who: now + before[who] for who, now in mouths.items()}
        # A moving mouth in view counts double against a person who is away.
        away = {who: _limited(total) / 2 for who, total in seen.items() if who not in mouths and total > 0}
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


def _limited(evidence: float) -> float:
    return min(max(evidence, -_REMEMBERED), _REMEMBERED)


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
