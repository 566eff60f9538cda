"""The batch: some examples as tensors, padded to one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from mien.model.padding import padded
from mien.types import Float32, Modality, Track

_K = TypeVar("_K", bound=str)


class Batch(NamedTuple):
    """B examples, padded; made by ``collate``. Every example has at least one modality.

    Attributes:
        x: {modality: (B, T, ...)}; a modality that no example has is left out.
        mask: {modality: bool (B, T)}, true where there is data; a modality that no example has is left out.
        quality: {modality: float (B, Q)} for every modality of the model; zeros where an example lacks the modality.
        times: {modality: float (B, T)} seconds on the clip's clock; padding repeats the last time.
        targets: {task: float (B, L)}; zeros where there is no target.
        labelled: {task: bool (B,)}, which examples have a target.
        sources: names of the data sets of the examples, (B,); () where nothing depends on them.
    """

    x: Mapping[Modality, Tensor]
    mask: Mapping[Modality, Tensor]
    quality: Mapping[Modality, Tensor]
    times: Mapping[Modality, Tensor]
    targets: Mapping[str, Tensor]
    labelled: Mapping[str, Tensor]
    sources: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """B."""
        return len(next(iter(self.mask.values())))

    def to(self, device: torch.device) -> Batch:
        """The same batch with its tensors on a device; itself on the CPU, where every batch is made."""
        if device.type == "cpu":
            return self
        return Batch(
            _moved(self.x, device),
            _moved(self.mask, device),
            _moved(self.quality, device),
            _moved(self.times, device),
            _moved(self.targets, device),
            _moved(self.labelled, device),
            self.sources,
        )


def _moved(tensors: Mapping[_K, Tensor], device: torch.device) -> dict[_K, Tensor]:
    return {name: tensor.to(device, non_blocking=True) for name, tensor in tensors.items()}


def collate(
    tracks: Sequence[Mapping[Modality, Track]],
    answers: Mapping[str, Float32],
    quality: Mapping[Modality, int],
    sources: tuple[str, ...] = (),
) -> Batch:
    """Join the tracks and targets of examples into a padded batch.

    Args:
        tracks: {modality: track} of each example.
        answers: {task: float32 (B, L)}; a row of NaN where an example has no target.
        quality: {modality: number of quality values}.
        sources: see ``Batch``.

    Raises:
        ValueError: an example has no modality.
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
            x[m], mask[m], times[m] = (torch.from_numpy(part) for part in padded([t.get(m) for t in tracks]))
    labelled = {name: torch.from_numpy(~np.isnan(rows[:, 0])) for name, rows in answers.items()}
    targets = {name: torch.from_numpy(np.nan_to_num(rows)) for name, rows in answers.items()}
    return Batch(x, mask, marks, times, targets, labelled, sources)
