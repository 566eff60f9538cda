"""Integrated gradients of a trained model: how much each number of an input contributes to a probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.encoders.base import Encoder
from mien.errors import InputError
from mien.model import heads
from mien.model.alignment import Encoded
from mien.model.batch import Batch, collate
from mien.model.build import build, choose
from mien.model.model import Model
from mien.model.trunks import put_together, run_trunks_once
from mien.model.weights import load_weights
from mien.recipe import strict
from mien.recipe.recipe import Recipe
from mien.runtime import threads
from mien.runtime.run_folder import load_recipe
from mien.types import Float32, Modality, Track

STEPS = (32, 64, 128, 256)
"""Numbers of points between the baseline and the input. The next number is tried while the error is above ``TOLERANCE``."""
TOLERANCE = 0.005
"""How far the sum of the parts may be from the change of the score."""
_BATCH = 16

Score = Callable[[Tensor], Tensor]
"""Inputs (S, ...) -> scores (S,). Each score depends on its own input alone."""


class Integrated(NamedTuple):
    """``parts``: contribution of each number, float32 in the shape of an input. ``total``: change of the score in all."""

    parts: Float32
    total: float


def integrate(score: Score, given: Tensor, baseline: Tensor) -> Integrated:
    """Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv 1703.01365) along the straight line, by the midpoint rule.

    The parts sum to the change of the score from the baseline to the input (completeness), up to the error of the rule.

    Args:
        score: a differentiable function.
        given: the input, float (1, ...).
        baseline: start of the line, of the same shape.
    """
    with torch.no_grad():
        ends = score(torch.cat([given, baseline]))
    total = float(ends[0] - ends[1])
    parts = torch.zeros_like(given)
    for steps in STEPS:
        parts = (given - baseline) * _mean_slope(score, given, baseline, steps)
        if abs(float(parts.sum()) - total) <= TOLERANCE:
            break
    return Integrated(parts[0].numpy(), total)


def _mean_slope(score: Score, given: Tensor, baseline: Tensor, steps: int) -> Tensor:
    shares = ((torch.arange(steps) + 0.5) / steps).reshape(-1, *[1] * (given.ndim - 1))
    slope = torch.zeros_like(given)
    for share in torch.split(shares, _BATCH):
        points = (baseline + share * (given - baseline)).requires_grad_()
        (found,) = torch.autograd.grad(score(points).sum(), points)
        slope += found.sum(dim=0, keepdim=True) / steps
    return slope


class Slopes:
    """Integrated gradients of the model of a finished run, for one segment at a time. It takes and gives NumPy arrays.

    Args:
        folder: folder of the run. Its bundle has to prepare the tracks.

    Raises:
        InputError: there is no run, or it cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(threads.count())
        self._model, encoders = reopened(folder)
        self._model.requires_grad_(False)
        self._quality = {m: len(e.quality_names) for m, e in encoders.items()}

    def of_values(
        self, tracks: Mapping[Modality, Track], modality: Modality, baseline: NDArray[Any], answer: tuple[str, int]
    ) -> Integrated:
        """How much each number of a modality's track contributes to a label's probability. The other modalities do not change.

        Args:
            tracks: tracks of all modalities that are present.
            modality: the modality that is explained.
            baseline: baseline in the shape of its track's values.
            answer: name of the task, and index of the label in it.
        """
        batch = self._batch(tracks)
        start = torch.from_numpy(np.asarray(baseline, np.float32)).unsqueeze(0)
        return integrate(self._score(batch, modality, answer), batch.x[modality].float(), start)

    def of_tokens(
        self, tracks: Mapping[Modality, Track], own: NDArray[np.bool_], answer: tuple[str, int]
    ) -> Integrated:
        """How much each token contributes, (T,): the sum over its embedding.

        The baseline is the embedding of the padding token, or zeros where there is no such token.

        Args:
            tracks: tracks of all modalities that are present; that of the text holds tokens.
            own: bool (T,), which tokens the baseline replaces; the others do not change.
            answer: name of the task, and index of the label in it.

        Raises:
            InputError: the text network has no embeddings of tokens.
        """
        batch = self._batch(tracks)
        ids = batch.x["text"]
        embedding = _embedding(self._model.networks["text"])
        score = self._score(batch, "text", answer)

        def embedded(points: Tensor) -> Tensor:
            hook = embedding.register_forward_hook(lambda module, inputs, output: points)
            try:
                return score(ids.expand(len(points), *ids.shape[1:]))
            finally:
                hook.remove()

        given = embedding(ids if ids.ndim == 2 else ids[..., 0])
        pad = getattr(embedding, "padding_idx", None)
        nothing = torch.zeros_like(given)
        if pad is not None:
            nothing = embedding(torch.full(given.shape[:-1], pad))
        blank = torch.where(torch.from_numpy(own)[:, None], nothing, given)
        found = integrate(embedded, given, blank)
        return Integrated(found.parts.sum(axis=-1), found.total)

    def _batch(self, tracks: Mapping[Modality, Track]) -> Batch:
        return collate([tracks], {}, self._quality)

    def _score(self, batch: Batch, modality: Modality, answer: tuple[str, int]) -> Score:
        """The label's probability as a function of one modality's values (S, T, ...). The other modalities are encoded once."""
        model, at = self._model, self._model.modalities.index(modality)
        name, index = answer
        task = next(t for t in model.tasks if t.name == name)
        with torch.no_grad():
            fixed = model.encode(batch)

        def score(values: Tensor) -> Tensor:
            def wide(part: Tensor) -> Tensor:
                return part.expand(len(values), *part.shape[1:])

            alone = batch._replace(
                x={modality: values},
                mask={modality: wide(batch.mask[modality])},
                times={modality: wide(batch.times[modality])},
                quality={m: wide(q) for m, q in batch.quality.items()},
            )
            own = model.encode(alone)
            parts = [
                [o if k == at else wide(f) for k, (o, f) in enumerate(zip(*p, strict=True))]
                for p in zip(own, fixed, strict=True)
            ]
            logits = model.answer(Encoded(*parts)).logits[name]
            return heads.score(task, logits)[:, index]

        return score


@lru_cache(maxsize=1)
def slopes_of(folder: Path, weights: str) -> Slopes:
    """``Slopes`` of a run. The last one is kept, because several explainers use the same run.

    Args:
        folder: folder of the run.
        weights: SHA-256 of its weights, so that a new model in the same folder is not mistaken for the old one.
    """
    return Slopes(folder)


def reopened(folder: Path) -> tuple[Model, dict[Modality, Encoder]]:
    """The model of a finished run in evaluation mode, and its encoders.

    The model takes the tracks that the encoders of the run's bundle prepare.

    Raises:
        InputError: there is no run, or it cannot be loaded.
    """
    recipe = strict.build(Recipe, load_recipe(folder), f"the recipe of the run in '{folder}'")
    model, encoders = build(recipe)
    load_weights(model, folder)
    choose(model, recipe.train.learn)
    related = [m for m, t in recipe.encoders.items() if t.baseline]
    run_trunks_once(model, encoders, related)
    # With a person baseline, the frozen part is a graph of its own, which a bundle runs before the model.
    put_together(model, related)
    return model.eval(), encoders


def _embedding(network: nn.Module) -> nn.Module:
    """The module that turns tokens into vectors, as models of transformers name it."""
    for part in network.modules():
        if hasattr(part, "get_input_embeddings"):
            found: nn.Module = part.get_input_embeddings()  # type: ignore[operator]  # a method of transformers' models
            return found
    raise InputError("this text network has no embeddings of tokens to follow slopes to; take occlusion_words")
