"""Statistics of the training data that a model and its inputs need before training."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mien.data.sets import ExampleSet
from mien.errors import RecipeError
from mien.model.model import Model
from mien.person import Population
from mien.recipe.recipe import Recipe
from mien.training.population import Utterance, fit_population
from mien.types import Float32, Modality, Task


def relate(
    recipe: Recipe, sets: Sequence[ExampleSet], others: Sequence[ExampleSet], started: Mapping[Modality, Population]
) -> dict[Modality, Population]:
    """Apply the person baseline to the modalities whose ``baseline`` is set, and return their populations.

    Args:
        recipe: the recipe.
        sets: the training sets, from which the populations are computed.
        others: further sets that are put relative to the same populations.
        started: populations of the runs whose weights the training starts from, by modality.

    Raises:
        RecipeError: the values are pixels or tokens, or there are fewer than two people.
    """
    populations: dict[Modality, Population] = {}
    for modality, table in recipe.encoders.items():
        if table.baseline:
            populations[modality] = started.get(modality) or _population(sets, modality)
            known = table.baseline == "known"
            for part in sets:
                part.relate(modality, populations[modality], known, taught=not known)
            for part in others:
                part.relate(modality, populations[modality], known)
    return populations


def _population(sets: Sequence[ExampleSet], modality: Modality) -> Population:
    """How a modality's features are distributed among the people of the training data.

    Raises:
        RecipeError: the values are pixels or tokens, or there are fewer than two people.
    """
    if any(values.dtype.kind != "f" for values in itertools.islice(_values(sets, modality), 1)):
        raise RecipeError(
            f"a baseline of {modality} needs features; freeze its encoder (train.learn), or leave the baseline out"
        )
    labels = next((t.size for t in sets[0].tasks if t.kind == "single"), 0)
    try:
        return fit_population(_utterances(sets, modality), labels)
    except ValueError:
        raise RecipeError(
            f"the baseline of {modality} needs at least two speakers in the training data; name their column, or leave it out"
        ) from None


def _utterances(sets: Sequence[ExampleSet], modality: Modality) -> Iterable[Utterance]:
    for part in sets:
        labels = part.labels()
        for i, example in enumerate(part.examples):
            track = part.tracks(i).get(modality)
            if track is not None:
                label = int(labels[i])
                yield Utterance(example.group, part.name, track.values, None if label < 0 else label)


def fit_statistics(model: Model, sets: Sequence[ExampleSet], balanced: Collection[str] = ()) -> None:
    """Give the model statistics of the training data.

    Networks that learn take the statistics of their values; the fusion takes those of labels and quality.

    Args:
        model: the model.
        sets: the training data.
        balanced: names of tasks whose answers favour no label (``Loss.balances``). For the fusion, all labels that occur then
            have the same share.
    """
    for modality in model.modalities:
        network: nn.Module = model.bodies.get(modality, model.networks[modality])
        fit = getattr(network, "fit_statistics", None)
        if fit is not None and any(p.requires_grad for p in network.parameters()):
            fit(_values(sets, modality))
        shares = _shares(model, sets, modality)
        told = {name: _even(row) if name in balanced else row for name, row in shares.items()}
        model.fusion.observe(modality, told, _quality(sets, modality))


def label_shares(tasks: Sequence[Task], sets: Sequence[ExampleSet]) -> dict[str, Tensor]:
    """How often each label is true among the labelled examples, {task: (L,)}; 0 where no example is labelled."""
    rows = {t.name: torch.from_numpy(np.concatenate([s.targets(t.name) for s in sets])) for t in tasks}
    return {name: targets.nanmean(dim=0).nan_to_num() for name, targets in rows.items()}


def shares_by_source(tasks: Sequence[Task], sets: Sequence[ExampleSet]) -> dict[str, dict[str, Tensor]]:
    """``label_shares`` of each data set, {name of the set: {task: (L,)}}."""
    return {part.name: label_shares(tasks, [part]) for part in sets}


def _even(shares: Tensor) -> Tensor:
    occur = (shares > 0).to(shares.dtype)
    return occur / occur.sum().clamp(min=1)


def _values(sets: Sequence[ExampleSet], modality: Modality) -> Iterable[Float32]:
    return (t[modality].values for s in sets for t in map(s.tracks, range(len(s))) if modality in t)


def _shares(model: Model, sets: Sequence[ExampleSet], modality: Modality) -> Mapping[str, Tensor]:
    """Share of each label among the examples that have the modality."""
    shares = {}
    for task in model.tasks:
        rows = [s.targets(task.name)[s.present[modality]] for s in sets]
        total = torch.from_numpy(np.nansum(np.concatenate(rows), axis=0))
        shares[task.name] = total / total.sum().clamp(min=1e-9)
    return shares


def _quality(sets: Sequence[ExampleSet], modality: Modality) -> Tensor:
    rows = [s.quality(modality) for s in sets if s.present[modality].any()]
    return torch.from_numpy(np.concatenate(rows)) if rows else torch.zeros(0, 0)
