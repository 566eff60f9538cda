"""The mean or the maximum over modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mien.errors import RecipeError
from mien.fusion._blocks import Vectors, equal_shares, joint
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.types import Modality, Task


@fusions.register
class Pooling(Fusion):
    """Mean over time and a linear map per modality, mean or maximum over the modalities present, then a nonlinear layer.

    Multi-view networks pool over views in this way (Su et al. 2015, arXiv 1505.00880). With the mean, shares are equal. With
    the maximum, a share is the part of the vector in which the modality is the largest.

    Args:
        dims, quality, tasks: see ``Fusion``.
        how: "mean" or "max".
        hidden: width of the maps and of the joint layer.
        dropout: share of the joint layer's input dropped in training.

    Raises:
        RecipeError: ``how`` has another value.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        how: str = "mean",
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(dims, quality, tasks)
        if how not in ("mean", "max"):
            raise RecipeError(f"pooling takes the mean or the max of modalities, not '{how}'")
        self.dim = hidden
        self.largest = how == "max"
        self.vectors = Vectors(dims, hidden)
        self.joint = joint(hidden, hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by pooling."""
        here = present(masks)
        vectors, shares = self.vectors(states, masks), equal_shares(here)
        if not self.largest:
            return Fused(self.joint((shares.unsqueeze(1) @ vectors).squeeze(1)), shares)
        rivals = vectors.masked_fill(~here.unsqueeze(-1), -torch.inf)
        best = rivals.amax(dim=1)
        wins = (rivals == best.unsqueeze(1)).float().mean(dim=-1) * here
        return Fused(self.joint(best), wins / wins.sum(dim=1, keepdim=True).clamp(min=1e-12))
