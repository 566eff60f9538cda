"""A trained model as files: load it and ask it. ONNX Runtime only, no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mien import bundles
from mien.bundle.answer import Answer, Encoded, measures_of, subsets_of
from mien.bundle.files import Artefacts
from mien.encoders.base import Encoder, Through, encoders
from mien.errors import InputError, closest
from mien.person import Population
from mien.recipe import strict
from mien.recipe.recipe import EncoderTable, Recipe
from mien.timeline import UNCALIBRATED
from mien.trust.judgement import Trust
from mien.types import MODALITIES, Float32, Modality, Task, Track

if TYPE_CHECKING:
    import onnxruntime

SCHEMA = "mien.bundle/1"


class _Judged(NamedTuple):
    """What one subset of modalities says; the fields are those of ``Answer``."""

    scores: Mapping[str, Float32]
    weights: Mapping[Modality, float]
    uncalibrated: Mapping[str, Float32]
    temperature: float


class Bundle:
    """A folder with ``bundle.json``, ``card.md``, one ONNX graph per encoder and ``fusion.onnx``.

    Graphs are opened when they are first needed and checked against their SHA-256. One graph per encoder, so that a
    sentence opens no vision graph and every subset of modalities costs only the small fusion graph.
    """

    def __init__(self, folder: Path, table: dict[str, Any], sha256: str) -> None:
        self.folder = folder
        self._table = table
        self.sha256 = sha256
        self.name: str = table["name"]
        self._artefacts = Artefacts(self.name, folder)
        # SHA-256 of the file of the trained weights it was exported from; bundles from before there was such an entry lack it.
        self.weights: str | None = table.get("weights")
        self.positions: dict[str, tuple[float, float]] = {k: (v[0], v[1]) for k, v in table["positions"].items()}
        self.modalities: tuple[Modality, ...] = tuple(m for m in MODALITIES if m in table["encoders"])

    @classmethod
    def load(cls, which: str | Path) -> Self:
        """Open a shipped bundle by name, or a folder.

        Raises:
            InputError: no such bundle, or not one this version can read.
        """
        folder = Path(which)
        if not (folder / "bundle.json").is_file():
            folder = bundles.folder() / str(which)
        path = folder / "bundle.json"
        if not path.is_file():
            raise InputError(
                f"there is no bundle '{which}'; give a folder with a bundle.json, or {closest(str(which), bundles.shipped())}"
            )
        raw = path.read_bytes()
        try:
            table = json.loads(raw)
        except ValueError as error:
            raise InputError(f"{path} is not valid JSON; export the bundle again") from error
        if table.get("schema") != SCHEMA:
            raise InputError(f"{path} has schema '{table.get('schema')}'; this version of mien reads {SCHEMA}")
        return cls(folder, table, hashlib.sha256(raw).hexdigest())

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """What it answers."""
        return tuple(
            Task(t["name"], t["kind"], tuple(t["labels"]), tuple(t["bounds"]) if t["bounds"] else None)
            for t in self._table["tasks"]
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What its users must know, in plain sentences."""
        return (*self._table["notes"], *([] if self.trust.fitted else [UNCALIBRATED]))

    @cached_property
    def encoders(self) -> dict[Modality, Encoder]:
        """The encoders it was trained with."""
        tables = {m: self._table["encoders"][m] for m in self.modalities}
        plain = {m: encoders.build({"name": t["name"], **t["options"], **self._assets(t)}) for m, t in tables.items()}
        return {m: self._through(e, tables[m]["trunk"]) if m in self.populations else e for m, e in plain.items()}

    @property
    def tables(self) -> dict[Modality, EncoderTable]:
        """What its encoders are made of, as a recipe says it."""
        entries = self._table["encoders"]
        return {m: EncoderTable(entries[m]["name"], dict(entries[m]["options"])) for m in self.modalities}

    @cached_property
    def recipe(self) -> Recipe:
        """How it was trained, on what.

        Raises:
            RecipeError: it was made with a recipe that this version cannot read.
        """
        return strict.build(Recipe, self._table["recipe"], "the bundle's recipe")

    @cached_property
    def populations(self) -> dict[Modality, Population]:
        """Of the modalities whose tracks are taken relative to the person; the tracks are standardised already."""
        entries = {m: self._table["encoders"][m].get("trunk") for m in self.modalities}
        strengths = {m: np.asarray(e["strength"], np.float32) for m, e in entries.items() if e is not None}
        return {m: Population(np.zeros(1, np.float32), np.ones(1, np.float32), s) for m, s in strengths.items()}

    def _assets(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The bundle's own copies of the files that an encoder reads, by argument."""
        kept = entry.get("assets", {})  # bundles from before encoders had files of their own lack it
        return {argument: str(self._artefacts.path(asset)) for argument, asset in kept.items()}

    def _through(self, encoder: Encoder, entry: Mapping[str, Any]) -> Encoder:
        def run(track: Track) -> Float32:
            feed = {"values": track.values[None], "mask": np.ones((1, len(track)), bool)}
            (states,) = self._graph(f"{encoder.modality}_trunk").run(None, feed)
            return np.asarray(states[0], np.float32)

        return Through(encoder, entry["sha256"], run)

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return (self.folder / "card.md").read_text(encoding="utf-8")

    @property
    def files(self) -> set[str]:
        """Names of its graphs."""
        return {entry["file"] for entry in self.entries.values()}

    def copy(self, folder: Path) -> None:
        """Put its graphs, and the files that its encoders read, into a folder; not its table and card."""
        assets = (asset for m in self.modalities for asset in self._table["encoders"][m].get("assets", {}).values())
        for entry in (*self.entries.values(), *assets):
            self._artefacts.copy(entry, folder)

    @cached_property
    def entries(self) -> dict[str, Any]:
        """What the table says of each graph: "fusion", each modality, and "<modality>_trunk" where there is a baseline."""
        table = self._table["encoders"]
        trunks = {f"{m}_trunk": table[m]["trunk"] for m in self.populations}
        return {"fusion": self._table["fusion"], **table, **trunks}

    @property
    def evaluation(self) -> list[dict[str, Any]]:
        """Measured results: set, split, task, metric, value, std, seeds, n, majority."""
        return list(self._table["evaluation"])

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
        found = {s: self._judged({m: encoded[m] for m in encoded if m in s}) for s in subsets_of(encoded)}
        whole = found[frozenset(encoded)]
        judges = {t: j for t in self.tasks if (j := self.trust.of(t.name, encoded)) is not None}
        uncertain = frozenset(t.name for t, judge in judges.items() if judge.uncertain(whole.scores[t.name]))
        measures = measures_of(encoded)
        reasons = [g.reason for g in self.trust.guards if g.alarmed(measures).any()]
        return Answer(
            whole.scores,
            whole.weights,
            {frozenset(): self.prior, **{s: part.scores for s, part in found.items()}},
            whole.uncalibrated,
            {t.name: judge.label_set(whole.scores[t.name], t.labels) for t, judge in judges.items()},
            uncertain,
            tuple(dict.fromkeys(reasons)),
            whole.temperature,
        )

    def _judged(self, encoded: Mapping[Modality, Encoded]) -> _Judged:
        """What some modalities say of one segment."""
        raw, rows = self.pool(encoded)
        measures, shares = measures_of(encoded), self._shares(encoded, rows)
        heat = self.trust.heat(measures, shares)
        weights = {m: float(share[0]) for m, share in shares.items()}
        return _Judged(_first(self.trust.calibrated(raw, measures, heat)), weights, _first(raw), float(heat[0]))

    def _shares(self, encoded: Mapping[Modality, Encoded], weights: Float32) -> dict[Modality, Float32]:
        """Columns of weights (B, M) by modality, of those present."""
        return {m: weights[:, k] for k, m in enumerate(self.modalities) if m in encoded}

    @cached_property
    def prior(self) -> Mapping[str, Float32]:
        """What the bundle answers when no modality is there at all, {task: (L,)}: its fusion graph with every mask false.

        For the late pool that is the same probability for each label: it has heard nothing, and the habits of the data that one
        modality was trained on are known only once that modality speaks.
        """
        return _first(self.pool({m: self._nothing(m, 1) for m in self.modalities})[0])

    @cached_property
    def trust(self) -> Trust:
        """How its probabilities are calibrated, and when they are not to be relied on."""
        return Trust(self._table.get("trust", {}), self.tasks)

    def encode(self, modality: Modality, tracks: Sequence[Track]) -> Encoded:
        """Run one encoder's graph over some tracks, padded to the longest."""
        values, mask = _pad([t.values for t in tracks])
        times = np.stack([np.pad(t.times, (0, mask.shape[1] - len(t)), "edge") for t in tracks]).astype(np.float32)
        (states,) = self._graph(modality).run(None, {"values": values, "mask": mask})
        if states.shape[1] != mask.shape[1]:
            times = np.asarray([[t.times.mean()] for t in tracks], np.float32)
            mask = np.asarray(mask.any(axis=1, keepdims=True))
        found = [self.encoders[modality].measures(t) for t in tracks]
        measures = {name: np.asarray([row[name] for row in found], np.float32) for name in found[0]}
        return Encoded(states, mask, np.stack([t.quality for t in tracks]), times, measures)

    def fuse(self, encoded: Mapping[Modality, Encoded]) -> tuple[dict[str, Float32], Float32]:
        """Answers as a user reads them: ({task: (B, L)}, weights (B, M)). Modalities left out count as absent."""
        scores, weights = self.pool(encoded)
        measures = measures_of(encoded)
        heat = self.trust.heat(measures, self._shares(encoded, weights))
        return self.trust.calibrated(scores, measures, heat), weights

    def pool(self, encoded: Mapping[Modality, Encoded]) -> tuple[dict[str, Float32], Float32]:
        """Run the fusion graph: like ``fuse``, not calibrated yet."""
        size = len(next(iter(encoded.values())).mask)
        feed: dict[str, NDArray[Any]] = {}
        for m in self.modalities:
            part = encoded.get(m) or self._nothing(m, size)
            feed |= {f"{m}_states": part.states, f"{m}_mask": part.mask, f"{m}_quality": part.quality}
            feed |= {f"{m}_times": part.times}
        feed["steps"] = self._clock(encoded.values())
        graph = self._graph("fusion")
        # Not every graph asks for all: those made before fusions knew times do not, nor for a clock where nothing is aligned.
        *scores, weights = graph.run(None, {i.name: feed[i.name] for i in graph.get_inputs()})
        return {task.name: rows for task, rows in zip(self.tasks, scores, strict=True)}, weights

    def _clock(self, parts: Collection[Encoded]) -> Float32:
        """Numbers of the steps of the clock onto which the graph aligns; too many change nothing."""
        first = np.min([np.where(p.mask, p.times, np.inf).min(axis=1) for p in parts], axis=0)
        last = np.max([np.where(p.mask, p.times, -np.inf).max(axis=1) for p in parts], axis=0)
        longest = max(0.0, float((last - first).max()))
        return np.arange(int(longest * self._table.get("align", {}).get("rate", 1.0)) + 2, dtype=np.float32)

    def _nothing(self, modality: Modality, size: int) -> Encoded:
        table = self._table["encoders"][modality]
        quality = len(self.encoders[modality].quality_names)
        return Encoded(
            np.zeros((size, 1, table["dim"]), np.float32),
            np.zeros((size, 1), bool),
            np.zeros((size, quality), np.float32),
            np.zeros((size, 1), np.float32),
        )

    def _graph(self, part: str) -> onnxruntime.InferenceSession:
        return self._artefacts.graph(self.entries[part])


def _first(scores: Mapping[str, Float32]) -> dict[str, Float32]:
    """The only row of each task."""
    return {task: rows[0] for task, rows in scores.items()}


def _pad(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Zero-pad to the longest: (B, T, ...) and bool (B, T)."""
    longest = max(len(r) for r in rows)
    values = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    mask = np.zeros((len(rows), longest), bool)
    for i, row in enumerate(rows):
        values[i, : len(row)] = row
        mask[i, : len(row)] = True
    return values, mask
