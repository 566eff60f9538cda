"""Tracks of a data set relative to what is usual for their person, of whom more or less is known.

Training draws what is known, so that the network learns to answer whatever the past was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.person import Population, Standardised, Usual
from mien.types import Track

_MOST = 24  # clips of a history

KINDS = ("none", "any", "skewed", "same", "other", "stranger")
"""Nothing; any clips of the person; clips with random shares of the labels, few of them large; clips with the same label as the
present one; with one other label; clips of somebody else, as when two people are taken for one."""


class Histories:
    """The clips of a data set by person and label.

    Args:
        people: the person of each clip; ``None`` where it is unknown.
        labels: index of the label of each clip, (N,); -1 where it has none.
    """

    def __init__(self, people: Sequence[str | None], labels: NDArray[np.int64]) -> None:
        self._people, self._labels = people, labels
        self._clips: dict[str, NDArray[np.int64]] = {}
        for who in dict.fromkeys(p for p in people if p is not None):
            self._clips[who] = np.asarray([i for i, p in enumerate(people) if p == who], np.int64)

    def all_of(self, index: int) -> NDArray[np.int64]:
        """All clips of the person of a clip; none where the person is unknown."""
        return self._clips.get(self._people[index] or "", np.zeros(0, np.int64))

    def draw(self, index: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Clips of a random history of one of the ``KINDS``. All but "none" and "stranger" hold the clip itself."""
        own = self.all_of(index)
        kind = KINDS[rng.integers(len(KINDS))]
        if kind == "none" or not len(own):
            return own[:0]
        if kind == "stranger":
            names = [name for name in self._clips if name != self._people[index]]
            return self._some(self._clips[names[rng.integers(len(names))]], rng) if names else own[:0]
        labels = self._labels[own]
        if kind == "skewed":
            names_of, place = np.unique(labels, return_inverse=True)
            shares = rng.dirichlet(np.full(len(names_of), 0.5))[place]
            chosen = rng.choice(own, rng.integers(1, _MOST), p=shares / shares.sum())
        elif kind == "same":
            chosen = self._some(own[labels == self._labels[index]], rng)
        elif kind == "other":
            others = np.unique(labels[labels != self._labels[index]])
            wanted = others[rng.integers(len(others))] if len(others) else self._labels[index]
            chosen = self._some(own[labels == wanted], rng)
        else:
            chosen = self._some(own, rng)
        return np.unique(np.append(chosen[: _MOST - 1], index))

    @staticmethod
    def _some(clips: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.choice(clips, min(int(rng.integers(1, _MOST + 1)), len(clips)), replace=False)


class Related:
    """The tracks of one modality in a data set, see ``mien.person``.

    Args:
        population: of the training data.
        tracks: {index of the example: its track}, for those that have one.
        people: the person of each example; ``None`` where it is unknown.
        labels: index of the label of each example, (N,); -1 where there is none.
        known: whether all clips of a person in this set are known. Else nothing is, or a random part in training.
        taught: whether the labels of the clips replace guesses; for training.

    Attributes:
        draws: whether ``track`` draws what is known.
    """

    def __init__(
        self,
        population: Population | Standardised,
        tracks: Mapping[int, Track],
        people: Sequence[str | None],
        labels: NDArray[np.int64],
        known: bool,
        taught: bool,
    ) -> None:
        self._strength, self.draws = population.strength, not known
        right = [int(k) if taught and k >= 0 else None for k in labels]
        self._rows = {i: population.standardise(t.values, right[i]) for i, t in tracks.items()}
        self._histories = Histories([who if i in tracks else None for i, who in enumerate(people)], labels)

    def track(self, index: int, track: Track, rng: np.random.Generator | None) -> Track:
        """The track of an example, relative to its person. ``rng`` draws what is known where not all is."""
        known = np.zeros(0, np.int64)
        if not self.draws:
            known = self._histories.all_of(index)
        elif rng is not None:
            known = self._histories.draw(index, rng)
        usual = Usual(self._strength)
        for clip in known:
            usual.observe(self._rows[int(clip)])
        return replace(track, values=usual.normalise(self._rows[index]))
