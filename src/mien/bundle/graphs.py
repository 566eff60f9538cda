"""Runs the graphs of a bundle in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.encoded import EncodedTracks
from mien.bundle.files import Files
from mien.bundle.table import BundleTable
from mien.errors import InputError
from mien.model.padding import Padded
from mien.recipe.sections import Alignment
from mien.runtime import running
from mien.types import Float32, Modality, Track


class Pooled(NamedTuple):
    """The output of the fusion graph for B segments.

    Attributes:
        scores: {task: float32 (B, L)}: probabilities or a score.
        weights: {modality: float32 (B,)}: how the fusion weighs each; they sum to 1 over those that are present.
    """

    scores: dict[str, Float32]
    weights: dict[Modality, Float32]


class Graphs:
    """Runs the graphs of one bundle. Each graph is opened when it is first needed.

    Each encoder has its own graph. So a text opens no graph for faces, and each subset of the modalities only needs another
    run of the small fusion graph.
    """

    def __init__(self, table: BundleTable, files: Files) -> None:
        self._table, self._files, self._entries = table, files, table.graphs

    def encode(self, modality: Modality, tracks: Padded) -> Float32:
        """States, float32 (B, T, D), or (B, 1, D) when the encoder pools over time."""
        values = tracks.values
        if (vectors := f"{modality}_vectors") in self._entries:
            (values,) = self._run(vectors, {"values": values})
        (states,) = self._run(modality, {"values": values, "mask": tracks.mask})
        return states

    def before_baseline(self, modality: Modality, track: Track) -> Float32:
        """Standardised features of one track, float32 (T', D), which the person baseline takes."""
        feed = {"values": track.values[None], "mask": np.ones((1, len(track)), bool)}
        (features,) = self._run(f"{modality}_trunk", feed)
        return np.asarray(features[0], np.float32)

    def fuse(self, encoded: Mapping[Modality, EncodedTracks]) -> Pooled:
        """Scores and weights without calibration.

        Args:
            encoded: all modalities of the bundle; absent ones are masked.
        """
        feed: dict[str, NDArray[Any]] = {}
        for m, part in encoded.items():
            feed |= {f"{m}_states": part.states, f"{m}_mask": part.mask, f"{m}_quality": part.quality}
            feed |= {f"{m}_times": part.times}
        feed["steps"] = _steps(self._table.align or Alignment(), encoded.values())
        *scores, weights = self._run("fusion", feed)
        rows = len(next(iter(encoded.values())).mask)
        wanted = [(rows, max(1, task.size)) for task in self._table.tasks]
        if [found.shape for found in scores] != wanted or weights.shape != (rows, len(self._table.modalities)):
            raise InputError(f"the graph '{self._entries['fusion'].file}' does not answer the tasks of its bundle.json")
        by_task = {task.name: found for task, found in zip(self._table.tasks, scores, strict=True)}
        return Pooled(by_task, {m: weights[:, k] for k, m in enumerate(self._table.modalities)})

    def _run(self, part: str, feed: Mapping[str, NDArray[Any]]) -> list[Float32]:
        graph = self._files.graph(self._entries[part])
        # Not every graph takes every input. Older graphs do not take times, and graphs without alignment do not take steps.
        wanted = {i.name: i.shape for i in graph.get_inputs()}
        for name, shape in wanted.items():
            size = shape[-1] if shape and isinstance(shape[-1], int) else None  # other sizes may be of any length
            if name not in feed or (size is not None and feed[name].shape[-1] != size):
                file = self._entries[part].file
                raise InputError(
                    f"the graph '{file}' does not fit its bundle.json at '{name}'; export the bundle again"
                )
        return running.run(graph, {name: feed[name] for name in wanted}, self._entries[part].file)


def _steps(how: Alignment, parts: Collection[EncodedTracks]) -> Float32:
    """The numbers 0, 1, ... of the time steps to which the graph aligns states, float32, enough for the longest segment."""
    # The graph computes in float32, and the number of steps depends on its rounding.
    never = np.float32(np.inf)
    first = np.min([np.where(p.mask, p.times, never).min(axis=1) for p in parts], axis=0)
    last = np.max([np.where(p.mask, p.times, -never).max(axis=1) for p in parts], axis=0)
    return np.arange(how.steps(max(0.0, float((last - first).max()))), dtype=np.float32)
