"""The content of a ``bundle.json``. ``strict.build`` reads these classes, and ``strict.plain`` writes them.

The keys in the file are the names of the fields. A field with a default may be absent from the file, because older bundles
lack it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mien.bundle.origin import Origin
from mien.bundle.results import Result
from mien.recipe import strict
from mien.recipe.names import plain_name
from mien.recipe.recipe import Recipe
from mien.recipe.sections import Alignment
from mien.trust.table import TrustTable
from mien.types import MODALITIES, Modality, Task

SCHEMA = "mien.bundle/1"


LARGEST_FILE = 2**31 - 1
"""Bytes of the largest file in a bundle. Protocol Buffers, of which graphs are made, can be no larger."""
_WIDEST = 65_536  # numbers in a state, or a person baseline
_OWN_NAMES = ("bundle.json", "card.md")


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: its name, its SHA-256, and its size in bytes.

    The table may come from anybody, and files are read and copied by these names. So a name has no folders.

    Raises:
        ValueError: the name is no plain name, or hash or size are not possible.
    """

    file: str
    sha256: str
    bytes: int

    def __post_init__(self) -> None:
        if not plain_name(self.file) or self.file.lower() in _OWN_NAMES:
            raise ValueError(f"'{self.file}' is no plain name of a file in the folder of the bundle")
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"the file '{self.file}' has no SHA-256 of 64 digits")
        if not 0 < self.bytes <= LARGEST_FILE:
            raise ValueError(f"the file '{self.file}' has between 1 byte and 2 GB, not {self.bytes}")


@dataclass(frozen=True)
class TrunkEntry(FileEntry):
    """The graph before a person baseline. It gives the rows for ``mien.person.Usual``.

    Attributes:
        strength: ``Population.strength``, one number for each feature.
        baseline: what was known of a person in training, as in ``EncoderTable``; "" in older bundles, whose graphs give
            other rows.
    """

    strength: tuple[float, ...]
    baseline: str = field(default="", metadata=strict.OPTIONAL)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.baseline:
            raise ValueError("its person baseline was made by an older version of mien")


@dataclass(frozen=True, kw_only=True)
class EncoderEntry:
    """An encoder and its graph.

    Attributes:
        name: registered name.
        options: its arguments.
        version: of the encoder when the bundle was made.
        dim: size D of a state.
        assets: {argument: file} of the files that the encoder reads; the bundle has a copy of each.
        file, sha256, bytes: of the graph.
        trunk: the graph before the person baseline; ``None`` when there is no person baseline.
        vectors: the graph that turns ids, such as those of pieces of words, into the vectors that the graph takes; ``None``
            where the graph takes the tracks. Bundles with the same vectors share its file.
        config: what the network is, as JSON, for one that runs in torch. ``file`` then holds its weights in safetensors.
            ``None`` for a graph.
    """

    name: str
    options: Mapping[str, Any]
    version: int
    dim: int
    assets: Mapping[str, FileEntry] = field(default_factory=dict, metadata=strict.OPTIONAL)
    file: str
    sha256: str
    bytes: int
    trunk: TrunkEntry | None = field(default=None, metadata=strict.OPTIONAL)
    vectors: FileEntry | None = field(default=None, metadata=strict.OPTIONAL)
    config: FileEntry | None = field(default=None, metadata=strict.OPTIONAL)

    def __post_init__(self) -> None:
        if self.config is not None and (self.trunk is not None or self.vectors is not None):
            raise ValueError(f"the network of '{self.name}' runs in torch, and has no graphs before it")

    @property
    def graph(self) -> FileEntry:
        """The graph that turns the prepared tracks, or the features of the trunk, into states."""
        return FileEntry(self.file, self.sha256, self.bytes)


@dataclass(frozen=True)
class FusionEntry:
    """The fusion and its graph, which also holds alignment and heads.

    Attributes:
        name: registered name.
        options: its arguments. In the file they stand beside ``name``.
        graph: its file.
    """

    name: str
    options: Mapping[str, Any]
    graph: FileEntry

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        """Reads what ``as_table`` wrote.

        Raises:
            RecipeError: it is something else. The message names it by ``place``.
        """
        graph = {key: table[key] for key in ("file", "sha256", "bytes") if key in table}
        options = {key: value for key, value in table.items() if key not in ("name", *graph)}
        name = strict.value(str, table.get("name"), f"{place} at 'name'")
        return cls(name, options, strict.build(FileEntry, graph, place))

    def as_table(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"name": self.name, **self.options, **strict.plain(self.graph)}


@dataclass(frozen=True)
class Parity:
    """How much the graphs differed from the trained model on real examples.

    Attributes:
        largest_difference: of a probability or score.
        same_top_label: share of the examples with the same most probable label; ``None`` when no task has labels.
        examples: how many there were.
    """

    largest_difference: float
    same_top_label: float | None
    examples: int


@dataclass(frozen=True, kw_only=True)
class BundleTable:
    """Everything in a ``bundle.json`` except its schema.

    Attributes:
        name: of the bundle.
        made_by: "mien" and its version.
        summary, licence: of the weights; one sentence each.
        notes: what the authors want users to know, in plain sentences.
        tasks: the tasks that it answers.
        positions: {label: (valence, arousal)}.
        encoders: the encoder of each modality that it reads.
        align: how states are put on one clock; ``None`` in older bundles, which do not align states.
        fusion: joins the modalities.
        recipe: the recipe of its training as plain values; ``training`` reads it. The bundle runs even in a version of mien
            that cannot read them.
        evaluation: measured results.
        lineage: {modality: recipe of the run whose weights it started from}, in the same form.
        weights: SHA-256 of the file of the trained weights; ``None`` in older bundles.
        parity: ``None`` until the graphs have been compared with the model.
        trust: ``None`` when nothing was calibrated.
        origins: where each part that others trained comes from.
    """

    name: str
    made_by: str
    summary: str
    licence: str
    notes: tuple[str, ...]
    tasks: tuple[Task, ...]
    positions: Mapping[str, tuple[float, float]]
    encoders: Mapping[Modality, EncoderEntry]
    align: Alignment | None = field(default=None, metadata=strict.OPTIONAL)
    fusion: FusionEntry
    recipe: Mapping[str, Any]
    evaluation: tuple[Result, ...]
    lineage: Mapping[Modality, Mapping[str, Any]] = field(default_factory=dict)
    weights: str | None = field(default=None, metadata=strict.OPTIONAL)
    parity: Parity | None = field(default=None, metadata=strict.OPTIONAL)
    trust: TrustTable | None = field(default=None, metadata=strict.OPTIONAL)
    origins: Mapping[Modality, Origin] = field(default_factory=dict, metadata=strict.OPTIONAL)

    def __post_init__(self) -> None:
        if not self.encoders or not self.tasks:
            raise ValueError("a bundle reads one modality at least, and answers one task")
        for modality, encoder in self.encoders.items():
            if not 1 <= encoder.dim <= _WIDEST:
                raise ValueError(f"a state of '{modality}' has 1 to {_WIDEST:,} numbers, not {encoder.dim}")
        known: dict[str, FileEntry] = {}
        for part in self.files:
            if known.setdefault(part.file, part).sha256 != part.sha256:
                raise ValueError(f"the file '{part.file}' is named twice, with different hashes")
        for modality, before in self.lineage.items():
            if not {"name", "seed", "data"} <= before.keys():
                raise ValueError(f"the recipe of the earlier run of '{modality}' lacks its name, its seed or its data")
        for label, place in self.positions.items():
            if not all(-1 <= number <= 1 for number in place):
                raise ValueError(f"the position of '{label}' lies between -1 and 1, not at {place}")
        sizes = {task.name: task.size for task in self.tasks if task.kind == "single"}
        for task, fitted in ({} if self.trust is None else self.trust.tasks).items():
            for subset, entry in fitted.items():
                found = {len(entry.calibration.scale), len(entry.label_sets.quantiles)}
                if task in sizes and found != {sizes[task]}:
                    raise ValueError(f"what was fitted for '{task}' by {subset} is not for its {sizes[task]} labels")

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that it reads."""
        return tuple(m for m in MODALITIES if m in self.encoders)

    @property
    def training(self) -> Recipe:
        """The recipe it was trained with.

        Raises:
            RecipeError: this version cannot read the recipe.
        """
        return strict.build(Recipe, self.recipe, "the bundle's recipe")

    @property
    def graphs(self) -> dict[str, FileEntry]:
        """{part: its graph}.

        The parts are "fusion", each modality, "<modality>_trunk" for a person baseline, and "<modality>_vectors".
        """
        own: dict[str, FileEntry] = {m: self.encoders[m].graph for m in self.modalities}
        trunks = {f"{m}_trunk": entry.trunk for m, entry in self.encoders.items() if entry.trunk is not None}
        vectors = {f"{m}_vectors": entry.vectors for m, entry in self.encoders.items() if entry.vectors is not None}
        return {"fusion": self.fusion.graph, **own, **trunks, **vectors}

    @property
    def files(self) -> list[FileEntry]:
        """All graphs, and the files that encoders and networks in torch read."""
        entries = self.encoders.values()
        configs = [e.config for e in entries if e.config is not None]
        return [*self.graphs.values(), *configs, *(asset for e in entries for asset in e.assets.values())]
