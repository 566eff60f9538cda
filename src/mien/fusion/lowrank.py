"""The tensor fusion in factors, without computing the tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import equal_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.networks.pooled import pooled
from mien.types import Modality, Task


@fusions.register
class LowRank(Fusion):
    """Low-rank multimodal fusion (Liu et al. 2018, arXiv 1806.00064): the tensor fusion's map as a sum of products of factors.

        h = sum over ranks r of  c_r * product over modalities m of  (W_mr [x_m, 1])

    The constant 1 is the bias of a linear map. An absent modality contributes only this bias, as in ``tensor``. Shares are
    equal over the modalities present, because products have no shares.

    Args:
        dims, quality, tasks: see ``Fusion``.
        rank: number of products summed.
        hidden: width of h.
        dropout: share of h dropped in training.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        rank: int = 4,
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden
        self.factors = nn.ModuleList(_factor(dim, rank * hidden) for dim in self.dims)
        self.ranks = nn.Linear(rank, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by a sum of products."""
        products = torch.ones(1, device=states[0].device)
        for factor, state, mask in zip(self.factors, states, masks, strict=True):
            products = products * factor(pooled(state, mask))
        vector = self.ranks(products.reshape(products.shape[0], -1, self.dim).transpose(1, 2)).squeeze(-1)
        return Fused(self.dropout(vector), equal_shares(present(masks)))


def _factor(size: int, out: int) -> nn.Linear:
    """A linear map with bias 1. So products start near their other factors; small random factors would make them vanish."""
    factor = nn.Linear(size, out)
    nn.init.ones_(factor.bias)
    return factor
