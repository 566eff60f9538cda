"""What the check of an export refuses, with graphs that answer what they should not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.bundle.table import Parity
from mien.errors import ParityError
from mien.export.parity import check, check_trunk
from mien.types import Task, Track

MOOD = Task("mood", "single", ("good", "bad"))
VALENCE = Task("valence", "score", bounds=(-3.0, 3.0))


class Says(nn.Module):
    """A model that says of the k-th example what it was told to."""

    def __init__(self, logits: Mapping[Task, Sequence[Sequence[float]]]) -> None:
        super().__init__()
        self.tasks = tuple(logits)
        self._logits = {task.name: torch.tensor(rows) for task, rows in logits.items()}

    def forward(self, rows: Any) -> Any:
        return SimpleNamespace(logits={name: values[rows] for name, values in self._logits.items()})


class Probe:
    """The k-th example is the number k."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def batch(self, rows: Any) -> Any:
        return torch.as_tensor(np.asarray(rows))

    def tracks(self, index: int) -> int:
        return index


class Graphs:
    """A bundle that gives each example the scores it was told to."""

    def __init__(self, scores: Mapping[str, Sequence[Sequence[float]]]) -> None:
        self._scores = scores

    def answer(self, index: int) -> Any:
        return SimpleNamespace(scores={n: np.asarray(rows[index], np.float32) for n, rows in self._scores.items()})


def checked(model: Says, scores: Mapping[str, Sequence[Sequence[float]]], shrunk: bool) -> Parity:
    size = len(next(iter(scores.values())))
    return check(model, Graphs(scores), [Probe(size)], shrunk)  # type: ignore[arg-type, list-item]  # they answer as those do


@pytest.mark.parametrize("shrunk", [False, True])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_is_refused(wrong: float, shrunk: bool) -> None:
    moods = {MOOD: [[0.0, 2.0], [0.0, 2.0]]}
    with pytest.raises(ParityError, match="nothing was exported"):
        checked(Says(moods), {"mood": [[0.12, 0.88], [wrong, wrong]]}, shrunk)
    with pytest.raises(ParityError, match="nothing was exported"):
        checked(Says({MOOD: [[wrong, 2.0], [wrong, 2.0]]}), {"mood": [[wrong, wrong]] * 2}, shrunk)


def test_a_score_in_fewer_bits_stays_near_what_it_was() -> None:
    model = Says({VALENCE: [[-1.0], [2.0]]})
    near = checked(model, {"valence": [[-0.8], [1.9]]}, shrunk=True)
    assert near.largest_difference == pytest.approx(0.2)
    assert (near.same_top_label, near.examples) == (None, 2)
    with pytest.raises(ParityError, match="largest difference 2"):
        checked(model, {"valence": [[1.0], [2.0]]}, shrunk=True)
    with pytest.raises(ParityError, match=r"largest difference 0\.2"):
        checked(model, {"valence": [[-0.8], [1.9]]}, shrunk=False)


def test_examples_are_counted_once_and_labels_where_there_are_any() -> None:
    model = Says({MOOD: [[0.0, 9.0], [9.0, 0.0]], VALENCE: [[0.0], [1.0]]})
    found = checked(model, {"mood": [[0.0, 1.0], [1.0, 0.0]], "valence": [[0.0], [1.0]]}, shrunk=False)
    assert (found.examples, found.same_top_label) == (2, 1.0)
    with pytest.raises(ParityError, match=r"same top label in 50\.0%"):
        checked(model, {"mood": [[0.0, 1.0], [0.4, 0.6]], "valence": [[0.0], [1.0]]}, shrunk=True)


@pytest.mark.parametrize(("wrong", "shrunk"), [(math.nan, False), (math.nan, True), (1.5, False)])
def test_a_trunk_that_differs_is_refused(wrong: float, shrunk: bool) -> None:
    def trunk(values: Tensor, mask: Tensor) -> Tensor:
        return values

    def graph(outputs: None, feed: Mapping[str, Any]) -> list[Any]:
        return [feed["values"] * factor]

    track = Track(np.arange(2.0), np.ones((2, 3), np.float32))
    factor = 1.0
    check_trunk("voice", SimpleNamespace(run=graph), trunk, [track], shrunk)
    factor = wrong
    with pytest.raises(ParityError, match="the exported trunk of voice differs from the model by"):
        check_trunk("voice", SimpleNamespace(run=graph), trunk, [track], shrunk)
