"""Gives every clip a split, once: disjoint in person, recording and near-duplicates, stratified over labels.

Clips that share a person, a recording or a group of near-duplicates belong together. What belongs together and has no split yet
gets the one whose shares of labels it brings nearest to the wanted ones (after Sechidis et al. 2011, "On the stratification of
multi-label data", with groups in place of examples). A split that was given is never changed. So a new clip that belongs to two
splits at once, because it joins people who stood apart, gets none; it is left out of training and tests.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.collection.reading.near import groups
from mien.collection.rows import Cut
from mien.data.split import SPLITS


def assign(clips: Sequence[Cut], labels: Mapping[str, str], shares: Sequence[float]) -> dict[str, str]:
    """{id of a clip: its split} for the clips that have none and can get one.

    Args:
        clips: all usable clips of a set; those with a split keep it.
        labels: {id of a clip: a label, voted or drafted}; clips without one count as a label of their own.
        shares: wanted shares of the clips for ``SPLITS``.
    """
    taken = {key: clip.split for clip in clips if clip.split for key in _keys(clip)}
    waiting = [clip for clip in clips if not clip.split]
    found: dict[str, str] = {}
    load = _Load(clips, labels, shares)
    for part in _parts(waiting, taken):
        allowed = Counter(taken[key] for clip in part for key in _keys(clip) if key in taken)
        split = max(allowed, key=lambda s: (allowed[s], -SPLITS.index(s))) if allowed else load.neediest(part)
        for clip in part:
            # A key that nobody has yet goes to this split; one that another split has keeps this clip out of all.
            if all(taken.get(key, split) == split for key in _keys(clip)):
                found[clip.id] = split
                taken.update(dict.fromkeys(_keys(clip), split))
                load.add(clip, split)
    return found


def leaks(clips: Sequence[Cut]) -> dict[str, int]:
    """{kind of key: how many of its values lie in several splits}: "person", "recording" and "kin"; 0 where all is well."""
    sides: dict[tuple[str, object], set[str]] = defaultdict(set)
    for clip in clips:
        for key in _keys(clip) if clip.split else ():
            sides[key].add(clip.split)
    return {
        kind: sum(len(s) > 1 for (k, _), s in sides.items() if k == kind) for kind in ("person", "recording", "kin")
    }


def _keys(clip: Cut) -> tuple[tuple[str, object], ...]:
    return ("person", clip.person), ("recording", clip.recording), ("kin", clip.kin)


def _parts(waiting: Sequence[Cut], taken: Mapping[tuple[str, object], str]) -> list[list[Cut]]:
    """What belongs together by keys that have no split yet: first what is tied to a split, then the largest.

    Equal ones come in the order of a hash, so that the result does not hang on the order in which recordings were read.
    """
    first: dict[tuple[str, object], str] = {}
    pairs = []
    for clip in waiting:
        for key in _keys(clip):
            if key not in taken:
                pairs.append((first.setdefault(key, clip.id), clip.id))
    parts: dict[str, list[Cut]] = defaultdict(list)
    heads = groups([clip.id for clip in waiting], pairs)
    for clip in waiting:
        parts[heads[clip.id]].append(clip)
    tied = {head: any(key in taken for clip in part for key in _keys(clip)) for head, part in parts.items()}
    order = sorted(parts, key=lambda head: (not tied[head], -len(parts[head]), _hash(head)))
    return [parts[head] for head in order]


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class _Load:
    """How many clips of each label each split has, and wants."""

    def __init__(self, clips: Sequence[Cut], labels: Mapping[str, str], shares: Sequence[float]) -> None:
        self._labels = labels
        self._names = {label: n for n, label in enumerate(dict.fromkeys(self._label(c) for c in clips))}
        self._have = np.zeros((len(SPLITS), len(self._names)))
        for clip in clips:
            if clip.split:
                self.add(clip, clip.split)
        total = np.bincount([self._names[self._label(c)] for c in clips], minlength=len(self._names))
        self._want = np.asarray(shares)[:, None] / sum(shares) * total

    def add(self, clip: Cut, split: str) -> None:
        """Counts a clip."""
        self._have[SPLITS.index(split), self._names[self._label(clip)]] += 1

    def neediest(self, part: Sequence[Cut]) -> str:
        """The split that is nearest to what is wanted with these clips in it: the smallest sum of squared differences."""
        counts = np.bincount([self._names[self._label(c)] for c in part], minlength=len(self._names))
        return SPLITS[int(np.argmin([self._cost(n, counts) for n in range(len(SPLITS))]))]

    def _cost(self, split: int, counts: NDArray[np.int64]) -> float:
        if not self._want[split].any():
            return float("inf")
        have = self._have.copy()
        have[split] += counts
        return float((((have - self._want) ** 2) / np.maximum(self._want, 1.0)).sum())

    def _label(self, clip: Cut) -> str:
        return self._labels.get(clip.id, "")
