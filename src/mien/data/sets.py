"""Sets of examples with their tracks, and the order of their batches."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.corpus import Corpus
from mien.data.tracks import Item, TrackStore, Unread
from mien.encoders.base import Encoder
from mien.errors import RecipeError
from mien.events import Notice, Progress, Work
from mien.model.batch import Batch, collate
from mien.person import Baseline, Population
from mien.recipe.recipe import EncoderTable, Source
from mien.types import Example, Modality, Task, Track

_POOL = 50  # batches; examples are sorted by length within so many batches


class _People(NamedTuple):
    """The statistics of all people of a set, and the usual values of each person."""

    population: Population
    baselines: dict[str, Baseline]


class ExampleSet:
    """Examples of one source and split, with the tracks of every encoder. Examples without any track are left out.

    Args:
        name: of the source.
        split: "train", "valid" or "test".
        items: the examples; one may come several times, degraded in different ways.
        stores: their prepared tracks.
        tasks: the tasks for which the examples are labelled.

    Attributes:
        present: which examples have which modality, {modality: bool (N,)} for every encoder.
        left_out: ids of the clips without any track.
        unread: everything that could not be read: the clips left out, and single modalities of other clips.
    """

    def __init__(
        self,
        name: str,
        split: str,
        items: Sequence[Item],
        stores: Mapping[Modality, TrackStore],
        tasks: Sequence[Task],
    ) -> None:
        self.name, self.split, self.tasks = name, split, tuple(tasks)
        self._stores = dict(stores)
        lengths = np.stack([s.lengths() for s in self._stores.values()])
        self._kept = np.flatnonzero(lengths.sum(axis=0) > 0)
        self._lengths: NDArray[np.int64] = lengths.max(axis=0)[self._kept]
        self.present = {m: rows[self._kept] > 0 for m, rows in zip(self._stores, lengths, strict=True)}
        self.examples: list[Example] = [items[int(i)].example for i in self._kept]
        kept = {e.clip.id for e in self.examples}
        self._clips = tuple(dict.fromkeys(i.example.clip.id for i in items))
        self.left_out = tuple(name for name in self._clips if name not in kept)
        unread = tuple(dict.fromkeys(u for store in self._stores.values() for u in store.unread))
        told = {u.id for u in unread}
        self.unread = (*unread, *(Unread(name, None, False, "") for name in self.left_out if name not in told))
        self._people: dict[Modality, _People] = {}

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def notices(self) -> list[Notice]:
        """One notice for each kind of reason why clips were not read, then their number; empty when all were read."""
        found = [self._notice(first, len(others)) for first, *others in self.reasons()]
        if not found:
            return []
        count = len(self._clips)
        read = count - len(self.left_out)
        return [*found, Notice("clips_read", {"set": self.name, "split": self.split, "read": read, "of": count})]

    def reasons(self) -> list[list[Unread]]:
        """The entries of ``unread``, grouped by kind of reason."""
        alike: dict[tuple[Modality | None, bool], list[Unread]] = defaultdict(list)
        for unread in self.unread:
            alike[unread.modality, unread.missing].append(unread)
        return list(alike.values())

    def _notice(self, first: Unread, more: int) -> Notice:
        name, split, clip, why = self.name, self.split, first.id, first.why
        if first.modality is None:
            read = "/".join(self._stores)
            if more:
                return Notice(
                    "clips_empty", {"set": name, "split": split, "id": clip, "more": more, "modalities": read}
                )
            return Notice("clip_empty", {"set": name, "split": split, "id": clip, "modalities": read})
        lost = first.modality
        if more:
            return Notice(
                "clips_unread", {"set": name, "split": split, "id": clip, "more": more, "modality": lost, "why": why}
            )
        return Notice("clip_unread", {"set": name, "split": split, "id": clip, "modality": lost, "why": why})

    def tracks(self, index: int) -> dict[Modality, Track]:
        """The tracks of one example. Absent modalities are left out."""
        found = {m: s[int(self._kept[index])] for m, s in self._stores.items()}
        return {m: self._related(m, t, index) for m, t in found.items() if t is not None}

    def relate(self, modality: Modality, population: Population) -> None:
        """Makes the tracks of a modality relative to the usual values of their person in all clips of this set."""
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
        """Index arrays of batches, int64.

        Args:
            size: examples in a batch.
            rng: shuffles the examples and keeps similar lengths together; ``None`` sorts them by length.
        """
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
        """Pads some examples into one batch."""
        return collate(
            [self.tracks(int(i)) for i in indices],
            [self.examples[int(i)] for i in indices],
            self.tasks,
            {m: store.quality for m, store in self._stores.items()},
        )

    def targets(self, task: str) -> NDArray[np.float32]:
        """All targets of a task, float32 (N, L). Rows of unlabelled examples hold NaN."""
        size = next(t.size for t in self.tasks if t.name == task)
        blank = np.full(size, np.nan, np.float32)
        return np.stack([e.targets.get(task, blank) for e in self.examples])


def epoch(sets: Sequence[ExampleSet], size: int, rng: np.random.Generator) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """One pass over all sets in mixed order: (index of the set, indices of a batch). A batch never mixes sets."""
    plan = [(k, b) for k, s in enumerate(sets) for b in s.order(size, rng)]
    for i in rng.permutation(len(plan)):
        yield plan[i]


def shown(sets: Sequence[ExampleSet], modality: Modality) -> bool:
    """Whether any example in these sets has the modality."""
    return any(part.present[modality].any() for part in sets)


class Copies(NamedTuple):
    """Degraded copies of a split.

    Attributes:
        how: "kind:level", see ``data.degrade``; "" leaves the examples as they are.
        most: the largest number of examples of a set, taken evenly over the set; 0 for all.
    """

    how: str
    most: int


def example_sets(
    corpus: Corpus,
    split: str,
    encoders: Mapping[Modality, Encoder],
    tables: Mapping[Modality, EncoderTable],
    populations: Mapping[Modality, Population] | None = None,
    copies: Copies | None = None,
    needed_by: str = "",
) -> Work[list[ExampleSet]]:
    """Prepares one split of a corpus. Sets without any readable clip are left out.

    Notices tell what could not be read. There are none for copies, because their originals were read before.

    Args:
        corpus: all examples.
        split: "train", "valid" or "test".
        encoders: they prepare the tracks.
        tables: the tables of these encoders: a recipe's ``encoders`` or a bundle's ``tables``.
        populations: for each modality whose tracks are made relative to the person.
        copies: degraded copies in place of the examples; ``None`` for the examples, degraded in training as the source says.
        needed_by: name of the recipe that needs this split; "" when the split may be empty.

    Raises:
        RecipeError: ``needed_by`` is set, and the split has clips but none of them can be read.
    """
    found = []
    for source, examples in corpus.split(split):
        items = _items(source, split, examples, copies)
        if items:
            about = f"{source.name} {split}"
            stores = yield from _stores(about, items, encoders, tables, by_group=source.folds > 0)
            found.append(ExampleSet(source.name, split, items, stores, corpus.tasks))
            if copies is None:
                yield from found[-1].notices
    sets = [part for part in found if len(part)]
    if needed_by and found and not sets:
        raise RecipeError(
            f"no {split} clip of '{needed_by}' can be read ({_reason(found[0])}); mien data check names every one"
        )
    for part, (modality, population) in itertools.product(sets, (populations or {}).items()):
        part.relate(modality, population)
    return sets


def _items(source: Source, split: str, examples: Sequence[Example], copies: Copies | None) -> list[Item]:
    if copies is not None:
        return [Item(e, copies.how) for e in _limited(examples, copies.most)]
    if split == "train":
        return [Item(e, how) for e in _limited(examples, source.limit) for how in source.degrade]
    return [Item(e) for e in examples]


def _stores(
    about: str,
    items: Sequence[Item],
    encoders: Mapping[Modality, Encoder],
    tables: Mapping[Modality, EncoderTable],
    by_group: bool,
) -> Work[dict[Modality, TrackStore]]:
    """The tracks of all items, by the modality of the encoder."""
    stores, done = {}, 0
    for modality, encoder in encoders.items():
        stores[modality] = TrackStore(encoder, tables[modality].name, items, by_group)
        for count in stores[modality].fill():
            done += count
            yield Progress("prepare", about, done, len(items) * len(encoders))
    return stores


def _reason(part: ExampleSet) -> str:
    """A sentence: why the first clip could not be read, and how many others have the same reason."""
    first, *others = part.reasons()[0]
    nothing = f"no {' or '.join(part.present)} that its encoder can read"
    why = f"no {first.modality}: {first.why}" if first.modality else nothing
    return f"skipped {first.id}{f' and {len(others):,} more' if others else ''}: {why}"


def _limited(examples: Sequence[Example], limit: int) -> Sequence[Example]:
    """At most ``limit`` examples (0: all), taken evenly over the file, so that no label is lost."""
    if not limit or len(examples) <= limit:
        return examples
    return [examples[int(i)] for i in np.linspace(0, len(examples) - 1, limit)]
