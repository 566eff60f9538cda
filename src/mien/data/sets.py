"""Sets of examples with their tracks, and the order of their batches."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.corpus import Corpus
from mien.data.related import Related
from mien.data.tracks import Item, TrackStore, Unread
from mien.encoders.base import Encoder
from mien.errors import RecipeError
from mien.events import Notice, Progress, Work
from mien.model.batch import Batch, collate
from mien.person import Population, Standardised
from mien.recipe.recipe import Source
from mien.recipe.sections import EncoderTable
from mien.types import Example, Modality, Task, Track

_POOL = 50  # batches; examples are sorted by length within so many batches


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
        self._how = [items[int(i)].how for i in self._kept]
        kept = {e.clip.id for e in self.examples}
        self._clips = tuple(dict.fromkeys(i.example.clip.id for i in items))
        self.left_out = tuple(name for name in self._clips if name not in kept)
        unread = tuple(dict.fromkeys(u for store in self._stores.values() for u in store.unread))
        told = {u.id for u in unread}
        self.unread = (*unread, *(Unread(name, None, False, "") for name in self.left_out if name not in told))
        self._people: dict[Modality, Related] = {}

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def draws(self) -> bool:
        """Whether tracks are drawn anew each time, because what is known of a person is."""
        return any(people.draws for people in self._people.values())

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

    def tracks(self, index: int, rng: np.random.Generator | None = None) -> dict[Modality, Track]:
        """The tracks of one example. Absent modalities are left out. ``rng`` draws what a growing baseline knows."""
        found = {m: s[int(self._kept[index])] for m, s in self._stores.items()}
        return {m: self._related(m, t, index, rng) for m, t in found.items() if t is not None}

    def relate(
        self, modality: Modality, population: Population | Standardised, known: bool, taught: bool = False
    ) -> None:
        """Makes the tracks of a modality relative to the usual values of their person.

        Args:
            modality: whose tracks.
            population: of the training data.
            known: whether all clips of a person in this set are known. Else nothing is, or a random part in training.
            taught: whether the labels of the clips replace guesses; for training.
        """
        self._people.pop(modality, None)
        tracks = {i: t for i in range(len(self)) if (t := self.tracks(i).get(modality)) is not None}
        people = [
            None if e.group is None else f"{e.group} {how}" for e, how in zip(self.examples, self._how, strict=True)
        ]
        self._people[modality] = Related(population, tracks, people, self.labels(), known, taught)

    def labels(self) -> NDArray[np.int64]:
        """The label of each example in the first task with one label, int64 (N,); -1 where no single label is right."""
        task = next((t for t in self.tasks if t.kind == "single"), None)
        if task is None:
            return np.full(len(self), -1, np.int64)
        targets = np.nan_to_num(self.targets(task.name))
        best = targets.max(axis=1, keepdims=True)
        clear = (targets == best).sum(axis=1) == 1
        return np.asarray(np.where(clear, targets.argmax(axis=1), -1), np.int64)

    def _related(self, modality: Modality, track: Track, index: int, rng: np.random.Generator | None) -> Track:
        people = self._people.get(modality)
        return track if people is None else people.track(index, track, rng)

    def order(self, size: int, rng: np.random.Generator | None, count: int | None = None) -> list[NDArray[np.int64]]:
        """Index arrays of batches, int64.

        Args:
            size: examples in a batch.
            rng: shuffles the examples and keeps similar lengths together; ``None`` sorts them by length.
            count: how many examples are drawn, none a second time before all came once; ``None`` for each once.
        """
        if rng is None:
            at = np.argsort(self._lengths, kind="stable")
            return [at[i : i + size] for i in range(0, len(at), size)]
        wanted = len(self) if count is None else count
        rounds = [rng.permutation(len(self)) for _ in range(-(-wanted // max(len(self), 1)))]
        shuffled = np.concatenate(rounds)[:wanted] if rounds else np.zeros(0, np.int64)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, len(shuffled), size * _POOL):
            pool = shuffled[start : start + size * _POOL]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
        return batches

    def batch(self, indices: Sequence[int] | NDArray[np.int64], rng: np.random.Generator | None = None) -> Batch:
        """Pads some examples into one batch. ``rng`` draws what a growing person baseline knows in training."""
        return collate(
            [self.tracks(int(i), rng) for i in indices],
            [self.examples[int(i)] for i in indices],
            self.tasks,
            {m: store.quality for m, store in self._stores.items()},
        )

    def targets(self, task: str) -> NDArray[np.float32]:
        """All targets of a task, float32 (N, L). Rows of unlabelled examples hold NaN."""
        size = next(t.size for t in self.tasks if t.name == task)
        blank = np.full(size, np.nan, np.float32)
        return np.stack([e.targets.get(task, blank) for e in self.examples])


def epoch(
    sets: Sequence[ExampleSet], size: int, rng: np.random.Generator, balance: float = 0.0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """One pass over all sets in mixed order: (index of the set, indices of a batch). A batch never mixes sets.

    ``balance`` is as in ``drawn``.
    """
    counts = drawn([len(s) for s in sets], balance)
    plan = [(k, b) for k, (s, count) in enumerate(zip(sets, counts, strict=True)) for b in s.order(size, rng, count)]
    for i in rng.permutation(len(plan)):
        yield plan[i]


def drawn(sizes: Sequence[int], balance: float) -> list[int]:
    """How many examples of each set an epoch draws, with about the same sum.

    Args:
        sizes: of the sets.
        balance: 0 draws every example once, 1 as many of every set, and 0.5 draws by the square root of the size.
    """
    shares = np.asarray(sizes, np.float64) ** (1.0 - balance)
    return [max(1, round(float(c))) for c in sum(sizes) * shares / max(shares.sum(), 1e-9)]


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
    populations: Mapping[Modality, Population | Standardised] | None = None,
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
        part.relate(modality, population, known=tables[modality].baseline == "known")
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
