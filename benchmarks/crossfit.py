"""Writes answers of the voice part of a bundle about speakers it was not trained on, for `mien calibrate --more`.

    python benchmarks/crossfit.py research voice.npz
    mien calibrate research --more voice.npz

The validation data of a bundle hold four speakers. Here the training speakers of its voice recipe are divided into five
folds. Five voice parts are trained as the recipe says, each without one fold, and answer for this fold. Each answer then gets
the bundle's own prior and its own trust in inputs of that quality (both come from its fusion graph), so that it is close to
the answer of the bundle. Every part is trained on four fifths of the speakers, so its answers are a little worse.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.manifest import data_root
from mien.data.sets import ExampleSet, example_sets
from mien.events import finish
from mien.fusion.late import LatePool
from mien.model.build import build, choose
from mien.model.model import Model
from mien.networks.pooled import Standardised
from mien.recipe import strict
from mien.recipe.recipe import Recipe
from mien.training.optimizer import schedule
from mien.trust.sample import Sample, joined, save
from mien.types import Float32

_FOLDS = 5
_QUALITY = 2


class Clips:
    """All clips of one set: statistics (N, D), targets (N, L), speakers (N,), quality (N, Q) and measures."""

    def __init__(self, bundle: Bundle, part: ExampleSet, trunk: torch.nn.Module) -> None:
        self.name = part.name
        tracks = [part.tracks(i)["voice"] for i in range(len(part))]
        with torch.no_grad():
            rows = [trunk(torch.from_numpy(t.values[None]), torch.ones(1, len(t), dtype=torch.bool))[0] for t in tracks]
        self.x = torch.cat(rows)
        self.targets = part.targets("emotion")
        self.speakers = np.asarray([e.group or "" for e in part.examples])
        self.quality = torch.from_numpy(np.stack([t.quality for t in tracks]))
        found = [bundle.encoders["voice"].measures(t) for t in tracks]
        self.measures = {k: np.asarray([m[k] for m in found], np.float32) for k in found[0]}


def opinions(recipe: Recipe, train: Sequence[tuple[Clips, NDArray[np.int64]]]) -> Model:
    """A voice part trained as the recipe says; batches never mix sets."""
    model, _ = build(recipe)
    choose(model, recipe.train.learn)
    how = recipe.train
    body: Standardised = model.networks["voice"].body  # type: ignore[assignment]  # the encoder's
    body.fit_statistics([c.x[rows].numpy() for c, rows in train])
    fusion: LatePool = model.fusion  # type: ignore[assignment]  # the recipe's
    y = np.concatenate([c.targets[rows] for c, rows in train])
    fusion.observe("voice", {"emotion": torch.from_numpy(y.mean(axis=0))}, torch.zeros(0, _QUALITY))
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], how.lr, weight_decay=how.weight_decay
    )
    rng = np.random.default_rng(recipe.seed)
    steps = sum(-(-len(rows) // how.batch) for _, rows in train)
    for epoch in range(how.epochs):
        batches = [(c, part) for c, rows in train for part in _batches(rng.permutation(rows), how.batch)]
        for step, k in enumerate(rng.permutation(len(batches))):
            clips, rows = batches[k]
            for group in optimizer.param_groups:
                group["lr"] = how.lr * schedule(how, epoch * steps + step, how.epochs * steps)
            model.train()
            loss = (
                -(torch.from_numpy(clips.targets[rows]) * answers(model, clips.x[rows]).log_softmax(dim=-1))
                .sum(dim=-1)
                .mean()
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch lacks the annotation
            torch.nn.utils.clip_grad_norm_(model.parameters(), how.clip)
            optimizer.step()
    return model.eval()


def _batches(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def answers(model: Model, x: torch.Tensor, trust: torch.Tensor | None = None) -> torch.Tensor:
    """Log posteriors of the pool for one modality, (B, L), up to a constant; ``trust`` (B,), else 1."""
    fusion: LatePool = model.fusion  # type: ignore[assignment]  # the recipe's
    opinion = fusion.opinion("voice", model.tasks[0])
    body = model.networks["voice"].body
    evidence = opinion(body(x.unsqueeze(1), None)[:, 0])  # type: ignore[operator]  # Module forgets the type
    logits: torch.Tensor = opinion.log_prior + evidence * (1.0 if trust is None else trust.unsqueeze(1))
    return logits


def trust_of(bundle: Bundle, quality: torch.Tensor) -> torch.Tensor:
    """The bundle's trust in voices of some qualities, (N, Q) -> (N,), from the constants of its fusion graph."""
    import onnx
    from onnx import numpy_helper

    entry = json.loads((bundle.folder / "bundle.json").read_text(encoding="utf-8"))["fusion"]
    graph = onnx.load(bundle.folder / entry["file"]).graph
    numbers = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    bias, centre, scale = (torch.tensor(numbers[f"fusion.reliability.voice.{k}"]) for k in ("bias", "centre", "scale"))
    # The exporter has folded the softplus of each slope into a constant, in the order of the modalities.
    folded = sorted((n for n in numbers if n.startswith("softplus")), key=lambda n: int(n.partition("_")[2] or 0))
    slope = torch.tensor(numbers[folded[bundle.modalities.index("voice")]])
    z = ((torch.asinh(quality) - centre) / scale).clamp(-3.0, 3.0)
    found: torch.Tensor = torch.nn.functional.softplus(bias + (z * slope).sum(dim=-1))
    return found


def out_of_fold(bundle: Bundle, recipe: Recipe, sets: Sequence[Clips]) -> list[Sample]:
    """One sample per set."""
    scores: list[Float32] = [np.zeros_like(c.targets) for c in sets]
    folds = []
    for clips in sets:
        names, place = np.unique(clips.speakers, return_inverse=True)
        folds.append((np.arange(len(names)) % _FOLDS)[place])
    for fold in range(_FOLDS):
        train = [(c, np.flatnonzero(f != fold)) for c, f in zip(sets, folds, strict=True)]
        model = opinions(replace(recipe, seed=fold), train)
        for clips, place, rows in zip(sets, folds, scores, strict=True):
            held = np.flatnonzero(place == fold)
            with torch.no_grad():
                logits = answers(model, clips.x[held], trust_of(bundle, clips.quality[held]))
            rows[held] = logits.softmax(dim=-1).numpy()
    pairs = zip(sets, scores, strict=True)
    return [Sample.of(rows, c.targets, c.speakers.tolist(), {"voice": c.measures}) for c, rows in pairs]


def main() -> None:
    """Write the samples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="research, open, or a folder")
    parser.add_argument("file", type=Path)
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    bundle, root = Bundle.load(args.bundle), data_root(args.data_root)
    table = json.loads((bundle.folder / "bundle.json").read_text(encoding="utf-8"))
    recipe = strict.build(Recipe, table["lineage"]["voice"], "the recipe of the voice")
    model, parts = build(recipe)
    trunk: torch.nn.Module = model.networks["voice"].trunk  # type: ignore[assignment]  # the encoder's
    read = finish(example_sets(Corpus.of(recipe, root), "train", parts, recipe.encoders))
    sets = [Clips(bundle, part, trunk) for part in read]
    samples = out_of_fold(bundle, recipe, sets)
    for clips, sample in zip(sets, samples, strict=True):
        sure = sample.scores.max(axis=1).mean()
        print(f"{clips.name}: {len(sample)} answers, {sample.right.mean():.3f} right, mean confidence {sure:.3f}")
    whole = joined(samples)
    args.file.write_bytes(save(whole, ["voice"], [f"{c.name} train, out of fold" for c in sets]))


if __name__ == "__main__":
    main()
