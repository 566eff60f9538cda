"""Loss and score of each kind of task, in a closed table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from mien.recipe.sections import Loss
from mien.types import Task, TaskKind

_RAREST = 0.01  # smallest share of a label that counts, so that one rare label cannot outweigh all others
_ABSENT = 1e-6  # stands for a share of 0, so that its log is finite and the label still has hardly any part in the loss


class Head(NamedTuple):
    """The functions of a kind of task.

    ``loss``: logits (N, L), targets (N, L), how, shares of the labels (L,) or (N, L) -> (N,).
    ``score``: logits -> scores (N, L).
    """

    loss: Callable[[Tensor, Tensor, Loss, Tensor], Tensor]
    score: Callable[[Tensor], Tensor]


def _single_loss(logits: Tensor, targets: Tensor, how: Loss, shares: Tensor) -> Tensor:
    """Cross-entropy with a distribution over the labels, with a weight for each label or after logit adjustment."""
    if how.logit_adjustment:
        logits = logits + how.logit_adjustment * shares.clamp(min=_ABSENT).log()
    logs = functional.log_softmax(logits, dim=-1)
    terms = -logs * _unsolved(logs.exp(), how) if how.focal else -logs
    known = shares > 0 if how.class_weights or how.smoothing else shares
    if how.class_weights:
        # The weights are as in scikit-learn: their mean over the training data is 1.
        terms = terms * torch.where(known, 1 / (known.sum() * shares.clamp(min=_RAREST)), 0.0)
    if how.smoothing:
        even = known / known.sum(dim=-1, keepdim=True).clamp(min=1)
        targets = (1 - how.smoothing) * targets + how.smoothing * even
    return (targets * terms).sum(dim=-1)


def _multi_loss(logits: Tensor, targets: Tensor, how: Loss, shares: Tensor) -> Tensor:
    """Mean of the binary cross-entropies of the labels."""
    there = -functional.logsigmoid(logits) * _unsolved(logits.sigmoid(), how)
    absent = -functional.logsigmoid(-logits) * _unsolved((-logits).sigmoid(), how)
    if how.class_weights:
        there = there * (1 - shares) / shares.clamp(min=_RAREST)
    smooth = (1 - how.smoothing) * targets + how.smoothing / 2
    return (smooth * there + (1 - smooth) * absent).mean(dim=-1)


def _score_loss(logits: Tensor, targets: Tensor, how: Loss, shares: Tensor) -> Tensor:
    """Smooth L1: quadratic for errors below 1 and linear above, so that outliers do not dominate."""
    return functional.smooth_l1_loss(logits, targets, reduction="none").mean(dim=-1)


def _unsolved(probability: Tensor, how: Loss) -> Tensor | float:
    """The factor of the focal loss (Lin et al. 2017, arXiv 1708.02002): well answered examples count less."""
    return (1 - probability).clamp(min=1e-6) ** how.focal if how.focal else 1.0


_TABLE: dict[TaskKind, Head] = {
    "single": Head(_single_loss, lambda logits: logits.softmax(dim=-1)),
    "multi": Head(_multi_loss, torch.sigmoid),
    "score": Head(_score_loss, lambda logits: logits),
}


def loss(
    task: Task,
    logits: Tensor,
    targets: Tensor,
    how: Loss | None = None,
    shares: Tensor | None = None,
    own: Tensor | None = None,
) -> Tensor:
    """Loss of each example, (N,), before the task's weight.

    Args:
        task: the task.
        logits: (N, L).
        targets: (N, L), see ``Example``; they may be soft (annotators' votes).
        how: ``[losses.<task>]`` of the recipe; ``None`` for the defaults.
        shares: how often each label is true in the training data, (L,); needed for balanced class weights. A label with
            share 0 is not in the training data, and smoothing gives it nothing. ``None`` treats all labels as present.
        own: the same for the data set of each example, (N, L), in place of ``shares``; for logit adjustment.
    """
    known = torch.ones(logits.shape[-1], device=logits.device) if shares is None else shares
    known = known if own is None else own
    return _TABLE[task.kind].loss(logits.float(), targets, how or Loss(), known)


def score(task: Task, logits: Tensor) -> Tensor:
    """Probabilities (N, L) of the labels, or the score (N, 1) within its bounds."""
    value = _TABLE[task.kind].score(logits.float())
    return value.clamp(*task.bounds) if task.bounds is not None else value
