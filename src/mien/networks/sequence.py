"""Networks that turn rows of features into vectors: each row alone, or with the rows around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import RecipeError, closest
from mien.networks.pooled import Standardised


class RowNetwork(nn.Module):
    """Rows (B, T, size), mask bool (B, T) -> (B, T, hidden). With ``window``, (B, T, size + 1) -> (B, 1, hidden).

    Rows are standardised first.

    Args:
        size: features in a row, without the mark.
        hidden: size of the vectors.
        kind: "linear" (a linear map), "mlp" (one hidden layer), "beside" (a linear map, plus a map of the mean of the other
            rows), "conv" (a hidden layer, then two convolutions over three rows each) or "attention" (a hidden layer, then
            one layer of self-attention that knows the distance between rows).
        window: whether a last column marks the target row. The result is then the vector of this row.
        dropout: share dropped in training.

    Raises:
        RecipeError: there is no such kind, or the heads of the attention cannot share ``hidden`` values equally.
    """

    def __init__(self, size: int, hidden: int, kind: str, window: bool, dropout: float) -> None:
        super().__init__()
        if kind not in _KINDS:
            raise RecipeError(f"there is no network '{kind}' for rows; {closest(kind, _KINDS)}")
        bends, around = _KINDS[kind]
        self.dim, self.window = hidden, window
        self.row: Standardised = Standardised(size, hidden, dropout, 0.0)
        if not bends:
            self.row.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden))
        self.around = around(hidden, dropout) if around is not None else None

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Vectors of the rows, or of the marked row."""
        rows = values[..., :-1] if self.window else values
        states: Tensor = self.row(torch.where(mask.unsqueeze(-1), rows, torch.zeros_like(rows)), mask)
        if self.around is not None:
            states = self.around(states, mask)
        if not self.window:
            return states
        # The mark is the largest value of its column, even after a person baseline has shifted and scaled the column.
        marks = values[..., -1].masked_fill(~mask, -torch.inf)
        here = marks.argmax(dim=1).reshape(-1, 1, 1).expand(-1, 1, self.dim)
        return states.gather(1, here)

    def fit_statistics(self, tracks: Iterable[NDArray[Any]]) -> None:
        """Take centre and scale of the features from the training tracks."""
        self.row.fit_statistics(t[:, :-1] if self.window else t for t in tracks)


class Beside(nn.Module):
    """Adds to each row a linear map of the mean of all other rows; nothing is added where there is no other. Hard to overfit.

    There is no dropout here, because the rows have had it before.
    """

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.others = nn.Linear(hidden, hidden, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        kept = mask.unsqueeze(-1).to(states.dtype)
        others = (states * kept).sum(dim=1, keepdim=True) - states
        result: Tensor = states + self.others(others / (kept.sum(dim=1, keepdim=True) - 1).clamp(min=1))
        return result


class Convolutions(nn.Module):
    """Two residual convolutions over three rows each; places beyond the rows count as zero."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(hidden, hidden, 3, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        kept = mask.unsqueeze(-1).to(states.dtype)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            around = layer((norm(states) * kept).transpose(1, 2)).transpose(1, 2)
            states = states + self.dropout(functional.gelu(around))
        return states


class Attention(nn.Module):
    """One layer of self-attention (Vaswani et al. 2017, arXiv 1706.03762), in which nearer rows get a higher weight.

    A bias falls with the distance between rows as in ALiBi (Press et al. 2022, arXiv 2108.12409), on both sides, with a
    learned slope for each head.
    """

    def __init__(self, hidden: int, dropout: float, heads: int = 4) -> None:
        super().__init__()
        if hidden % heads:
            raise RecipeError(f"{heads} heads cannot share {hidden} values; make hidden a multiple of heads")
        self.heads = heads
        self.norm = nn.LayerNorm(hidden)
        self.queries = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.slopes = nn.Parameter(torch.linspace(-4.0, 0.0, heads))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        batch, time, dim = states.shape
        q, k, v = (
            part.reshape(batch, time, self.heads, dim // self.heads).transpose(1, 2)
            for part in self.queries(self.norm(states)).chunk(3, dim=-1)
        )
        place = torch.arange(time, device=states.device)
        far = (place.unsqueeze(0) - place.unsqueeze(1)).abs().to(states.dtype)
        scores = (q @ k.transpose(-1, -2)) / (dim // self.heads) ** 0.5
        scores = scores - functional.softplus(self.slopes).reshape(-1, 1, 1) * far
        scores = scores.masked_fill(~mask.reshape(batch, 1, 1, time), -1e4)
        heard = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(batch, time, dim)
        result: Tensor = states + self.dropout(self.out(heard))
        return result


class _Kind(NamedTuple):
    """How a kind of ``RowNetwork`` is built.

    Attributes:
        bends: whether a row goes through a hidden layer; else through a linear map alone.
        around: makes the module that uses the other rows, from hidden size and dropout; ``None`` for no such module.
    """

    bends: bool
    around: Callable[[int, float], nn.Module] | None


_KINDS = {
    "linear": _Kind(False, None),
    "mlp": _Kind(True, None),
    "beside": _Kind(False, Beside),
    "conv": _Kind(True, Convolutions),
    "attention": _Kind(True, Attention),
}
