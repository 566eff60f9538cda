"""Auxiliary objectives, which a training may minimise beside the losses of the tasks, in a closed table.

Their parameters belong to the training: checkpoints hold them, exported graphs do not.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import RecipeError, closest
from mien.fusion.base import present
from mien.model.alignment import Encoded
from mien.model.model import Model, Outputs
from mien.networks.pooled import pooled
from mien.recipe.sections import Training
from mien.registry import construct


class ForwardPass(NamedTuple):
    """What one step of training has computed for a batch.

    Attributes:
        encoded: outputs of the encoders.
        kept: the same after modalities were hidden at random (``drop_modality``).
        outputs: outputs of the model for ``kept``.
        loss: function of logits {task: (B, L)} and a choice of examples, bool (B,), that gives the tasks' loss.
    """

    encoded: Encoded
    kept: Encoded
    outputs: Outputs
    loss: Callable[[Mapping[str, Tensor], Tensor], Tensor]

    @property
    def vectors(self) -> list[Tensor]:
        """Mean state of each modality, a list of (B, D); zeros where it is absent."""
        return [pooled(s, m) for s, m in zip(self.encoded.states, self.encoded.masks, strict=True)]


class Objective(nn.Module, ABC):
    """One auxiliary objective. ``weight`` is the weight of its loss in the sum."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight

    @abstractmethod
    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """The loss of one step, before its weight; 0 where no example has the modalities that it needs."""


class Contrastive(Objective):
    """Contrastive loss between the modalities (InfoNCE, as in CLIP, Radford et al. 2021, arXiv 2103.00020).

    The mean states of two modalities are mapped to one space. There the two of one segment should be nearer to each other than
    those of different segments of the batch (ConVIRT, Zhang et al. 2020, arXiv 2010.00747). So encoders learn without labels
    what belongs together. This is done for every pair of modalities, over the examples that have both.

    Args:
        model: the model that learns.
        how: ``[train]`` of the recipe.
        weight: weight of the loss.
        size: dimensions of the space.

    Raises:
        RecipeError: there are fewer than two modalities, or no encoder learns.
    """

    def __init__(self, model: Model, how: Training, weight: float = 0.1, size: int = 64) -> None:
        super().__init__(weight)
        _need_encoders_that_learn(model, "contrastive")
        self.maps = nn.ModuleList(nn.Linear(dim, size, bias=False) for dim in model.fusion.dims)
        self.sharpness = nn.Parameter(torch.tensor(1 / 0.07).log())

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean loss over the pairs of modalities; 0 where no pair has two examples."""
        points = [functional.normalize(f(v), dim=-1) for f, v in zip(self.maps, done.vectors, strict=True)]
        here = present(done.encoded.masks)
        sharpness = self.sharpness.exp().clamp(max=100.0)
        losses = []
        for one, other in itertools.combinations(range(len(points)), 2):
            both = here[:, one] & here[:, other]
            if int(both.sum()) > 1:
                likeness = sharpness * points[one][both] @ points[other][both].T
                own = torch.arange(len(likeness), device=likeness.device)
                losses += [functional.cross_entropy(likeness, own), functional.cross_entropy(likeness.T, own)]
        return _mean(losses, here)


class Reconstruction(Objective):
    """Predicts each modality from the others (similar to MMIN, Zhao et al. 2021; SMIL, Ma et al. 2021, arXiv 2103.05677).

    The states of the other modalities are mapped to one space and averaged, and one hidden layer predicts the modality's mean
    state from this. The target is standardised over its dimensions and gets no gradient, so that states cannot shrink to
    become easy to predict.

    Args:
        model: the model that learns.
        how: ``[train]`` of the recipe.
        weight: weight of the loss.
        hidden: width of the hidden layer.

    Raises:
        RecipeError: there are fewer than two modalities, or no encoder learns.
    """

    def __init__(self, model: Model, how: Training, weight: float = 0.1, hidden: int = 128) -> None:
        super().__init__(weight)
        _need_encoders_that_learn(model, "reconstruction")
        dims = model.fusion.dims
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in dims)
        self.out = nn.ModuleList(nn.Sequential(nn.GELU(), nn.Linear(hidden, dim)) for dim in dims)

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean squared error, as mean over the modalities."""
        here, vectors = present(done.encoded.masks), done.vectors
        heard = torch.stack([f(v) for f, v in zip(self.maps, vectors, strict=True)], dim=1) * here.unsqueeze(-1)
        losses = []
        for index, vector in enumerate(vectors):
            others = here.sum(dim=1) - here[:, index].long()
            chosen = here[:, index] & (others > 0)
            if bool(chosen.any()):
                rest = (heard.sum(dim=1) - heard[:, index])[chosen] / others[chosen].unsqueeze(-1)
                truth = functional.layer_norm(vector[chosen].detach(), vector.shape[1:])
                losses.append(functional.mse_loss(self.out[index](rest), truth))
        return _mean(losses, here)


class Unimodal(Objective):
    """The loss of the tasks from each modality alone, through the same fusion.

    In joint training, a modality stops learning once another one gives the answer, so each one is also trained alone (Wang et
    al. 2020, arXiv 1905.12681; Du et al. 2023, arXiv 2305.01233).

    Args:
        model: the model that learns.
        how: ``[train]`` of the recipe.
        weight: weight of the loss.

    Raises:
        RecipeError: there is only one modality.
    """

    def __init__(self, model: Model, how: Training, weight: float = 1.0) -> None:
        super().__init__(weight)
        if len(model.modalities) < 2:
            raise RecipeError("unimodal teaches each of several modalities, and here is one; leave it out")

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean over the modalities of the tasks' loss, over the examples that have the modality."""
        here, losses = present(done.encoded.masks), []
        for index in range(len(model.modalities)):
            chosen = here[:, index]
            if bool(chosen.any()):
                masks = [m if i == index else torch.zeros_like(m) for i, m in enumerate(done.encoded.masks)]
                losses.append(done.loss(model.answer(done.encoded._replace(masks=masks)).logits, chosen))
        return _mean(losses, here)


class Distillation(Objective):
    """Self-distillation: the answer to the whole input is the target for the answer with hidden modalities.

    For single-label tasks the loss is the Kullback-Leibler divergence between the softened answers (Hinton et al. 2015, arXiv
    1503.02531), for multi-label tasks the cross-entropy, and for scores smooth L1. The target comes from the same model and
    gets no gradient. Only examples with a hidden modality count.

    Args:
        model: the model that learns.
        how: ``[train]`` of the recipe; its ``drop_modality`` must be above 0.
        weight: weight of the loss.
        temperature: divides the logits of single-label tasks.

    Raises:
        RecipeError: ``drop_modality`` is 0.
    """

    def __init__(self, model: Model, how: Training, weight: float = 1.0, temperature: float = 2.0) -> None:
        super().__init__(weight)
        if not how.drop_modality:
            raise RecipeError("distillation teaches answers with hidden modalities; set train.drop_modality above 0")
        self.temperature = temperature

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean loss over the tasks."""
        here = present(done.encoded.masks)
        chosen = (here != present(done.kept.masks)).any(dim=1)
        if not bool(chosen.any()):
            return _mean([], here)
        with torch.no_grad():
            taught = model.answer(done.encoded).logits
        pairs = [
            (t.kind, done.outputs.logits[t.name][chosen].float(), taught[t.name][chosen].float()) for t in model.tasks
        ]
        return _mean([self._distance(kind, answer, truth) for kind, answer, truth in pairs], here)

    def _distance(self, kind: str, answer: Tensor, truth: Tensor) -> Tensor:
        if kind == "score":
            return functional.smooth_l1_loss(answer, truth)
        if kind == "multi":
            return functional.binary_cross_entropy_with_logits(answer, truth.sigmoid())
        logs = [functional.log_softmax(x / self.temperature, dim=-1) for x in (answer, truth)]
        return self.temperature**2 * functional.kl_div(logs[0], logs[1], reduction="batchmean", log_target=True)


_TABLE: dict[str, type[Objective]] = {
    "contrastive": Contrastive,
    "reconstruction": Reconstruction,
    "unimodal": Unimodal,
    "distillation": Distillation,
}


def check_name(table: Mapping[str, Any]) -> str:
    """The name of the objective in a ``[[train.auxiliary]]`` table.

    Raises:
        RecipeError: there is no objective with this name.
    """
    name = str(table.get("name"))
    if name not in _TABLE:
        raise RecipeError(f"there is no auxiliary objective '{name}'; {closest(name, list(_TABLE))}")
    return name


def build(model: Model, how: Training) -> nn.ModuleDict:
    """The objectives of the ``[[train.auxiliary]]`` tables, by name.

    Raises:
        RecipeError: a name or argument is unknown, a name occurs twice, or an objective does not fit the model.
    """
    built: dict[str, nn.Module] = {}
    for table in how.auxiliary:
        name = check_name(table)
        if name in built:
            raise RecipeError("two tables of train.auxiliary have the same name; keep one of them")
        settings = {key: value for key, value in table.items() if key != "name"}
        built[name] = construct(name, _TABLE[name], settings, {"model": model, "how": how})
    return nn.ModuleDict(built)


def _need_encoders_that_learn(model: Model, name: str) -> None:
    bodies: Sequence[nn.Module] = [model.bodies.get(m, model.networks[m]) for m in model.modalities]
    if len(bodies) < 2 or not any(p.requires_grad for body in bodies for p in body.parameters()):
        raise RecipeError(f"{name} teaches the encoders of two modalities or more, and here none learns; leave it out")


def _mean(losses: Sequence[Tensor], like: Tensor) -> Tensor:
    return torch.stack(list(losses)).mean() if losses else torch.zeros((), device=like.device)
