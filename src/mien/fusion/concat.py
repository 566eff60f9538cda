"""Concatenation of the pooled modalities, the simplest fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import equal_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.networks.pooled import pooled
from mien.types import Modality, Task


@fusions.register
class Concat(Fusion):
    """Mean over time and one linear map per modality, the results side by side, then one hidden layer (early fusion).

    An absent modality contributes a learned vector of its own, so that absence is not mistaken for a value. Weights are
    equal over the modalities present, because a concatenation has no shares.

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of each modality's map and of the joint layer; 0 leaves both out.
        dropout: share of the joint vector dropped in training.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden or sum(dims.values())
        self.maps = nn.ModuleDict({m: nn.Linear(dim, hidden) if hidden else nn.Identity() for m, dim in dims.items()})
        self.absent = nn.ParameterDict({m: nn.Parameter(torch.zeros(hidden or dim)) for m, dim in dims.items()})
        joint = (nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden * len(dims), hidden), nn.GELU()) if hidden else ()
        self.joint = nn.Sequential(*joint)

    def parts_of(self, modality: Modality) -> tuple[str, ...]:
        """Its map, and the vector that stands for it where it is absent."""
        return f"maps.{modality}", f"absent.{modality}"

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by concatenation."""
        here = present(masks)
        parts = []
        for index, name in enumerate(self.modalities):
            vector = self.maps[name](pooled(states[index], masks[index]))
            parts.append(torch.where(here[:, index : index + 1], vector, self.absent[name]))
        return Fused(self.joint(torch.cat(parts, dim=-1)), equal_shares(here))
