"""Measures a set: quantity, diversity, quality, splits and rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from mien.collection.choice.draw import states_of
from mien.collection.choice.probe import reduced
from mien.collection.dataset import DataSet
from mien.collection.measures.learning import Learning, learning
from mien.collection.measures.numbers import Float64, plane, vendi
from mien.collection.rights.permission import ground
from mien.collection.rows import Cut, Draft, Person, Recording
from mien.collection.splits import leaks
from mien.collection.truth import Truth, truths
from mien.data.split import SPLITS

QUALITIES = ("seconds", "snr_db", "side_px", "light", "two_voices")
"""Measured values whose distribution is shown."""


@dataclass(frozen=True)
class SetMeasures:
    """What was measured in a set. Counts are of usable clips unless said otherwise.

    Attributes:
        name: of the folder.
        clips, labelled, votes, annotators, recordings, seconds: how many; seconds of clips.
        refused: {code of a gate: clips}, and ``unreadable`` recordings with their reasons.
        counts: {"label", "draft", "person", "language", "gender", "age", "source", "modality": {value: clips}}.
        by_split: {label: {split: clips}} of labels, or of drafts where nothing is labelled.
        quality: {name of ``QUALITIES``: values}.
        plane: clips in squares of valence and arousal, see ``numbers.plane``; ``voted`` whether votes gave the points.
        vendi: Vendi score over encoder states.
        near: clips that are near-duplicates of others.
        learning: the learning curve, or ``None``.
        leaks: see ``splits.leaks``.
        rights: {ground: clips}, see ``mien.collection.rights.permission``.
    """

    name: str
    clips: int
    labelled: int
    votes: int
    annotators: int
    recordings: int
    seconds: float
    refused: Mapping[str, int]
    unreadable: Sequence[tuple[str, str]]
    counts: Mapping[str, Mapping[str, int]]
    by_split: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, Sequence[float]]
    plane: Sequence[Sequence[int]]
    voted: bool
    vendi: float
    near: int
    learning: Learning | None
    leaks: Mapping[str, int]
    rights: Mapping[str, int]


def measure(dataset: DataSet) -> SetMeasures:
    """Measures a set.

    Raises:
        InputError: the set cannot be read.
    """
    every, usable = dataset.clips(), dataset.clips(usable=True)
    recordings, people = {r.id: r for r in dataset.recordings()}, dataset.people()
    votes, drafts = dataset.votes(), dataset.drafts()
    known = truths(votes)
    named = {clip: truth.label for clip, truth in known.items() if truth.label}
    states = reduced(states_of(dataset, usable)) if usable else np.zeros((0, 1))
    points, voted = _points(usable, known, drafts)
    today = date.today()
    return SetMeasures(
        name=dataset.folder.resolve().name,
        clips=len(usable),
        labelled=sum(clip.id in named for clip in usable),
        votes=len(votes),
        annotators=len({vote.annotator for vote in votes}),
        recordings=sum(not r.why for r in recordings.values()),
        seconds=sum(clip.quality.get("seconds", 0.0) for clip in usable if clip.start is not None),
        refused=dict(Counter(code for clip in every for code in clip.refused)),
        unreadable=[(r.name, r.why) for r in recordings.values() if r.why],
        counts=_counts(usable, recordings, people, named, drafts),
        by_split=_by_split(usable, named or {clip: draft.label for clip, draft in drafts.items()}),
        quality={name: [c.quality[name] for c in usable if name in c.quality] for name in QUALITIES},
        plane=plane(points).tolist(),
        voted=voted,
        vendi=vendi(states),
        near=sum(clip.kin != clip.id for clip in usable),
        learning=_learning(usable, named, states),
        leaks=leaks(usable),
        rights=dict(Counter(ground(c, recordings[c.recording], people, "train", today) for c in usable)),
    )


def _counts(
    clips: Sequence[Cut],
    recordings: Mapping[int, Recording],
    people: Mapping[str, Person],
    named: Mapping[str, str],
    drafts: Mapping[str, Draft],
) -> dict[str, dict[str, int]]:
    about = [people.get(clip.person) for clip in clips]
    columns: dict[str, list[str]] = {
        "label": [named[c.id] for c in clips if c.id in named],
        "draft": [drafts[c.id].label for c in clips if c.id in drafts],
        "person": [c.person for c in clips],
        "language": [c.language for c in clips if c.language],
        "gender": [p.gender for p in about if p is not None and p.gender],
        "age": [p.age for p in about if p is not None and p.age],
        "source": [recordings[c.recording].name for c in clips],
        "modality": [m for c in clips for m in c.modalities],
    }
    return {name: dict(Counter(values).most_common()) for name, values in columns.items()}


def _by_split(clips: Sequence[Cut], labels: Mapping[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for clip in clips:
        if clip.id in labels:
            row = found.setdefault(labels[clip.id], dict.fromkeys((*SPLITS, ""), 0))
            row[clip.split] += 1
    return dict(sorted(found.items()))


def _points(
    clips: Sequence[Cut], known: Mapping[str, Truth], drafts: Mapping[str, Draft]
) -> tuple[list[tuple[float, float]], bool]:
    """Valence and arousal of the clips: as voted where anybody gave them, else as drafted."""
    given = [known[c.id] for c in clips if c.id in known]
    voted = [(t.valence, t.arousal) for t in given if t.valence is not None and t.arousal is not None]
    if voted:
        return voted, True
    proposed = [drafts[c.id] for c in clips if c.id in drafts]
    return [(d.valence, d.arousal) for d in proposed if d.valence is not None and d.arousal is not None], False


def _learning(clips: Sequence[Cut], named: Mapping[str, str], states: Float64) -> Learning | None:
    rows = [n for n, clip in enumerate(clips) if clip.id in named]
    chosen = [clips[n] for n in rows]
    return learning(states[rows], [named[c.id] for c in chosen], [c.person for c in chosen])
