from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mien.export.graphs import encoder_graph
from mien.types import Track

from ..conftest import ROOT


class Doubled(nn.Module):
    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask.unsqueeze(-1), 2 * values, torch.zeros_like(values))


def test_a_graph_does_not_tell_where_it_was_made() -> None:
    """Else the same weights have another hash on every machine, and a shared bundle names the folders of who made it."""
    track = Track(np.arange(2.0), np.ones((2, 3), np.float32))
    raw = encoder_graph(Doubled(), track).SerializeToString()
    for place in (str(ROOT), ".py", "site-packages"):
        assert place.encode() not in raw, place
