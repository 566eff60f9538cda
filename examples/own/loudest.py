"""A fusion of one's own in one file: the modality that says most counts most."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion.base import Fused, Fusion, present
from mien.types import Modality, Task


class Loudest(Fusion):
    """One linear map per modality; each counts by a learned score of its own state, and absent ones count nothing.

    Args:
        dims, quality, tasks: see ``Fusion``. mien gives them.
        hidden: width of the joint vector. A recipe may set it: ``fusion.hidden = 32``.
    """

    def __init__(
        self, dims: Mapping[Modality, int], quality: Mapping[Modality, int], tasks: Sequence[Task], hidden: int = 16
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in self.dims)
        self.scores = nn.ModuleList(nn.Linear(hidden, 1) for _ in self.dims)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join the modalities: states (B, T, D) and masks (B, T) of each."""
        vectors, scores = [], []
        for state, mask, to_joint, score in zip(states, masks, self.maps, self.scores, strict=True):
            there = mask.unsqueeze(-1).to(state.dtype)
            # What is not there may hold anything, so it is replaced and not multiplied.
            kept = torch.where(mask.unsqueeze(-1), state, torch.zeros_like(state))
            vector = torch.tanh(to_joint(kept.sum(dim=1) / there.sum(dim=1).clamp(min=1.0)))
            vectors.append(vector)
            scores.append(score(vector))
        here = present(masks)
        weights = torch.cat(scores, dim=1).masked_fill(~here, -30.0).softmax(dim=1) * here
        joined = (weights.unsqueeze(-1) * torch.stack(vectors, dim=1)).sum(dim=1)
        return Fused(joined, weights)
