"""What is prepared: examples, and how each is degraded. Sequences of them make each one when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from mien.types import Example


@dataclass(frozen=True, slots=True)
class Item:
    """An example, and ``how`` it is degraded (see ``data.degrade``; "" for not at all)."""

    example: Example
    how: str = ""


class Items(Sequence[Item]):
    """Each example degraded in each of some ways, made when it is asked for.

    Args:
        examples: the examples.
        hows: the ways.
    """

    def __init__(self, examples: Sequence[Example], hows: Sequence[str] = ("",)) -> None:
        self._examples, self._hows = examples, tuple(hows)

    def __len__(self) -> int:
        return len(self._examples) * len(self._hows)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        example, how = divmod(index, len(self._hows))
        return Item(self._examples[example], self._hows[how])


class Examples(Sequence[Example]):
    """The examples of some items, each looked up when it is asked for."""

    def __init__(self, items: Sequence[Item], kept: NDArray[np.int64]) -> None:
        self._items, self._kept = items, kept

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return Examples(self._items, self._kept[index])
        return self._items[int(self._kept[index])].example


def limited(examples: Sequence[Example], limit: int) -> Sequence[Example]:
    """At most ``limit`` examples (0: all), taken evenly over the file, so that no label is lost."""
    if not limit or len(examples) <= limit:
        return examples
    return [examples[int(i)] for i in np.linspace(0, len(examples) - 1, limit)]


class Copies(NamedTuple):
    """Degraded copies of a split.

    Attributes:
        how: "kind:level", see ``data.degrade``; "" leaves the examples as they are.
        most: the largest number of examples of a set, taken evenly over the set; 0 for all.
    """

    how: str
    most: int
