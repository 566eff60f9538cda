"""A trained model as files: load it and ask it. ONNX Runtime only, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from mien.bundle.answer import Answer
from mien.bundle.answering import answer_to, calibrated, first_row
from mien.bundle.encoded import EncodedTracks
from mien.bundle.encoders import encoders_of, populations_of
from mien.bundle.files import Files
from mien.bundle.graphs import Graphs, Pooled
from mien.bundle.load import load
from mien.bundle.table import BundleTable
from mien.encoders.base import Encoder
from mien.events import Notice
from mien.model.padding import padded
from mien.person import Population
from mien.recipe.recipe import EncoderTable, Recipe
from mien.trust.judgement import Trust
from mien.types import Float32, Modality, Task, Track

UNCALIBRATED = Notice("uncalibrated")
"""Probabilities are as the graphs give them: too few labelled validation examples were at hand when the bundle was made."""


class Bundle:
    """A folder with ``bundle.json``, ``card.md``, one ONNX graph per encoder and one for the fusion.

    ``encode`` runs an encoder's graph, ``pool`` the fusion's, and ``fuse`` calibrates what that gives. ``answer`` does all of
    it for one segment and every subset of its modalities.

    Args:
        folder: where it lies.
        table: what its ``bundle.json`` says.
        sha256: of that file; it names all others, so this is the bundle's identity.
    """

    def __init__(self, folder: Path, table: BundleTable, sha256: str) -> None:
        self.folder, self.table, self.sha256 = folder, table, sha256
        self.name: str = table.name
        self.weights: str | None = table.weights
        self.tasks: tuple[Task, ...] = table.tasks
        self.modalities: tuple[Modality, ...] = table.modalities
        self.positions: Mapping[str, tuple[float, float]] = table.positions
        self.notes: tuple[str, ...] = table.notes
        self.files = Files(table.name, folder)
        self._graphs = Graphs(table, self.files)

    @classmethod
    def load(cls, which: str | Path) -> Self:
        """Open a shipped bundle by name, or a folder.

        Raises:
            InputError: no such bundle, or not one that this version can read.
        """
        return cls(*load(which))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What mien has to say of it to its users. ``notes`` are what its authors say."""
        return () if self.trust.fitted else (UNCALIBRATED,)

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return (self.folder / "card.md").read_text(encoding="utf-8")

    @cached_property
    def recipe(self) -> Recipe:
        """How it was trained, on what.

        Raises:
            RecipeError: it was made with a recipe that this version cannot read.
        """
        return self.table.training

    @property
    def tables(self) -> dict[Modality, EncoderTable]:
        """What its encoders are made of, as a recipe says it."""
        entries = {m: self.table.encoders[m] for m in self.modalities}
        return {m: EncoderTable(entry.name, dict(entry.options)) for m, entry in entries.items()}

    @cached_property
    def encoders(self) -> dict[Modality, Encoder]:
        """What prepares the tracks that it reads."""
        return encoders_of(self.table, self.files, self._graphs)

    @cached_property
    def populations(self) -> dict[Modality, Population]:
        """Of the modalities whose tracks are taken relative to the person."""
        return populations_of(self.table)

    @cached_property
    def trust(self) -> Trust:
        """How its probabilities are calibrated, and when they are not to be relied on."""
        return Trust(self.table.trust, self.tasks)

    @cached_property
    def prior(self) -> Mapping[str, Float32]:
        """What the bundle answers when no modality is there at all, {task: (L,)}: its fusion graph with every mask false.

        For the late pool that is the same probability for each label: it has heard nothing, and the habits of the data that one
        modality was trained on are known only once that modality speaks.
        """
        return first_row(self.pool({m: self._absent(m, 1) for m in self.modalities}).scores)

    def encode(self, modality: Modality, tracks: Sequence[Track]) -> EncodedTracks:
        """Run one encoder's graph over some tracks, padded to the longest."""
        rows = padded(tracks)
        states = self._graphs.encode(modality, rows)
        mask, times = rows.mask, rows.times
        if states.shape[1] != mask.shape[1]:
            times = np.asarray([[t.times.mean()] for t in tracks], np.float32)
            mask = np.asarray(mask.any(axis=1, keepdims=True))
        found = [self.encoders[modality].measures(t) for t in tracks]
        measures = {name: np.asarray([row[name] for row in found], np.float32) for name in found[0]}
        return EncodedTracks(states, mask, np.stack([t.quality for t in tracks]), times, measures)

    def pool(self, encoded: Mapping[Modality, EncodedTracks]) -> Pooled:
        """Run the fusion graph; not calibrated. Modalities left out count as absent."""
        size = len(next(iter(encoded.values())).mask)
        pooled = self._graphs.fuse({m: encoded.get(m) or self._absent(m, size) for m in self.modalities})
        return pooled._replace(weights={m: w for m, w in pooled.weights.items() if m in encoded})

    def fuse(self, encoded: Mapping[Modality, EncodedTracks]) -> Pooled:
        """Scores as a user reads them. Modalities left out count as absent."""
        pooled = self.pool(encoded)
        return pooled._replace(scores=calibrated(self.trust, encoded, pooled).scores)

    def answer(self, tracks: Mapping[Modality, Track]) -> Answer:
        """Answer for one segment.

        Args:
            tracks: what the bundle's encoders prepared; at least one modality.

        Raises:
            ValueError: if there is no modality at all.
        """
        encoded = {m: self.encode(m, [tracks[m]]) for m in self.modalities if m in tracks}
        if not encoded:
            raise ValueError("an answer needs at least one modality")
        return answer_to(encoded, self.pool, self.trust, self.tasks, self.prior)

    def _absent(self, modality: Modality, size: int) -> EncodedTracks:
        quality = len(self.encoders[modality].quality_names)
        return EncodedTracks.absent(size, self.table.encoders[modality].dim, quality)
