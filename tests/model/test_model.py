"""What reaches the fusion: states, masks and times on one clock."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mien.emotions import EMOTIONS
from mien.fusion.base import Fused, Fusion
from mien.model.batch import collate
from mien.model.model import Model
from mien.types import EMOTION, Modality, Track

_QUALITY: dict[Modality, int] = {"voice": 1, "face": 1}


class Seen(Fusion):
    """Keeps what it is given."""

    dim = 1

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        self.states, self.masks, self.times = states, masks, times
        return Fused(torch.zeros(len(masks[0]), 1), torch.ones(len(masks[0]), 2) / 2)


class Rows(nn.Module):
    dim = 2

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        return values


class Mean(Rows):
    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        return values.mean(dim=1, keepdim=True)


def track(*times: float) -> Track:
    return Track(np.asarray(times), np.ones((len(times), 2), np.float32), np.ones(1, np.float32))


def seen(*tracks: dict[Modality, Track]) -> Seen:
    fusion = Seen({"voice": 2, "face": 2}, _QUALITY, (EMOTION,))
    model = Model({"voice": Rows(), "face": Mean()}, fusion, (EMOTION,))
    targets = np.tile(np.eye(len(EMOTIONS), dtype=np.float32)[:1], (len(tracks), 1))
    model(collate(tracks, {"emotion": targets}, _QUALITY))
    return fusion


def test_times_start_with_the_earliest_row_and_padding_repeats_the_last() -> None:
    fusion = seen({"voice": track(60.5, 61.0, 62.0), "face": track(60.0, 62.0)}, {"voice": track(7.0)})
    voice, face = fusion.times
    assert voice.tolist() == [[0.0, 0.5, 1.5], [0.0, 0.0, 0.0]]
    assert fusion.masks[0].tolist() == [[True, True, True], [True, False, False]]
    assert face[0].tolist() == [0.5], "a network that pools has the mean of the times"
    assert fusion.masks[1].tolist() == [[True], [False]]


def test_a_modality_that_no_example_has_moves_no_clock() -> None:
    fusion = seen({"voice": track(3.0, 4.0)})
    assert fusion.times[0].tolist() == [[0.0, 1.0]]
    assert fusion.masks[1].tolist() == [[False]]
