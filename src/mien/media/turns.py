"""Assigns words to utterances and sightings to people, and finds the silences between utterances."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from mien.media.faces import Sighting
from mien.media.text.words import spread
from mien.types import SAMPLE_RATE, Audio, Frames, Segment, Span, Word, Words

_OWN = 1.0  # seconds; heard speech beside the cues counts when it is as long


def with_cues(heard: Sequence[Span], cues: Sequence[Span]) -> list[Span]:
    """The cues, and the heard speech beside them that is too long to be a cue that begins late or ends early.

    Args:
        heard: stretches of speech in order of time.
        cues: in order of time; no two overlap.
    """
    beside: list[Span] = []
    for span in heard:
        own = [c for cue in cues if (c := cue & span) is not None]
        free = silences(own, span.start, span.end)
        beside += [f for f in free if f == span or f.duration >= _OWN]
    return sorted([*cues, *beside])


def share_out(heard: Sequence[Words], speech: Sequence[Span]) -> list[Words | None]:
    """The words of each utterance; ``None`` for an utterance without words.

    A word goes to the utterance that holds its middle, or to the nearest one within half a second. Other words are dropped.
    The language of an utterance is that of most of its words.
    """
    shares: list[list[tuple[Word, str | None]]] = [[] for _ in speech]
    for words in heard:
        for word in words.items:
            middle = word.span.middle
            distances = [max(s.start - middle, middle - s.end, 0.0) for s in speech]
            if distances and min(distances) <= 0.5:
                shares[int(np.argmin(distances))].append((word, words.language))
    return [_words(share) if share else None for share in shares]


def _words(share: Sequence[tuple[Word, str | None]]) -> Words:
    counts = Counter(language for _, language in share)
    return Words(tuple(word for word, _ in share), counts.most_common(1)[0][0])


def over_speech(text: str, speech: Sequence[Span]) -> Words:
    """Spreads the words of a text over all utterances in proportion to their length. No word lies in a pause."""
    edges = np.cumsum([0.0, *(s.duration for s in speech)])
    spoken = spread(text, Span(0.0, float(edges[-1])))
    words = []
    for word in spoken.items if speech else ():
        # The word has a time on a clock without pauses, which is turned into a time of the clip.
        said = min(int(np.searchsorted(edges, word.span.middle, "right")) - 1, len(speech) - 1)
        inside = word.span & Span(float(edges[said]), float(edges[said + 1])) or word.span
        words.append(Word(word.text, inside.shifted(speech[said].start - float(edges[said]))))
    return Words(tuple(words), spoken.language)


def by_person(sightings: Sequence[Sighting]) -> dict[str, list[Sighting]]:
    """The sightings of each person, in order of time."""
    people: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in sorted(sightings, key=lambda s: s.time):
        people[sighting.who].append(sighting)
    return dict(people)


def frames_in(sightings: Sequence[Sighting], span: Span) -> Frames | None:
    """The faces in the span; ``None`` when there are none."""
    inside = [s for s in sightings if s.time in span]
    return all_frames(inside) if inside else None


def all_frames(sightings: Sequence[Sighting]) -> Frames:
    """The faces of all sightings of a person, at least one."""
    return Frames(
        np.stack([s.pixels for s in sightings]),
        np.asarray([s.time for s in sightings]),
        np.stack([s.box for s in sightings]).astype(np.float32),
        np.asarray([s.mouth for s in sightings], np.float32),
        np.asarray([s.pose for s in sightings], np.float32),
        np.asarray([s.within for s in sightings], np.float32),
    )


def sound_in(audio: Audio | None, span: Span) -> Audio | None:
    """Exactly the samples of the span; ``None`` when there are none."""
    if audio is None or (span & audio.span) is None:
        return None
    first = max(0, round((span.start - audio.start) * SAMPLE_RATE))
    last = round((span.end - audio.start) * SAMPLE_RATE)
    samples = audio.samples[first:last]
    return Audio(samples.copy(), audio.start + first / SAMPLE_RATE) if len(samples) else None


def silences(speech: Sequence[Span], start: float, end: float) -> list[Span]:
    """The spans of [start, end) in which no utterance lies."""
    gaps, at = [], start
    for span in speech:
        if span.start > at:
            gaps.append(Span(at, span.start))
        at = max(at, span.end)
    if end > at:
        gaps.append(Span(at, end))
    return gaps


def face_only(
    who: str, sightings: Sequence[Sighting], gap: Span, fps: float, least: float, stretch: float
) -> list[Segment]:
    """Segments of a person in view while nobody speaks.

    A run of sightings ends when the person is out of sight for more than a second, and with the shot. A long run is split
    evenly.

    Args:
        who: the person.
        sightings: of the person.
        gap: the span without speech.
        fps: pictures a second.
        least: seconds; shorter runs give no segment.
        stretch: seconds; no segment is longer.
    """
    runs: list[list[Sighting]] = []
    for sighting in (s for s in sightings if s.time in gap):
        if runs and sighting.time - runs[-1][-1].time <= 1.0 and sighting.shot == runs[-1][-1].shot:
            runs[-1].append(sighting)
        else:
            runs.append([sighting])
    segments = []
    for run in runs:
        whole = Span(run[0].time, min(gap.end, run[-1].time + 1.0 / fps))
        if whole.duration < least:
            continue
        edges = np.linspace(whole.start, whole.end, int(np.ceil(whole.duration / stretch)) + 1)
        for start, end in itertools.pairwise(edges):
            span = Span(float(start), float(end))
            shown = frames_in(run, span)
            if shown is not None:
                segments.append(Segment(span, who, frames=shown))
    return segments
