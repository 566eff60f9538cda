"""The optimizer of a recipe, and the schedule of its learning rate."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from mien.recipe.recipe import Recipe
from mien.recipe.sections import Training


def optimizer(recipe: Recipe, step: nn.Module) -> torch.optim.Optimizer:
    """AdamW or SGD over the parameters of a ``TrainingStep`` that learn.

    Only parameters with two or more axes have weight decay. Each group holds its peak learning rate as ``peak``.
    """
    how = recipe.train
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in step.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((_rate(recipe, name), parameter.ndim > 1), []).append(parameter)
    tables: list[dict[str, Any]] = [
        {"params": params, "peak": rate, "lr": rate, "weight_decay": how.weight_decay if decays else 0.0}
        for (rate, decays), params in groups.items()
    ]
    if how.optimizer == "sgd":
        return torch.optim.SGD(tables, lr=how.lr, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(tables, lr=how.lr, fused=True)


def _rate(recipe: Recipe, parameter: str) -> float:
    for modality, table in recipe.encoders.items():
        if table.lr is not None and parameter.startswith(f"model.networks.{modality}."):
            return table.lr
    return recipe.train.lr


def schedule(how: Training, step: int, total: int) -> float:
    """Share of the peak learning rate at a step: a linear warm-up, times a linear, cosine or constant schedule."""
    rise = min(1.0, (step + 1) / max(1, how.warmup * total))
    if how.schedule == "cosine":
        return rise * 0.5 * (1 + math.cos(math.pi * step / total))
    if how.schedule == "linear":
        return rise * (1 - step / total)
    return rise
