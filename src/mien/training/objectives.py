"""Auxiliary objectives: what a training may minimise beside the tasks. A closed table.

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
from mien.recipe.recipe import Training
from mien.registry import construct


class ForwardPass(NamedTuple):
    """What one step of training has computed of a batch.

    Attributes:
        encoded: what the encoders gave.
        kept: the same, where modalities were hidden at random (``drop_modality``).
        outputs: the model's answer to ``kept``.
        loss: the tasks' loss of any logits {task: (B, L)}, over the examples that a bool (B,) chooses.
    """

    encoded: Encoded
    kept: Encoded
    outputs: Outputs
    loss: Callable[[Mapping[str, Tensor], Tensor], Tensor]

    @property
    def vectors(self) -> list[Tensor]:
        """Mean state of each modality, (B, D) each."""
        return [pooled(s, m) for s, m in zip(self.encoded.states, self.encoded.masks, strict=True)]


class Objective(nn.Module, ABC):
    """One auxiliary objective. ``weight`` is that of its loss in the whole."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight

    @abstractmethod
    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """The loss of one step, before its weight; 0 where no example has what it needs."""


class Contrastive(Objective):
    """Modalities of one segment are told from those of others (InfoNCE; CLIP, Radford et al. 2021, arXiv 2103.00020).

    The mean states of two modalities are mapped to one space; the two of one segment shall be nearer there than those of
    different segments of the batch (ConVIRT, Zhang et al. 2020, arXiv 2010.00747), for every pair of modalities. So encoders
    learn what corresponds, without labels. Examples that lack one of the pair have no part in it.

    Args:
        model, how: what learns.
        weight: of the loss.
        size: dimensions of the space.
    """

    def __init__(self, model: Model, how: Training, weight: float = 0.1, size: int = 64) -> None:
        super().__init__(weight)
        _need_encoders_that_learn(model, "contrastive")
        self.maps = nn.ModuleList(nn.Linear(dim, size, bias=False) for dim in model.fusion.dims)
        self.sharpness = nn.Parameter(torch.tensor(1 / 0.07).log())

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean over the pairs of modalities."""
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
    """Each modality is told from the others (in the manner of MMIN, Zhao et al. 2021; SMIL, Ma et al. 2021, arXiv 2103.05677).

    From the mean of what the other modalities' states are mapped to, one hidden layer predicts the modality's mean state,
    standardised over its dimensions and without a gradient into it, so that states cannot shrink to be easy to predict.

    Args:
        model, how: what learns.
        weight: of the loss.
        hidden: width of the hidden layer.
    """

    def __init__(self, model: Model, how: Training, weight: float = 0.1, hidden: int = 128) -> None:
        super().__init__(weight)
        _need_encoders_that_learn(model, "reconstruction")
        dims = model.fusion.dims
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in dims)
        self.out = nn.ModuleList(nn.Sequential(nn.GELU(), nn.Linear(hidden, dim)) for dim in dims)

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean squared error, mean over the modalities."""
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
    """Each modality alone answers the tasks too, through the same fusion (Wang et al. 2020, arXiv 1905.12681; Du et al. 2023,
    arXiv 2305.01233).

    A joint loss stops teaching a modality once another one has the answer; so each is taught by itself beside it.

    Args:
        model, how: what learns.
        weight: of the loss.
    """

    def __init__(self, model: Model, how: Training, weight: float = 1.0) -> None:
        super().__init__(weight)
        if len(model.modalities) < 2:
            raise RecipeError("unimodal teaches each of several modalities, and here is one; leave it out")

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean over the modalities of the tasks' loss, each over the examples that have the modality."""
        here, losses = present(done.encoded.masks), []
        for index in range(len(model.modalities)):
            chosen = here[:, index]
            if bool(chosen.any()):
                masks = [m if i == index else torch.zeros_like(m) for i, m in enumerate(done.encoded.masks)]
                losses.append(done.loss(model.answer(done.encoded._replace(masks=masks)).logits, chosen))
        return _mean(losses, here)


class Distillation(Objective):
    """The answer to the whole input teaches the answer to what is left when modalities are hidden (self-distillation).

    Kullback-Leibler divergence from the softened answer of the same model with nothing hidden (Hinton et al. 2015, arXiv
    1503.02531), which gets no gradient; for several labels cross-entropy, for a score smooth L1. Over the examples of which
    something is hidden.

    Args:
        model, how: what learns; ``drop_modality`` hides something.
        weight: of the loss.
        temperature: by which the logits of single-label tasks are divided.
    """

    def __init__(self, model: Model, how: Training, weight: float = 1.0, temperature: float = 2.0) -> None:
        super().__init__(weight)
        if not how.drop_modality:
            raise RecipeError("distillation teaches answers with hidden modalities; set train.drop_modality above 0")
        self.temperature = temperature

    def forward(self, model: Model, done: ForwardPass) -> Tensor:
        """Mean over the tasks."""
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
        RecipeError: there is none of that name.
    """
    name = str(table.get("name"))
    if name not in _TABLE:
        raise RecipeError(f"there is no auxiliary objective '{name}'; {closest(name, list(_TABLE))}")
    return name


def build(model: Model, how: Training) -> nn.ModuleDict:
    """The objectives of the ``[[train.auxiliary]]`` tables, by name.

    Raises:
        RecipeError: unknown name or argument, one name twice, or nothing that an objective could teach.
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
