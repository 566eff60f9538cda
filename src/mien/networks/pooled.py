"""Statistics over an utterance, standardised, and a small map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def utterance_statistics(values: Tensor, mask: Tensor, states: int) -> Tensor:
    """Mean and deviation over all masked rows, put together exactly from rows of means and mean squares.

    Args:
        values: (B, T, 2 * states + others + 1): means, mean squares, other columns, and how many frames a row covers.
        mask: bool (B, T).
        states: number of state values.

    Returns:
        (B, 2 * states + 2 * others): mean and deviation of the states, mean and deviation of the others over rows.
    """
    rows = torch.where(mask.unsqueeze(-1), values.float(), torch.zeros_like(values, dtype=torch.float32))
    weight = rows[..., -1:] / rows[..., -1:].sum(dim=1, keepdim=True).clamp(min=1.0)
    mean = (rows[..., :states] * weight).sum(dim=1)
    square = (rows[..., states : 2 * states] * weight).sum(dim=1)
    others = rows[..., 2 * states : -1]
    middle = (others * weight).sum(dim=1)
    spread = ((others - middle.unsqueeze(1)).square() * weight).sum(dim=1)
    return torch.cat([mean, _root(square - mean.square()), middle, _root(spread)], dim=-1)


def _root(variance: Tensor) -> Tensor:
    return variance.clamp(min=1e-6).sqrt()


class PooledStatistics(nn.Module):
    """Rows of statistics (B, T, C), mask bool (B, T) -> one vector per utterance (B, 1, hidden).

    Args:
        states: state values per row (see ``utterance_statistics``).
        others: further columns per row.
        hidden: size of the vector.
        dropout: share of the inputs and of the vector dropped in training.
        noise: deviation of Gaussian noise on the standardised inputs in training.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, states: int, others: int, hidden: int = 256, dropout: float = 0.5, noise: float = 0.2) -> None:
        super().__init__()
        self.states, self.noise, self.dim = states, noise, hidden
        size = 2 * states + 2 * others
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.body = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden), nn.GELU(), nn.Dropout(dropout))

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per utterance."""
        z = ((utterance_statistics(values, mask, self.states) - self.centre) / self.scale).clamp(-6.0, 6.0)
        if self.training:
            z = z + self.noise * torch.randn_like(z)
        vector: Tensor = self.body(z)
        return vector.unsqueeze(1)

    def fit_statistics(self, tracks: Iterable[NDArray[Any]]) -> None:
        """Take centre and scale of the inputs from the training tracks, each (T, C)."""
        rows = []
        for values in tracks:
            one = torch.from_numpy(values).unsqueeze(0)
            rows.append(utterance_statistics(one, torch.ones(one.shape[:2], dtype=torch.bool), self.states)[0])
        whole = torch.stack(rows)
        self.centre.copy_(whole.mean(dim=0))
        self.scale.copy_(whole.std(dim=0).clamp(min=1e-3))
