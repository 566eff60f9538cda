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
    """Mean over time, one linear map per modality, mean or maximum over the modalities present, one nonlinear layer.

    Pooling over views as in multi-view networks (Su et al. 2015, arXiv 1505.00880). Shares are equal for the mean; for the
    maximum they say in what part of the vector each modality is the largest.

    Args:
        dims, quality, tasks: see ``Fusion``.
        how: "mean" or "max".
        hidden: width of the maps and of the joint layer.
        dropout: share of the joint layer's input dropped in training.

    Raises:
        RecipeError: another ``how``.
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
