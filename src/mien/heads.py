"""Kind of task -> loss and score: a closed table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from mien.types import Task, TaskKind


class Head(NamedTuple):
    """``loss``: logits (N, L), targets (N, L) -> (N,); ``score``: logits (N, L) -> what a user reads (N, L)."""

    loss: Callable[[Tensor, Tensor], Tensor]
    score: Callable[[Tensor], Tensor]


def _single_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return -(targets * functional.log_softmax(logits, dim=-1)).sum(dim=-1)


def _multi_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=-1)


def _score_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.smooth_l1_loss(logits, targets, reduction="none").mean(dim=-1)


_TABLE: dict[TaskKind, Head] = {
    "single": Head(_single_loss, lambda logits: logits.softmax(dim=-1)),
    "multi": Head(_multi_loss, torch.sigmoid),
    "score": Head(_score_loss, lambda logits: logits),
}


def loss(task: Task, logits: Tensor, targets: Tensor) -> Tensor:
    """Loss of each example, (N,)."""
    return _TABLE[task.kind].loss(logits.float(), targets)


def score(task: Task, logits: Tensor) -> Tensor:
    """Probabilities, or the score within its bounds, (N, L)."""
    value = _TABLE[task.kind].score(logits.float())
    return value.clamp(*task.bounds) if task.bounds is not None else value
