"""The one model: an encoder for each modality, a fusion, and a head for each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mien.fusion.base import Fusion
from mien.model.alignment import Encoded, align, clock
from mien.model.batch import Batch
from mien.networks.pooled import pooled
from mien.recipe.sections import Alignment
from mien.types import Modality, Task


class Outputs(NamedTuple):
    """``logits`` {task: (B, L)}, and the fusion's ``weights`` (B, M) of the modalities."""

    logits: dict[str, Tensor]
    weights: Tensor


class Model(nn.Module):
    """The encoders' networks, a fusion and heads.

    Attributes:
        bodies: {modality: the rest of its network}, for modalities whose batches hold the outputs of the trunk.
    """

    def __init__(
        self,
        networks: Mapping[Modality, nn.Module],
        fusion: Fusion,
        tasks: Sequence[Task],
        alignment: Alignment | None = None,
    ) -> None:
        super().__init__()
        self.alignment = alignment or Alignment()
        self.modalities = tuple(networks)
        self.tasks = tuple(tasks)
        self.bodies: dict[Modality, nn.Module] = {}
        self.networks = nn.ModuleDict({str(m): n for m, n in networks.items()})
        self.fusion = fusion
        self.heads = nn.ModuleDict({task.name: fusion.head(task) for task in tasks})

    def parts_of(self, modality: Modality) -> tuple[str, ...]:
        """Names of the parts that serve one modality alone: its network, and such parts of the fusion."""
        return f"networks.{modality}", *(f"fusion.{part}" for part in self.fusion.parts_of(modality))

    def forward(self, batch: Batch) -> Outputs:
        """Logits of every task for every example."""
        return self.answer(self.encode(batch))

    def encode(self, batch: Batch) -> Encoded:
        """Run the networks. Absent modalities get one masked state of zeros."""
        parts = [self._encode(m, batch) for m in self.modalities]
        states, masks, times = ([p[k] for p in parts] for k in range(3))
        return Encoded(states, masks, [batch.quality[m] for m in self.modalities], times)

    def answer(self, encoded: Encoded) -> Outputs:
        """Align and fuse the states, and run the heads."""
        steps = clock(self.alignment, encoded)
        fused = self.fusion(*align(self.alignment, self.modalities, encoded, steps))
        return Outputs({t.name: self.heads[t.name](fused.vector) for t in self.tasks}, fused.weights)

    def _encode(self, modality: Modality, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        network = self.networks[modality]
        if modality not in batch.x:
            device = next(iter(batch.quality.values())).device
            nothing = torch.zeros(batch.size, 1, int(network.dim), device=device)  # type: ignore[arg-type]  # Encoder.network's contract
            absent = torch.zeros(batch.size, 1, dtype=torch.bool, device=device)
            return nothing, absent, torch.zeros(batch.size, 1, device=device)
        mask, times = batch.mask[modality], batch.times[modality]
        state = self.bodies.get(modality, network)(batch.x[modality], mask).float()
        if state.shape[1] != mask.shape[1]:
            times = pooled(times.unsqueeze(-1), mask)
            mask = mask.any(dim=1, keepdim=True)
        return state, mask, times
