"""Gives the people of a clip the names that its subtitles tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mien.media.faces import Sighting
from mien.media.voices.speakers import Utterance
from mien.types import Segment, Span

_NUMBERED = re.compile(r"(person|voice)-\d+")


class Names:
    """The names of people, from page to page of a clip.

    Subtitles name who speaks, and ``Speakers`` finds whose mouth moves meanwhile. A person gets the name that most of this
    person's speech in a page has. A name that was given stays, so that no person changes names within a clip.

    Args:
        cues: what is said, with its speakers; those without a name tell nothing.
    """

    def __init__(self, cues: Sequence[Segment]) -> None:
        # A name that looks like a number of mien's would belong to two people.
        self._told = [(c.span, c.who) for c in cues if c.who is not None and not _NUMBERED.fullmatch(c.who)]
        self._names: dict[str, str] = {}

    def told(self, span: Span) -> str | None:
        """The name of who speaks in most of a span; ``None`` when the subtitles name nobody."""
        seconds: dict[str, float] = defaultdict(float)
        for cue, name in self._told:
            if (common := cue & span) is not None:
                seconds[name] += common.duration
        return max(seconds, key=lambda name: seconds[name], default=None)

    def named(self, utterances: Sequence[Utterance], people: Mapping[str, list[Sighting]]) -> list[Utterance]:
        """The utterances of a page, each with the name of its speaker where there is one.

        Args:
            utterances: with their speakers, as ``Speakers.attribute`` gives them.
            people: sightings of each person in the page, under the names of mien.
        """
        told = [self.told(u.span) for u in utterances] if self._told else [None] * len(utterances)
        self._learn(utterances, told)
        faces = {self.of(who): sightings for who, sightings in people.items()}
        found = []
        for utterance, name in zip(utterances, told, strict=True):
            who = name or (self.of(utterance.who) if utterance.who is not None else None)
            in_view = utterance.in_view if name is None else any(s.time in utterance.span for s in faces.get(name, ()))
            found.append(replace(utterance, who=who, in_view=in_view))
        return found

    def of(self, who: str) -> str:
        """The name of a person whom mien calls ``who``; ``who`` itself where no name is known."""
        return self._names.get(who, who)

    def _learn(self, utterances: Sequence[Utterance], told: Sequence[str | None]) -> None:
        seconds: dict[tuple[str, str], float] = defaultdict(float)
        for utterance, name in zip(utterances, told, strict=True):
            if name is not None and utterance.who is not None:
                seconds[utterance.who, name] += utterance.span.duration
        for who, name in sorted(seconds, key=lambda pair: -seconds[pair]):
            if who not in self._names and name not in self._names.values():
                self._names[who] = name
