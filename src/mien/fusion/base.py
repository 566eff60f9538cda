"""What every fusion is: states and masks of some modalities go in, one vector and one row of weights come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mien.registry import Family
from mien.types import Modality, Task


class Fused(NamedTuple):
    """``vector`` float (B, D); ``weights`` float (B, M), 0 for absent modalities. Each row of weights sums to 1."""

    vector: Tensor
    weights: Tensor


class Fusion(nn.Module, ABC):
    """Joins encoded modalities. A modality whose mask row is all false must not change anything.

    Args:
        dims: D of each modality's states, in the order of the weights.
        quality: number of quality values of each modality.
        tasks: the tasks that the heads answer.

    Attributes:
        dim: D of ``Fused.vector``.
    """

    dim: int

    def __init__(self, dims: Mapping[Modality, int], quality: Mapping[Modality, int], tasks: Sequence[Task]) -> None:
        super().__init__()
        self.modalities = tuple(dims)
        self.dims = tuple(dims.values())
        self.quality_sizes = tuple(quality[m] for m in dims)
        self.tasks = tuple(tasks)

    @abstractmethod
    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join the modalities.

        Args:
            states: float (B, T_m, D_m) of each of ``self.modalities``.
            masks: bool (B, T_m), true where there is data; all false in a row where the modality is absent.
            quality: float (B, Q_m).
            times: float (B, T_m), seconds of the states, counted from the earliest state of the example. Padding repeats the
                last time. Where a network pools over time, T_m is 1 and the time is the mean of the pooled times.
        """

    def observe(self, modality: Modality, shares: Mapping[str, Tensor], quality: Tensor) -> None:
        """Take in statistics of the training data before training; most fusions need none.

        Args:
            modality: the statistics are of the examples that have it.
            shares: {task: share of each label (L,)}.
            quality: all quality values (N, Q_m).
        """

    def parts_of(self, modality: Modality) -> tuple[str, ...]:
        """Names of the parts (modules, parameters) that serve one modality alone.

        A training can start from these parts of another run. Where there are none, it takes only the modality's network.
        """
        return ()

    def head(self, task: Task) -> nn.Module:
        """The module from ``Fused.vector`` to logits (B, task.size)."""
        return nn.Linear(self.dim, task.size)


def present(masks: list[Tensor]) -> Tensor:
    """Which modalities each example has: bool (B, M)."""
    return torch.stack([mask.any(dim=1) for mask in masks], dim=1)


fusions: Family[Fusion] = Family("fusions", "mien.fusion")
