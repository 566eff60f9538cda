"""Sets of examples with their tracks."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.data.corpus import Corpus
from mien.data.items import Copies, Examples, Item, Items, limited
from mien.data.related import Related
from mien.data.tracks import SHARD, TrackStore, Unread
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
        stream: how many examples are shuffled together; 0 for all of them.

    Attributes:
        speakers: number of people; 0 where an example names none.
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
        stream: int = 0,
    ) -> None:
        self.name, self.split, self.tasks = name, split, tuple(tasks)
        self._stores = dict(stores)
        lengths = np.stack([s.lengths() for s in self._stores.values()])
        self._kept = np.flatnonzero(lengths.sum(axis=0) > 0)
        self._lengths: NDArray[np.int64] = lengths.max(axis=0)[self._kept]
        self.present = {m: rows[self._kept] > 0 for m, rows in zip(self._stores, lengths, strict=True)}
        self._items, self.stream = items, stream
        self.examples: Sequence[Example] = Examples(items, self._kept)
        self._answers = {t.name: np.full((len(self._kept), t.size), np.nan, np.float32) for t in self.tasks}
        groups = set()
        for i, example in enumerate(self.examples):
            groups.add(example.group)
            for name in self._answers.keys() & example.targets.keys():
                self._answers[name][i] = example.targets[name]
        self.speakers = 0 if None in groups else len(groups)
        self.left_out = self._without_tracks(lengths.sum(axis=0) == 0)
        unread = tuple(dict.fromkeys(u for store in self._stores.values() for u in store.unread))
        told = {u.id for u in unread}
        self.unread = (*unread, *(Unread(name, None, False, "") for name in self.left_out if name not in told))
        self._people: dict[Modality, Related] = {}

    def _without_tracks(self, empty: NDArray[np.bool_]) -> tuple[str, ...]:
        """The clips of which no copy has a track."""
        gone = dict.fromkeys(self._items[int(i)].example.clip.id for i in np.flatnonzero(empty))
        kept = {e.clip.id for e in self.examples if e.clip.id in gone} if gone else ()
        return tuple(name for name in gone if name not in kept)

    def __len__(self) -> int:
        return len(self._kept)

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
        count = len({item.example.clip.id for item in self._items})
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

        Raises:
            RecipeError: the set is read in a stream.
        """
        if self.stream:
            raise RecipeError(
                f"the baseline of {modality} looks at all clips of a person, and '{self.name}' is read in a stream: "
                "leave one of them out"
            )
        self._people.pop(modality, None)
        tracks = {i: t for i in range(len(self)) if (t := self.tracks(i).get(modality)) is not None}
        items = (self._items[int(i)] for i in self._kept)
        people = [None if i.example.group is None else f"{i.example.group} {i.how}" for i in items]
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
        rounds = [self._shuffled(rng) for _ in range(-(-wanted // max(len(self), 1)))]
        shuffled = np.concatenate(rounds)[:wanted] if rounds else np.zeros(0, np.int64)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, len(shuffled), size * _POOL):
            pool = shuffled[start : start + size * _POOL]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            found = [pool[i : i + size] for i in range(0, len(pool), size)]
            batches += [found[i] for i in rng.permutation(len(found))] if self.stream else found
        return batches

    def _shuffled(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """All indices in random order. Those of a stream stay near their neighbours on the disk: see ``Source.stream``."""
        if not self.stream:
            return rng.permutation(len(self))
        parts = np.array_split(np.arange(len(self)), range(SHARD, len(self), SHARD))
        found = np.concatenate([parts[i] for i in rng.permutation(len(parts))])
        for start in range(0, len(found), self.stream):
            rng.shuffle(found[start : start + self.stream])
        return found

    def batch(self, indices: Sequence[int] | NDArray[np.int64], rng: np.random.Generator | None = None) -> Batch:
        """Pads some examples into one batch. ``rng`` draws what a growing person baseline knows in training."""
        return collate(
            [self.tracks(int(i), rng) for i in indices],
            {name: answers[indices] for name, answers in self._answers.items()},
            {m: store.quality for m, store in self._stores.items()},
            (self.name,) * len(indices),
        )

    def quality(self, modality: Modality) -> NDArray[np.float32]:
        """The quality of the modality in each example that has it, float32 (N', Q)."""
        here: NDArray[np.int64] = self._kept[self.present[modality]]
        found: NDArray[np.float32] = self._stores[modality].qualities()[here]
        return found

    def targets(self, task: str) -> NDArray[np.float32]:
        """All targets of a task, float32 (N, L). Rows of unlabelled examples hold NaN."""
        return self._answers[task]


def shown(sets: Sequence[ExampleSet], modality: Modality) -> bool:
    """Whether any example in these sets has the modality."""
    return any(part.present[modality].any() for part in sets)


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
            found.append(ExampleSet(source.name, split, items, stores, corpus.tasks, source.stream))
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


def _items(source: Source, split: str, examples: Sequence[Example], copies: Copies | None) -> Items:
    if copies is not None:
        return Items(limited(examples, copies.most), (copies.how,))
    if split == "train":
        return Items(limited(examples, source.limit), source.degrade)
    return Items(examples)


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
