from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.data.sets import ExampleSet
from mien.evaluation.evaluate import Keep, predict
from mien.evaluation.missing import by_subset, mean_cells, missing, subsets
from mien.events import finish
from mien.types import Clip, Example, Float32, Modality, Task

TASK = Task("mood", "single", ("low", "high"))


class Set:
    """Examples that all have words and a face; every fourth has a voice too."""

    name, split = "s", "test"

    def __init__(self, size: int) -> None:
        hot = np.eye(2, dtype=np.float32)
        self.examples = [Example(Clip(f"s/{i}"), {"mood": hot[i % 2]}, None, "test", "s") for i in range(size)]

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def present(self) -> dict[Modality, NDArray[np.bool_]]:
        every = np.ones(len(self), bool)
        return {"text": every, "voice": np.arange(len(self)) % 4 == 0, "face": every}

    def order(self, size: int, rng: None) -> list[NDArray[np.int64]]:
        return [np.arange(len(self))[k : k + size] for k in range(0, len(self), size)]

    def targets(self, task: str) -> Float32:
        return np.stack([e.targets[task] for e in self.examples])


class Words(Set):
    """Examples that have words alone."""

    @property
    def present(self) -> dict[Modality, NDArray[np.bool_]]:
        return {m: here & (m == "text") for m, here in super().present.items()}


class KnowsWords:
    """Right where there are words, else "low"."""

    tasks: Sequence[Task] = (TASK,)

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        truth = part.targets("mood")[rows]
        low = np.asarray([1.0, 0.0], np.float32)
        for keep in keeps:
            assert np.any(list(keep.values()), axis=0).all(), "nobody is left without anything"
        return [{"mood": np.where(keep["text"][:, None], truth, low)} for keep in keeps]


def test_subsets_in_order() -> None:
    assert subsets(["face", "text"]) == [("text",), ("face",), ("text", "face")]
    assert len(subsets(["text", "voice", "face"])) == 7


def test_what_is_lost_with_the_words() -> None:
    part = cast(ExampleSet, Set(200))
    cells = {(c.subset, c.rate): c for c in finish(missing(KnowsWords(), part, rates=(0.0, 0.5), seeds=(0, 1, 2)))}
    assert cells["text", 0.0].value == 1.0
    assert cells["text", 0.0].collapse == 0.5
    assert cells["face", 0.0].collapse == 1.0, "always low"
    assert cells["face", 0.0].value == pytest.approx(1 / 3, abs=1e-4)
    assert cells["face", 0.0].majority == pytest.approx(1 / 3, abs=1e-4)
    assert cells["voice", 0.0].n == 50, "the others have no voice"
    assert ("text", 0.5) not in cells, "a single modality is never missing"
    half = cells["text+face", 0.5]
    # Words are gone in a quarter of the cases, and where both would be one stays: 3/8 in all; half of these are wrong.
    assert half.collapse == pytest.approx(0.5 + 3 / 16, abs=0.05)
    assert cells["text+face", 0.0].value == 1.0


class Turned(Set):
    """The same, of a recipe that names its encoders in another order."""

    @property
    def present(self) -> dict[Modality, NDArray[np.bool_]]:
        return dict(reversed(super().present.items()))


class Late(Set):
    """The first half has words alone."""

    @property
    def present(self) -> dict[Modality, NDArray[np.bool_]]:
        late = np.arange(len(self)) >= len(self) // 2
        return {m: here & (late | (m == "text")) for m, here in super().present.items()}


def test_modalities_of_a_set_are_those_of_all_its_examples() -> None:
    (said,) = finish(predict(Whole(), cast(ExampleSet, Late(120))))
    assert said.modality == "text+voice+face"


def test_the_same_are_missing_for_everybody() -> None:
    part = cast(ExampleSet, Set(40))
    one, other = (finish(missing(KnowsWords(), part, rates=(0.3,), seeds=(5,))) for _ in range(2))
    assert one == other
    turned = cast(ExampleSet, Turned(40))
    assert finish(missing(KnowsWords(), turned, rates=(0.3,), seeds=(5,))) == one, (
        "whatever the order of encoders in a recipe"
    )


class Counts(KnowsWords):
    """How often each example was asked about, however many ways at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        self.asked += rows.tolist()
        return super().answers(part, rows, keeps)


class Whole(Counts):
    """With all they have."""

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        return super().answers(part, rows, [{"text": np.ones(len(rows), bool)} for _ in keeps])


def test_each_subset_answers_for_those_who_have_all_of_it() -> None:
    part = cast(ExampleSet, Set(200))
    system, whole = Counts(), finish(predict(Whole(), part))
    found = {p.modality: p for p in finish(by_subset(system, part, whole))}
    everybody, voiced = [f"s/{i}" for i in range(200)], [f"s/{i}" for i in range(0, 200, 4)]
    assert {name: list(p.ids) for name, p in found.items()} == {
        **dict.fromkeys(["text", "face", "text+face"], everybody),
        **dict.fromkeys(["voice", "text+voice", "voice+face", "text+voice+face"], voiced),
    }
    right = {name: float((p.scores.argmax(1) == p.targets.argmax(1)).mean()) for name, p in found.items()}
    assert right["text"] == right["text+voice"] == right["text+voice+face"] == 1.0
    assert right["face"] == 0.5, "always low"
    assert right["voice+face"] == 1.0, "every fourth is low"
    assert sorted(system.asked) == list(range(200)), "once for all subsets"


def test_the_only_modality_is_not_asked_again() -> None:
    part = cast(ExampleSet, Words(8))
    (one,) = finish(by_subset(system := Counts(), part, finish(predict(Whole(), part))))
    assert (one.modality, len(one)) == ("text", 8)
    assert system.asked == []


def test_cells_of_several_runs_are_means() -> None:
    (cell, *_) = finish(missing(KnowsWords(), cast(ExampleSet, Set(8))))
    from dataclasses import replace

    (mean,) = mean_cells([[cell], [replace(cell, value=0.5, collapse=1.0, majority=0.5)]])
    assert mean.value == 0.75
    assert mean.collapse == 0.75
    assert cell.majority is not None
    assert mean.majority == pytest.approx((cell.majority + 0.5) / 2, abs=1e-4)
    (unknown,) = mean_cells([[replace(cell, collapse=None, majority=None)]] * 2)
    assert (unknown.collapse, unknown.majority) == (None, None)
