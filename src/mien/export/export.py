"""Exports a trained model as a bundle: ONNX graphs, JSON and a card. It checks that the graphs compute the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from mien import __version__
from mien.bundle.bundle import Bundle
from mien.bundle.origin import Origin
from mien.bundle.table import BundleTable, EncoderEntry, FusionEntry, TrunkEntry
from mien.bundle.write import write
from mien.data.load import segment_of
from mien.data.sets import ExampleSet
from mien.emotions import POSITIONS
from mien.encoders.base import Encoder
from mien.errors import InputError
from mien.export import parity
from mien.export.graphs import encoder_graph, keep, saved, smaller, store, trace
from mien.export.ready import Ready, exported, torch_entry
from mien.export.smoothing import Feed
from mien.export.vectors import parted
from mien.model.alignment import Encoded, align
from mien.model.heads import score
from mien.model.model import Model
from mien.model.trunks import Same, trunk_of
from mien.person import Population
from mien.recipe.recipe import Recipe
from mien.runtime import threads
from mien.runtime.cache import make_folder
from mien.types import Example, Modality, Track

_SMOOTHED = 48  # examples of each set from which the sizes of activations are measured


class _Answering(nn.Module):
    """Alignment, fusion and heads as one module. It gives the scores of each task, then the weights."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.fusion, self.heads, self.tasks = model.fusion, model.heads, model.tasks
        self.alignment, self.modalities = model.alignment, model.modalities

    def forward(
        self,
        states: list[Tensor],
        masks: list[Tensor],
        quality: list[Tensor],
        times: list[Tensor],
        steps: Tensor | None = None,
    ) -> list[Tensor]:
        encoded = Encoded(states, masks, quality, times)
        fused = self.fusion(*align(self.alignment, self.modalities, encoded, steps))
        return [score(t, self.heads[t.name](fused.vector)) for t in self.tasks] + [fused.weights]


def export(
    model: Model,
    encoders: Mapping[Modality, Encoder],
    recipe: Recipe,
    probe: Sequence[ExampleSet],
    folder: Path,
    lineage: Mapping[Modality, Recipe] | None = None,
    populations: Mapping[Modality, Population] | None = None,
    weights: str | None = None,
    ready: Mapping[Modality, Ready] | None = None,
) -> Bundle:
    """Writes a bundle.

    Args:
        model: the whole trained model, see ``training.result.whole``. It is set to evaluation mode.
        encoders: the encoders it was trained with.
        recipe: the recipe it was trained with.
        probe: real examples for the parity check (validation data).
        folder: of the new bundle. If it already holds a bundle of the same weights, that bundle is returned.
        lineage: recipes of the runs whose weights it started from, by modality.
        populations: for each modality with a person baseline.
        weights: SHA-256 of the file with the weights of the model; ``None`` skips the check of the folder.
        ready: for each part that others trained.

    Raises:
        InputError: the folder holds a bundle of other weights, or the examples lack a modality.
        ParityError: the graphs do not answer as the model does. Then nothing is written.
        ValueError: the model lacks a part of a network that was run once before the training.
    """
    model.eval()
    if left_out := set(model.bodies) - set(populations or {}):
        raise ValueError(f"the graph of {', '.join(sorted(left_out))} would lack what was run once; export whole(run)")
    shrunk = bool(recipe.export.int8 or recipe.export.float16)

    def fill(draft: Path) -> None:
        origins: dict[Modality, Origin] = {}
        entries = {}
        for m in model.modalities:
            if (part := (ready or {}).get(m)) is None:
                entries[m] = _encoder_entry(model, m, encoders[m], recipe, probe, draft)
            else:
                entries[m], origins[m] = _ready_entry(model, m, encoders[m], recipe, probe, draft, part)
        for m, population in (populations or {}).items():
            trunk = _trunk_entry(model, m, encoders[m], recipe, probe, population, draft)
            entries[m] = replace(entries[m], trunk=trunk)
        fusion = _fusion_entry(model, encoders, recipe, draft)
        table = BundleTable(
            name=recipe.name,
            made_by=f"mien {__version__}",
            summary=recipe.export.summary,
            licence=recipe.export.licence,
            notes=(*recipe.export.notes, *(e.licence_note for e in encoders.values() if e.licence_note)),
            tasks=model.tasks,
            positions=POSITIONS,
            encoders=entries,
            align=recipe.align,
            fusion=fusion,
            recipe=recipe.as_table(),
            evaluation=(),
            lineage={m: before.as_table() for m, before in (lineage or {}).items()},
            weights=weights,
            origins=origins,
        )
        write(table, draft)
        write(replace(table, parity=parity.check(model, Bundle.load(draft), probe, shrunk)), draft)

    bundle = Bundle.load(make_folder(folder, fill))
    if weights and bundle.weights not in (None, weights):
        raise InputError(f"'{folder}' holds a bundle of other weights; remove that folder, or train into another one")
    return bundle


def _sample(probe: Sequence[ExampleSet], modality: Modality) -> Track:
    """A real track of the modality for tracing."""
    for part in probe:
        if part.present[modality].any():
            return part.tracks(int(part.present[modality].argmax()))[modality]
    raise InputError(f"the recipe's data hold no {modality} to check the export with; add a data set that does")


def _feeds(probe: Sequence[ExampleSet], modality: Modality) -> list[Feed]:
    """Inputs of the graph of an encoder: some examples of each set that have the modality, taken evenly over the set."""
    found: list[Feed] = []
    for part in probe:
        rows = np.flatnonzero(part.present[modality])
        for row in rows[:: max(1, len(rows) // _SMOOTHED)][:_SMOOTHED]:
            values = part.tracks(int(row))[modality].values
            found.append({"values": values[None], "mask": np.ones((1, len(values)), bool)})
    return found


def _encoder_entry(
    model: Model, modality: Modality, encoder: Encoder, recipe: Recipe, probe: Sequence[ExampleSet], folder: Path
) -> EncoderEntry:
    network = model.bodies.get(modality, model.networks[modality])
    return _graph_entry(
        model, modality, encoder, recipe, probe, folder, encoder_graph(network, _sample(probe, modality))
    )


def _ready_entry(
    model: Model,
    modality: Modality,
    encoder: Encoder,
    recipe: Recipe,
    probe: Sequence[ExampleSet],
    folder: Path,
    part: Ready,
) -> tuple[EncoderEntry, Origin]:
    """Writes a ready-made part as a graph, or as files for torch with the reason in its origin."""
    network = model.networks[modality]
    found = exported(modality, network, [_sample(probe, modality)], part.run)
    if found.proto is None:
        name = recipe.encoders[modality].name
        return torch_entry(modality, name, encoder, network, folder), replace(part.origin, in_torch=found.why)
    return _graph_entry(model, modality, encoder, recipe, probe, folder, found.proto), part.origin


def _graph_entry(
    model: Model,
    modality: Modality,
    encoder: Encoder,
    recipe: Recipe,
    probe: Sequence[ExampleSet],
    folder: Path,
    proto: Any,
) -> EncoderEntry:
    feeds = _feeds(probe, modality) if modality in recipe.export.int8 else ()
    proto = smaller(proto, modality, recipe, feeds)
    parts = parted(proto)
    graph = saved(proto if parts is None else parts.rest, folder, modality)
    return EncoderEntry(
        name=recipe.encoders[modality].name,
        options=encoder.settings,
        version=encoder.version,
        dim=_dim(model, modality),
        assets={k: keep(path, folder, f"{modality}-{k}") for k, path in encoder.assets.items()},
        file=graph.file,
        sha256=graph.sha256,
        bytes=graph.bytes,
        vectors=None if parts is None else saved(parts.vectors, folder, f"{modality}_vectors"),
    )


class _Standardised(nn.Module):
    """The part of a network that is not trained, followed by ``Population.standardise``."""

    centre: Tensor
    scale: Tensor
    effects: Tensor
    weights: Tensor
    bias: Tensor

    def __init__(self, trunk: nn.Module, population: Population) -> None:
        super().__init__()
        self.trunk = trunk
        for name in ("centre", "scale", "effects", "weights", "bias"):
            self.register_buffer(name, torch.from_numpy(getattr(population, name)))

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        rows = (self.trunk(values, mask).float() - self.centre) / self.scale
        if not len(self.bias):
            return torch.cat([rows, torch.zeros_like(rows)], dim=-1)
        guess = (rows @ self.weights + self.bias).softmax(dim=-1)
        return torch.cat([rows, guess @ self.effects, guess], dim=-1)


def _trunk_entry(
    model: Model,
    modality: Modality,
    encoder: Encoder,
    recipe: Recipe,
    probe: Sequence[ExampleSet],
    population: Population,
    folder: Path,
) -> TrunkEntry:
    """Writes the graph before a person baseline, and checks it on real clips."""
    trunk = trunk_of(model.networks[modality], related=True) or Same()
    tracks = [t for e in _some(probe, modality, 8) if (t := _raw(encoder, e)) is not None]
    standardised = _Standardised(trunk, population).eval()
    graph = store(encoder_graph(standardised, tracks[0]), folder, f"{modality}_trunk", recipe)
    shrunk = f"{modality}_trunk" in (*recipe.export.int8, *recipe.export.float16)
    parity.check_trunk(modality, threads.open_graph(folder / graph.file), standardised, tracks, shrunk)
    strength = tuple(round(float(k), 3) for k in population.strength)
    return TrunkEntry(graph.file, graph.sha256, graph.bytes, strength, recipe.encoders[modality].baseline)


def _some(probe: Sequence[ExampleSet], modality: Modality, count: int) -> list[Example]:
    """About ``count`` examples of each set that have the modality, taken evenly over the set."""
    having = [(part, np.flatnonzero(part.present[modality])) for part in probe]
    return [part.examples[r] for part, rows in having for r in rows[:: max(1, len(rows) // count)][:count]]


def _raw(encoder: Encoder, example: Example) -> Track | None:
    segment = segment_of(example.clip, encoder.modality)
    return None if segment is None else encoder.prepare(segment)


def _dim(model: Model, modality: Modality) -> int:
    return int(model.networks[modality].dim)  # type: ignore[arg-type]  # Encoder.network's contract


def _fusion_entry(model: Model, encoders: Mapping[Modality, Encoder], recipe: Recipe, folder: Path) -> FusionEntry:
    batch = Dim("batch", max=4096)
    states, masks, quality, times, lengths = [], [], [], [], []
    for m in model.modalities:
        dim = _dim(model, m)
        states.append(torch.randn(2, 3, dim))
        masks.append(torch.tensor([[True, True, False], [True, False, False]]))
        quality.append(torch.ones(2, len(encoders[m].quality_names)))
        times.append(torch.tensor([[0.0, 1.0, 1.0], [0.5, 0.5, 0.5]]))
        lengths.append({0: batch, 1: Dim(f"{m}_time", max=16384)})
    names = [f"{m}_{part}" for part in ("states", "mask", "quality", "times") for m in model.modalities]
    shapes: tuple[Any, ...] = (lengths, lengths, [{0: batch}] * len(states), lengths)
    inputs: tuple[Any, ...] = (states, masks, quality, times)
    if model.alignment.has_rate:
        names, shapes, inputs = [*names, "steps"], (*shapes, {0: Dim("steps", max=65536)}), (*inputs, torch.arange(5.0))
    outputs = [*(t.name for t in model.tasks), "weights"]
    proto = trace(_Answering(model), inputs, shapes, names, outputs)
    options = {key: value for key, value in recipe.fusion.items() if key != "name"}
    return FusionEntry(str(recipe.fusion["name"]), options, store(proto, folder, "fusion", recipe))
