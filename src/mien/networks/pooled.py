"""The mean over time, and a small network on standardised statistics of an utterance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over the places where the mask is true: (B, T, D), bool (B, T) -> (B, D); zeros where there are none."""
    kept = torch.where(mask.unsqueeze(-1), states, torch.zeros_like(states))
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1).to(states.dtype)


def utterance_statistics(values: Tensor, mask: Tensor, states: int) -> Tensor:
    """Mean and deviation over the rows of an utterance, computed exactly from means and mean squares.

    Args:
        values: (B, T, 2 * states + others + 1): means, mean squares, other columns, and how many frames a row covers.
        mask: bool (B, T), true where there is a row.
        states: number of state values.

    Returns:
        (B, 2 * states + 2 * others): mean and deviation of the states, then mean and deviation of the others over the rows.
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
        dropout: share of the inputs and of the vector dropped in training.
        hidden: size of the vector.
        noise: deviation of Gaussian noise on the standardised inputs in training.
    """

    def __init__(self, states: int, others: int, dropout: float, hidden: int = 256, noise: float = 0.2) -> None:
        super().__init__()
        self.dim = hidden
        self.trunk = Statistics(states)
        self.body = Standardised(2 * states + 2 * others, hidden, dropout, noise)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per utterance."""
        vector: Tensor = self.body(self.trunk(values, mask), mask.any(dim=1, keepdim=True))
        return vector


class Statistics(nn.Module):
    """``utterance_statistics`` as a module: (B, T, C) -> (B, 1, D)."""

    def __init__(self, states: int) -> None:
        super().__init__()
        self.states = states

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One row per utterance."""
        return utterance_statistics(values, mask, self.states).unsqueeze(1)


class Standardised(nn.Module):
    """Inputs standardised by mean and deviation of the training data, then one hidden layer: (B, T, D) -> (B, T, hidden)."""

    centre: Tensor
    scale: Tensor

    def __init__(self, size: int, hidden: int, dropout: float, noise: float) -> None:
        super().__init__()
        self.noise = noise
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden), nn.GELU(), nn.Dropout(dropout))

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per row."""
        z = ((values - self.centre) / self.scale).clamp(-6.0, 6.0)
        if self.training:
            z = z + self.noise * torch.randn_like(z)
        vectors: Tensor = self.layers(z)
        return vectors

    def fit_statistics(self, tracks: Iterable[NDArray[Any]]) -> None:
        """Take centre and scale of the inputs from the trunk's outputs for the training data, each (T, D)."""
        count, total, squares = 0, torch.zeros(()), torch.zeros(())
        for values in tracks:
            rows = torch.from_numpy(values).double()
            count, total, squares = count + len(rows), total + rows.sum(dim=0), squares + rows.square().sum(dim=0)
        if count > 1:
            centre = total / count
            variance = (squares - count * centre.square()) / (count - 1)
            self.centre.copy_(centre)
            self.scale.copy_(variance.clamp(min=1e-6).sqrt())
