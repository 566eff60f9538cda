"""The order of the batches of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.data.sets import ExampleSet


def epoch(
    sets: Sequence[ExampleSet], size: int, rng: np.random.Generator, balance: float = 0.0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """One pass over all sets in mixed order: (index of the set, indices of a batch). A batch never mixes sets.

    The batches of a stream keep their order, with those of other sets between them. ``balance`` is as in ``drawn``.
    """
    counts = drawn([len(s) for s in sets], balance)
    plan = [(k, b) for k, (s, count) in enumerate(zip(sets, counts, strict=True)) for b in s.order(size, rng, count)]
    order = rng.permutation(len(plan))
    of = np.asarray([k for k, _ in plan], np.int64)[order]
    for k in (k for k, part in enumerate(sets) if part.stream):
        order[of == k] = np.sort(order[of == k])
    for i in order:
        yield plan[i]


def drawn(sizes: Sequence[int], balance: float) -> list[int]:
    """How many examples of each set an epoch draws, with about the same sum.

    Args:
        sizes: of the sets.
        balance: 0 draws every example once, 1 as many of every set, and 0.5 draws by the square root of the size.
    """
    shares = np.asarray(sizes, np.float64) ** (1.0 - balance)
    return [max(1, round(float(c))) for c in sum(sizes) * shares / max(shares.sum(), 1e-9)]
