"""A gate for each modality, computed from all modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import Vectors, size_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.networks.pooled import pooled
from mien.types import Modality, Task


@fusions.register
class GatedUnit(Fusion):
    """Gated multimodal unit (Arevalo et al. 2017, arXiv 1702.01992), extended to absence.

    Let x_m be the mean over time of modality m, and [x] all of them side by side, with zeros where one is absent. Then

        h = sum over m present of  sigmoid(U_m [x]) * tanh(W_m x_m)

    Shares are the mean absolute sizes of the modalities' parts of this sum, normalised.

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of h.
        dropout: share of h dropped in training.
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
        self.dim = hidden
        self.vectors = Vectors(dims, hidden)
        self.gates = nn.Linear(sum(self.dims), hidden * len(dims))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by gates."""
        seen = torch.cat([pooled(s, k) for s, k in zip(states, masks, strict=True)], dim=-1)
        gates = self.gates(seen).sigmoid().reshape(-1, len(self.dims), self.dim)
        # Where a modality is absent, its vector is zero, and so its part is zero too.
        parts = gates * self.vectors(states, masks).tanh()
        return Fused(self.dropout(parts.sum(dim=1)), size_shares(parts, present(masks)))
