"""The one noun of tensors: some examples, padded to one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.types import Example, Modality, Task, Track


class Batch(NamedTuple):
    """B examples, padded; made by ``collate``. Every example has at least one modality.

    Attributes:
        x: {modality: (B, T, ...)}; a modality that no example has is left out.
        mask: {modality: bool (B, T)}, true where there is data.
        quality: {modality: float (B, Q)}.
        times: {modality: float (B, T)} seconds on the clip's clock; padding repeats the last one.
        targets: {task: float (B, L)}.
        labelled: {task: bool (B,)}, which examples have a target.
    """

    x: Mapping[Modality, Tensor]
    mask: Mapping[Modality, Tensor]
    quality: Mapping[Modality, Tensor]
    times: Mapping[Modality, Tensor]
    targets: Mapping[str, Tensor]
    labelled: Mapping[str, Tensor]

    @property
    def size(self) -> int:
        """B."""
        return len(next(iter(self.mask.values())))


def collate(
    tracks: Sequence[Mapping[Modality, Track]],
    examples: Sequence[Example],
    tasks: Sequence[Task],
    quality: Mapping[Modality, int],
) -> Batch:
    """Pad tracks and targets.

    Raises:
        ValueError: if an example has no modality at all.
    """
    if not all(tracks):
        raise ValueError("every example needs at least one modality")
    x: dict[Modality, Tensor] = {}
    mask: dict[Modality, Tensor] = {}
    marks: dict[Modality, Tensor] = {}
    times: dict[Modality, Tensor] = {}
    for m, size in quality.items():
        marks[m] = torch.from_numpy(np.stack([t[m].quality if m in t else np.zeros(size, np.float32) for t in tracks]))
        if any(m in t for t in tracks):
            x[m], mask[m] = _pad([t[m].values if m in t else None for t in tracks])
            times[m] = _pad_times([t[m].times if m in t else np.zeros(1) for t in tracks], mask[m].shape[1])
    targets, labelled = {}, {}
    for task in tasks:
        rows = [e.targets.get(task.name) for e in examples]
        labelled[task.name] = torch.tensor([r is not None for r in rows])
        filled = [np.zeros(task.size, np.float32) if r is None else r for r in rows]
        targets[task.name] = torch.from_numpy(np.stack(filled))
    return Batch(x, mask, marks, times, targets, labelled)


def _pad(rows: Sequence[NDArray[Any] | None]) -> tuple[Tensor, Tensor]:
    """Zero-pad to one length: (B, T, ...) and bool (B, T)."""
    sample = next(r for r in rows if r is not None)
    longest = max(len(r) for r in rows if r is not None)
    values = np.zeros((len(rows), longest, *sample.shape[1:]), sample.dtype)
    mask = np.zeros((len(rows), longest), bool)
    for i, row in enumerate(rows):
        if row is not None:
            values[i, : len(row)] = row
            mask[i, : len(row)] = True
    return torch.from_numpy(values), torch.from_numpy(mask)


def _pad_times(rows: Sequence[NDArray[np.float64]], longest: int) -> Tensor:
    """Float (B, T); padding repeats the last time."""
    times = np.empty((len(rows), longest), np.float32)
    for place, row in zip(times, rows, strict=True):
        place[: len(row)], place[len(row) :] = row, row[-1]
    return torch.from_numpy(times)
