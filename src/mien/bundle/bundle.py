"""Loads a trained model from the files of a bundle and runs it. It needs ONNX Runtime; torch only where a part has no graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.bundle.answer import Answer
from mien.bundle.answering import answer_to, calibrated, first_row
from mien.bundle.encoded import EncodedTracks, States
from mien.bundle.encoders import encoders_of, populations_of
from mien.bundle.files import Files
from mien.bundle.graphs import Graphs, Pooled
from mien.bundle.load import load
from mien.bundle.table import BundleTable
from mien.encoders.base import Encoder
from mien.events import Notice
from mien.files.ordinary import read_bytes
from mien.model.padding import Padded, padded
from mien.person import Standardised
from mien.recipe.recipe import Recipe
from mien.recipe.sections import EncoderTable
from mien.trust.judgement import Trust
from mien.trust.prior import EVEN, prior_of
from mien.types import Float32, Modality, Task, Track

UNCALIBRATED = Notice("uncalibrated")
"""The notice for a bundle without calibration, which was made with too few labelled validation examples."""


_LONGEST_CARD = 5_000_000  # bytes


class Bundle:
    """A folder with ``bundle.json``, ``card.md``, one ONNX graph for each encoder and one for the fusion.

    ``encode`` runs the graph of an encoder, ``pool`` runs the graph of the fusion, and ``fuse`` also calibrates its output.
    ``answer`` does all of this for one segment and every subset of its modalities.

    Args:
        folder: of the bundle.
        table: the content of its ``bundle.json``.
        sha256: of ``bundle.json``. This file names the hashes of all others, so its hash identifies the bundle.
        priors: {task: the share of each label that answers expect}; see ``mien.trust.prior``. Others expect even shares.
    """

    def __init__(
        self, folder: Path, table: BundleTable, sha256: str, priors: Mapping[str, Float32] | None = None
    ) -> None:
        self._priors = dict(priors or {})
        self.folder, self.table, self.sha256 = folder, table, sha256
        self.name: str = table.name
        self.weights: str | None = table.weights
        self.tasks: tuple[Task, ...] = table.tasks
        self.modalities: tuple[Modality, ...] = table.modalities
        self.positions: Mapping[str, tuple[float, float]] = table.positions
        self.notes: tuple[str, ...] = table.notes
        self.files = Files(table.name, folder)
        self._graphs = Graphs(table, self.files)
        self._in_torch: dict[Modality, Callable[[NDArray[Any], NDArray[np.bool_]], Float32]] = {}

    @classmethod
    def load(cls, which: str | Path) -> Self:
        """Opens a shipped bundle by its name, or a folder.

        Raises:
            InputError: there is no such bundle, or this version cannot read it.
        """
        return cls(*load(which))

    def expecting(self, prior: str) -> Bundle:
        """The same bundle, whose answers expect other shares of the labels than even ones.

        Args:
            prior: "even", "talk", or shares such as "neutral=0.6"; see ``mien.trust.prior``. It holds for each task that is
                answered with one label.

        Raises:
            InputError: the prior does not fit the labels of such a task.
        """
        if prior == EVEN:
            return self
        priors = {t.name: prior_of(prior, t) for t in self.tasks if t.kind == "single"}
        return Bundle(self.folder, self.table, self.sha256, priors)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What mien tells users about the bundle. ``notes`` hold what its authors tell them."""
        return () if self.trust.fitted else (UNCALIBRATED,)

    @property
    def card(self) -> str:
        """The model card in Markdown."""
        return read_bytes(self.folder / "card.md", _LONGEST_CARD).decode("utf-8", "replace")

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe it was trained with.

        Raises:
            RecipeError: this version cannot read the recipe.
        """
        return self.table.training

    @property
    def tables(self) -> dict[Modality, EncoderTable]:
        """The tables of its encoders, as in a recipe."""
        entries = {m: self.table.encoders[m] for m in self.modalities}
        known = {m: entry.trunk.baseline for m, entry in entries.items() if entry.trunk is not None}
        return {m: EncoderTable(e.name, dict(e.options), baseline=known.get(m, "")) for m, e in entries.items()}

    @cached_property
    def encoders(self) -> dict[Modality, Encoder]:
        """The encoders that prepare its tracks, by modality."""
        return encoders_of(self.table, self.files, self._graphs)

    @cached_property
    def populations(self) -> dict[Modality, Standardised]:
        """The population of each modality whose tracks are made relative to the person."""
        return populations_of(self.table)

    @cached_property
    def trust(self) -> Trust:
        """How its probabilities are calibrated, and when they cannot be relied on."""
        return Trust(self.table.trust, self.tasks, self._priors)

    @cached_property
    def prior(self) -> Mapping[str, Float32]:
        """The answer without any modality, {task: float32 (L,)}: the output of the fusion graph when every mask is false.

        The fusions "late" and "channel" then give each label the share that is expected of it.
        """
        return first_row(self.trust.expected(self.pool({m: self._absent(m, 1) for m in self.modalities}).scores))

    def encode(self, modality: Modality, tracks: Sequence[Track], known: States | None = None) -> EncodedTracks:
        """Runs the graph of one encoder on B tracks, padded to the longest.

        Args:
            modality: of the encoder.
            tracks: from this encoder.
            known: states of rows that need not be computed again, where there is one track.
        """
        rows = padded(tracks)
        if known is not None and self.encoders[modality].by_row:
            (track,) = tracks
            states = known.of(modality, track, partial(self._states, modality))
        else:
            states = self._states(modality, rows)
        mask, times = rows.mask, rows.times
        if states.shape[1] != mask.shape[1]:
            times = np.asarray([[t.times.mean()] for t in tracks], np.float32)
            mask = np.asarray(mask.any(axis=1, keepdims=True))
        found = [self.encoders[modality].measures(t) for t in tracks]
        measures = {name: np.asarray([row[name] for row in found], np.float32) for name in found[0]}
        return EncodedTracks(states, mask, np.stack([t.quality for t in tracks]), times, measures)

    def _states(self, modality: Modality, rows: Padded) -> Float32:
        config = self.table.encoders[modality].config
        if config is None:
            return self._graphs.encode(modality, rows)
        if modality not in self._in_torch:
            weights = self.files.path(self.table.encoders[modality].graph)
            self._in_torch[modality] = self.encoders[modality].in_torch(self.files.path(config), weights)
        return self._in_torch[modality](rows.values, rows.mask)

    def pool(self, encoded: Mapping[Modality, EncodedTracks]) -> Pooled:
        """Runs the fusion graph, without calibration. Modalities that are left out count as absent."""
        size = len(next(iter(encoded.values())).mask)
        pooled = self._graphs.fuse({m: encoded.get(m) or self._absent(m, size) for m in self.modalities})
        return pooled._replace(weights={m: w for m, w in pooled.weights.items() if m in encoded})

    def fuse(self, encoded: Mapping[Modality, EncodedTracks]) -> Pooled:
        """Runs the fusion graph and calibrates its scores. Modalities that are left out count as absent."""
        pooled = self.pool(encoded)
        return pooled._replace(scores=calibrated(self.trust, encoded, pooled).scores)

    def answer(self, tracks: Mapping[Modality, Track]) -> Answer:
        """The answer for one segment.

        Args:
            tracks: tracks from the encoders of the bundle; at least one modality.

        Raises:
            ValueError: there is no modality at all.
        """
        return self.answer_to(self.encoded(tracks))

    def encoded(self, tracks: Mapping[Modality, Track], known: States | None = None) -> dict[Modality, EncodedTracks]:
        """The encoded tracks of one segment, in the order of the bundle's modalities; see ``encode``."""
        return {m: self.encode(m, [tracks[m]], known) for m in self.modalities if m in tracks}

    def answer_to(self, encoded: Mapping[Modality, EncodedTracks]) -> Answer:
        """The answer for one segment, see ``answer``, from its encoded tracks in the order of the bundle's modalities."""
        if not encoded:
            raise ValueError("an answer needs at least one modality")
        return answer_to(encoded, self.pool, self.trust, self.tasks, self.prior)

    def _absent(self, modality: Modality, size: int) -> EncodedTracks:
        quality = len(self.encoders[modality].quality_names)
        return EncodedTracks.absent(size, self.table.encoders[modality].dim, quality)
