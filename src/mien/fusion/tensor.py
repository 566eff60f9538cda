"""All products of the modalities' vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mien.fusion._blocks import Vectors, blank, equal_shares, joint
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.types import Modality, Task


@fusions.register
class TensorFusion(Fusion):
    """Tensor fusion network (Zadeh et al. 2017, arXiv 1707.07250): the outer product of the modalities' vectors, each with a 1.

    Because of the ones, the product also holds single modalities and pairs. An absent modality contributes only its 1, which
    leaves the products of the others as they are. The product has (width + 1) to the power of the number of modalities
    values. Shares are equal over the modalities present, because products have no shares.

    Args:
        dims, quality, tasks: see ``Fusion``.
        width: length of each modality's vector.
        hidden: width of the joint layer.
        dropout: share of the products dropped in training.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        width: int = 16,
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden
        self.vectors = Vectors(dims, width)
        self.joint = joint((width + 1) ** len(dims), hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by products."""
        here = present(masks)
        vectors = blank(torch.tanh(self.vectors(states, masks)), here)
        products = torch.ones_like(vectors[:, 0, :1])
        for factor in vectors.unbind(dim=1):
            with_one = torch.cat([torch.ones_like(factor[:, :1]), factor], dim=-1)
            products = (products.unsqueeze(2) * with_one.unsqueeze(1)).flatten(1)
        return Fused(self.joint(products), equal_shares(here))
