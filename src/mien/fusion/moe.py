"""An expert for each modality and a router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import Vectors, equal_shares, joint, softmax_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.types import Modality, Task

# This share is divided equally, because an expert that gets nothing from the router would stop learning.
_TO_ALL = 0.1


@fusions.register
class ModalityExperts(Fusion):
    """Mixture of experts (Jacobs et al. 1991), one for each modality, as in Mees et al. 2016 (arXiv 1707.05733).

    An expert gets its modality alone, so it works where the others are absent. The router gets all modalities present and
    gives each expert a weight. Nine tenths of the weights are a softmax over the modalities present, one tenth is divided
    equally. Shares are these weights.

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of experts, router and joint layer.
        dropout: share dropped in training before each of them.
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
        self.experts = nn.ModuleList(joint(hidden, hidden, dropout) for _ in dims)
        self.router = nn.Sequential(*joint(hidden * len(dims), hidden, dropout), nn.Linear(hidden, len(dims)))
        self.joint = joint(hidden, hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by a routed mixture."""
        here = present(masks)
        vectors = self.vectors(states, masks)
        chosen = softmax_shares(self.router(vectors.flatten(1)), here)
        shares = (1 - _TO_ALL) * chosen + _TO_ALL * equal_shares(here)
        opinions = torch.stack([e(v) for e, v in zip(self.experts, vectors.unbind(dim=1), strict=True)], dim=1)
        return Fused(self.joint((shares.unsqueeze(1) @ opinions).squeeze(1)), shares)
