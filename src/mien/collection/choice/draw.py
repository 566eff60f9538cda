"""Draws the next round of clips to label from a set, and stores it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import insert, select

from mien.collection import tables
from mien.collection.choice.choose import DRAWN, WAITS, Float64, Waiting, choose, divergence
from mien.collection.choice.probe import fit, reduced
from mien.collection.dataset import DataSet
from mien.collection.rights.permission import ground
from mien.collection.rows import Cut, Draft
from mien.collection.truth import truths
from mien.errors import InputError
from mien.types import MODALITIES

_ENOUGH = 30  # labels from which the probe's probabilities replace those of the drafts


@dataclass(frozen=True)
class Drawn:
    """A round: its number, its clips, {why: how many}, and how many clips still wait after it."""

    round: int
    clips: Sequence[str]
    why: Mapping[str, int]
    waiting: int


def draw_round(dataset: DataSet, count: int) -> Drawn:
    """Chooses ``count`` clips for a new round and stores them; see ``mien.collection.choice.choose``.

    Clips of people whose consent forbids labelling are left out. Those that a round before chose are not chosen again.

    Raises:
        InputError: ``count`` is not positive, no clip may be labelled, or none waits.
    """
    if count < 1:
        raise InputError(f"a round has at least one clip, not {count}")
    clips = _allowed(dataset)
    if not clips:
        raise InputError(
            f"no clip in '{dataset.folder}' may be labelled; collect recordings of people whose consent has the scope label"
        )
    waiting = waiting_in(dataset, clips)
    free = len(set(waiting.kin[waiting.labels == WAITS].tolist()) - set(waiting.kin[waiting.labels != WAITS].tolist()))
    if not free:
        raise InputError(f"no clip waits in '{dataset.folder}'; collect more recordings, or look at what was left out")
    number = max((draw.round for draw in dataset.draws()), default=0) + 1
    found = [(clips[row].id, why) for row, why in choose(waiting, count, seed=number)]
    rows = [{"round": number, "clip": clip, "position": n, "why": why} for n, (clip, why) in enumerate(found)]
    with dataset.database.write() as connection:
        connection.execute(insert(tables.draws), rows)
    return Drawn(number, [clip for clip, _ in found], dict(Counter(why for _, why in found)), free - len(found))


def waiting_in(dataset: DataSet, clips: Sequence[Cut]) -> Waiting:
    """What is known about clips of a set, in their order."""
    labels = dataset.settings.labels
    names = {label: n for n, label in enumerate(labels)}
    voted = {clip: truth.label for clip, truth in truths(dataset.votes()).items()}
    drawn = {draw.clip for draw in dataset.draws()} | voted.keys()
    numbers = [names[voted[c.id]] if voted.get(c.id) else DRAWN if c.id in drawn else WAITS for c in clips]
    drafts, marks = dataset.drafts(), np.asarray(numbers, np.int64)
    states = reduced(states_of(dataset, clips))
    scores = np.stack([_scores(drafts.get(clip.id), labels) for clip in clips]) if clips else np.zeros((0, len(labels)))
    known = marks >= 0
    if known.sum() >= _ENOUGH and len(np.unique(marks[known])) > 1:
        scores = fit(states[known], marks[known], len(labels)).probabilities(states)
    conflict = np.asarray([_conflict(drafts.get(clip.id), labels) for clip in clips])
    kin = np.unique([clip.kin for clip in clips], return_inverse=True)[1] if clips else np.zeros(0)
    return Waiting(states, scores, conflict, np.asarray(kin, np.int64), marks)


def states_of(dataset: DataSet, clips: Sequence[Cut]) -> list[Float64]:
    """The encoder states of clips, a float64 (N, D) for each modality that any of them has; a row of NaN where it is absent."""
    with dataset.database.read() as connection:
        rows = connection.execute(
            select(tables.states.c.clip, tables.states.c.modality, tables.states.c["values"])
        ).all()
    kept = {(row.clip, row.modality): np.frombuffer(row[2], np.float16) for row in rows}
    found = []
    for modality in MODALITIES:
        parts = [kept.get((clip.id, modality)) for clip in clips]
        size = next((len(part) for part in parts if part is not None), 0)
        if size:
            absent = np.full(size, np.nan)
            found.append(
                np.stack([absent if part is None or len(part) != size else part for part in parts]).astype(float)
            )
    return found


def _allowed(dataset: DataSet) -> list[Cut]:
    recordings, people, today = {r.id: r for r in dataset.recordings()}, dataset.people(), date.today()
    refusing = {"withdrawn", "expired", "not_in_scope"}
    clips = dataset.clips(usable=True)
    return [c for c in clips if ground(c, recordings[c.recording], people, "label", today) not in refusing]


def _scores(draft: Draft | None, labels: Sequence[str]) -> Float64:
    """The probabilities of a draft for the labels of the set; even ones where the bundle has other labels."""
    return _spread({} if draft is None else draft.scores, labels)


def _conflict(draft: Draft | None, labels: Sequence[str]) -> float:
    return divergence([_spread(scores, labels) for scores in draft.opinions.values()]) if draft is not None else 0.0


def _spread(scores: Mapping[str, float], labels: Sequence[str]) -> Float64:
    found = np.asarray([scores.get(label, 0.0) for label in labels])
    total = float(found.sum())
    return found / total if total > 0 else np.full(len(labels), 1.0 / len(labels))
