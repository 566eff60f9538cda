"""One step of training: the losses of tasks and auxiliary objectives, with modalities hidden at random."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mien.fusion.base import present
from mien.model import heads
from mien.model.alignment import Encoded
from mien.model.batch import Batch
from mien.model.model import Model
from mien.recipe.recipe import Recipe
from mien.recipe.sections import Loss
from mien.training.objectives import ForwardPass
from mien.types import Task


class Criterion:
    """The losses of the tasks, as ``[losses]`` of a recipe defines them.

    Args:
        recipe: the recipe with tasks and losses.
        shares: {task: how often each label is true in the training data (L,)}.
        by_source: the same for each data set, {name of the set: {task: (L,)}}, for ``logit_adjustment``. Examples of a set
            without an entry, which is not in the training data, are not adjusted.
    """

    def __init__(
        self, recipe: Recipe, shares: Mapping[str, Tensor], by_source: Mapping[str, Mapping[str, Tensor]] | None = None
    ) -> None:
        self.tasks, self.shares, self.by_source = recipe.tasks, dict(shares), dict(by_source or {})
        self.how = {t.name: recipe.losses.get(t.name, Loss()) for t in recipe.tasks}

    def of(self, task: Task, logits: Tensor, batch: Batch) -> Tensor | None:
        """Mean loss over the labelled examples, before the task's weight; ``None`` where no example is labelled."""
        chosen = batch.labelled[task.name]
        count = int(chosen.sum())
        if not count:
            return None
        targets = batch.targets[task.name]
        how, shares = self.how[task.name], self.shares[task.name].to(logits.device)
        own = self._own_shares(task, batch, shares) if how.logit_adjustment else None
        if count < len(chosen):
            logits, targets, own = logits[chosen], targets[chosen], None if own is None else own[chosen]
        return heads.loss(task, logits, targets, how, shares, own).mean()

    def _own_shares(self, task: Task, batch: Batch, shares: Tensor) -> Tensor:
        """How often each label is true in the data set of each example, (B, L)."""
        even, names = torch.ones_like(shares), list(dict.fromkeys(batch.sources))
        rows = [self.by_source[s][task.name].to(shares) if s in self.by_source else even for s in names]
        if len(rows) == 1:  # a batch of training is of one data set
            return rows[0].expand(len(batch.sources), -1)
        return torch.stack([rows[names.index(s)] for s in batch.sources])

    def total(self, logits: Mapping[str, Tensor], batch: Batch, chosen: Tensor) -> Tensor:
        """Sum of the tasks' losses, times their fixed weights, over the examples that ``chosen`` bool (B,) selects."""
        batch = batch._replace(labelled={name: known & chosen for name, known in batch.labelled.items()})
        found = {t.name: self.of(t, logits[t.name], batch) for t in self.tasks}
        weighted = [self.how[name].weight * loss for name, loss in found.items() if loss is not None]
        device = next(iter(logits.values())).device
        return torch.stack(weighted).sum() if weighted else torch.zeros((), device=device)


class TrainingStep(nn.Module):
    """Computes the losses of a batch. It holds all parameters that learn.

    Args:
        recipe: the recipe.
        model: the model that is trained.
        criterion: the losses of its tasks.
        auxiliary: auxiliary objectives, by name.

    Attributes:
        log_variances: {task: log of its variance}, where tasks are weighted by uncertainty (Kendall et al. 2018, arXiv
            1705.07115); else empty.
    """

    def __init__(self, recipe: Recipe, model: Model, criterion: Criterion, auxiliary: nn.ModuleDict) -> None:
        super().__init__()
        self.model, self.criterion, self.hidden = model, criterion, recipe.train.drop_modality
        named = recipe.tasks if recipe.train.task_weights == "uncertainty" else ()
        self.log_variances = nn.ParameterDict({t.name: nn.Parameter(torch.zeros(())) for t in named})
        self.objectives = auxiliary

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The weighted losses by name, as scalars. A step minimises their sum."""
        encoded = self.model.encode(batch)
        kept = hide(encoded, self.hidden)
        outputs = self.model.answer(kept)
        parts = {}
        for task in self.model.tasks:
            loss = self.criterion.of(task, outputs.logits[task.name], batch)
            if loss is not None:
                parts[task.name] = self._weighed(task, loss)
        forward = ForwardPass(encoded, kept, outputs, lambda logits, rows: self.criterion.total(logits, batch, rows))
        for name, objective in self.objectives.items():
            parts[f"auxiliary/{name}"] = objective.weight * objective(self.model, forward)
        if not any(part.requires_grad for part in parts.values()):
            # No loss depends on a parameter that learns; for example, the only head that learns has no labels in this batch.
            # The optimizer still needs a gradient, and with several processes each process must have one.
            learned = [p.sum() for p in self.parameters() if p.requires_grad]
            parts["nothing"] = 0.0 * torch.stack(learned).sum()
        return parts

    def _weighed(self, task: Task, loss: Tensor) -> Tensor:
        weight = self.criterion.how[task.name].weight
        if task.name not in self.log_variances:
            return weight * loss
        log_variance: Tensor = self.log_variances[task.name]
        share = 0.5 if task.kind == "score" else 1.0  # factors of a Gaussian and of a softmax likelihood
        weighed: Tensor = weight * (share * torch.exp(-log_variance) * loss + 0.5 * log_variance)
        return weighed


def hide(encoded: Encoded, probability: float) -> Encoded:
    """Hide each modality of each example with a probability, never all (ModDrop, Neverova et al. 2016, arXiv 1501.00102).

    Random numbers come from torch's generator. Where all modalities would be hidden, a random one of those present stays.
    """
    if not probability:
        return encoded
    here = present(encoded.masks)
    draws = torch.rand(here.shape, device=here.device).masked_fill(~here, -1.0)
    kept = here & ((draws >= probability) | (draws == draws.amax(dim=1, keepdim=True)))
    return encoded._replace(masks=[m & kept[:, i : i + 1] for i, m in enumerate(encoded.masks)])


def learning_mode(module: nn.Module, inherited: bool = True) -> None:
    """Set training mode only for parts that learn, so that frozen parts keep their statistics and have no dropout.

    A part without parameters, such as a dropout, gets the mode of the part that holds it.
    """
    own = [p.requires_grad for p in module.parameters()]
    module.training = any(own) if own else inherited
    for part in module.children():
        learning_mode(part, module.training)
