"""Examples to batches: one data set at a time, like lengths together, the same order for the same seed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.manifest import read
from mien.data.tracks import Item, TrackStore
from mien.encoders.base import Encoder
from mien.model.batch import Batch, collate
from mien.person import Baseline, Population
from mien.recipe.recipe import Source
from mien.types import Example, Modality, Task, Track

Progress = Callable[[int], None]
_POOL = 50  # batches' worth of examples among which lengths are sorted


class _People(NamedTuple):
    """Who speaks in a set, and what is usual for each."""

    population: Population
    baselines: dict[str, Baseline]


class ExampleSet:
    """Examples of one source and split, with the tracks of every encoder.

    Examples without any track are left out. For ``by_group`` see ``TrackStore``.

    Attributes:
        present: which examples have which modality, {modality: bool (N,)} for every encoder.
        left_out: ids of those clips.
        skipped: (id, why) of all that was not read: clips left out, and single modalities of others.
    """

    def __init__(
        self,
        name: str,
        items: Sequence[Item],
        encoders: Mapping[Modality, Encoder],
        names: Mapping[Modality, str],
        tasks: Sequence[Task],
        progress: Progress,
        by_group: bool = False,
    ) -> None:
        self.name = name
        self.tasks = tuple(tasks)
        self._quality = {m: len(e.quality_names) for m, e in encoders.items()}
        self._stores = {m: TrackStore(e, names[m], items, progress, by_group) for m, e in encoders.items()}
        lengths = np.stack([s.lengths() for s in self._stores.values()])
        self._kept = np.flatnonzero(lengths.sum(axis=0) > 0)
        self._lengths: NDArray[np.int64] = lengths.max(axis=0)[self._kept]
        self.present = {m: rows[self._kept] > 0 for m, rows in zip(self._stores, lengths, strict=True)}
        self.examples: list[Example] = [items[int(i)].example for i in self._kept]
        kept = {e.clip.id for e in self.examples}
        self._clips = tuple(dict.fromkeys(i.example.clip.id for i in items))
        self.left_out = tuple(name for name in self._clips if name not in kept)
        unread = {(name, f"no {m}: {why}"): None for m, s in self._stores.items() for name, why in s.skipped}
        bare = set(self.left_out) - {name for name, _ in unread}
        nothing = f"no {' or '.join(self._stores)} that its encoder can read"
        self.skipped = (*unread, *((name, nothing) for name in self.left_out if name in bare))
        self._people: dict[Modality, _People] = {}

    def __len__(self) -> int:
        return len(self.examples)

    def account(self) -> list[str]:
        """What was not read: a line for each reason with an example, then how many clips are left out. Empty where all was."""
        alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, why in self.skipped:
            alike[re.sub("'[^']*'", "", why)].append((name, why))
        lines = []
        for (name, why), *others in alike.values():
            lines.append(f"skipped {name}{f' and {len(others):,} more' if others else ''}: {why}")
        if lines:
            lines.append(f"{len(self._clips) - len(self.left_out):,} of {len(self._clips):,} clips read")
        return lines

    def tracks(self, index: int) -> dict[Modality, Track]:
        """The tracks of one example; absent modalities are left out."""
        found = {m: s[int(self._kept[index])] for m, s in self._stores.items()}
        return {m: self._related(m, t, index) for m, t in found.items() if t is not None}

    def relate(self, modality: Modality, population: Population) -> None:
        """From now on the modality's tracks are relative to what is usual for their person in all clips of this set."""
        self._people.pop(modality, None)
        everyone: dict[str, Baseline] = defaultdict(lambda: Baseline(population.strength))
        for index, example in enumerate(self.examples):
            track = self.tracks(index).get(modality)
            if track is not None and example.group is not None:
                everyone[example.group].observe(population.standardise(track.values))
        self._people[modality] = _People(population, everyone)

    def _related(self, modality: Modality, track: Track, index: int) -> Track:
        people = self._people.get(modality)
        if people is None:
            return track
        usual = people.baselines.get(self.examples[index].group or "", Baseline(people.population.strength))
        return replace(track, values=usual.normalise(people.population.standardise(track.values)))

    def order(self, size: int, rng: np.random.Generator | None) -> list[NDArray[np.int64]]:
        """Index arrays of batches. With ``rng`` shuffled, and examples of like length together; else sorted by length."""
        if rng is None:
            at = np.argsort(self._lengths, kind="stable")
            return [at[i : i + size] for i in range(0, len(at), size)]
        batches: list[NDArray[np.int64]] = []
        shuffled = rng.permutation(len(self))
        for start in range(0, len(shuffled), size * _POOL):
            pool = shuffled[start : start + size * _POOL]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
        return batches

    def batch(self, indices: Sequence[int] | NDArray[np.int64]) -> Batch:
        """Pad some examples into one batch."""
        return collate(
            [self.tracks(int(i)) for i in indices], [self.examples[int(i)] for i in indices], self.tasks, self._quality
        )

    def targets(self, task: str) -> NDArray[np.float32]:
        """All targets of a task, (N, L); rows of unlabelled examples hold NaN."""
        size = next(t.size for t in self.tasks if t.name == task)
        blank = np.full(size, np.nan, np.float32)
        return np.stack([e.targets.get(task, blank) for e in self.examples])


def epoch(sets: Sequence[ExampleSet], size: int, rng: np.random.Generator) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """One pass over all sets in mixed order: (index of the set, indices of a batch). Batches never mix sets."""
    plan = [(k, b) for k, s in enumerate(sets) for b in s.order(size, rng)]
    for i in rng.permutation(len(plan)):
        yield plan[i]


def shown(sets: Sequence[ExampleSet], modality: Modality) -> bool:
    """Whether any example of some sets has the modality."""
    return any(part.present[modality].any() for part in sets)


def load_sets(
    sources: Sequence[Source],
    split: str,
    encoders: Mapping[Modality, Encoder],
    names: Mapping[Modality, str],
    tasks: Sequence[Task],
    root: Path,
    progress: Callable[[str, int], Progress],
    spoilt: tuple[str, int] | None = None,
) -> list[ExampleSet]:
    """The sets of one split ("train", "valid" or "test") of all sources; sources without it are left out. A set of whose clips
    none could be read is empty.

    Args:
        progress: given a name and a number of examples, returns what to call as they are prepared.
        spoilt: how to spoil the examples (see ``data.load.spoil``), and at most how many, evenly over the file; ``None`` for
            what the sources say of the training split, and of others for all as they are.
    """
    sets = []
    for source in sources:
        wanted = {"train": source.train, "valid": source.valid}.get(split, split)
        examples = [e for e in read(source, tasks, root) if e.split == wanted]
        ways: tuple[str, ...] = ("",)
        if spoilt is not None:
            ways, examples = (spoilt[0],), _limited(examples, spoilt[1])
        elif split == "train":
            ways, examples = source.degrade, _limited(examples, source.limit)
        items = [Item(e, how) for e in examples for how in ways]
        if items:
            follow = progress(f"{source.name} {split}", len(items))
            sets.append(ExampleSet(source.name, items, encoders, names, tasks, follow, by_group=source.folds > 0))
    return sets


def _limited(examples: list[Example], limit: int) -> list[Example]:
    """At most ``limit`` (0: all), evenly over the file, so that all labels stay in."""
    if not limit or len(examples) <= limit:
        return examples
    return [examples[int(i)] for i in np.linspace(0, len(examples) - 1, limit)]
