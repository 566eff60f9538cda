"""Recipes: strict TOML to frozen dataclasses. A strategy is a recipe, not a class."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from mien.errors import RecipeError, closest
from mien.recipe import strict
from mien.recipe.sections import Alignment as Alignment
from mien.recipe.sections import Loss as Loss
from mien.recipe.sections import Training as Training
from mien.types import EMOTION, MODALITIES, Modality, Task


@dataclass(frozen=True)
class EncoderTable:
    """``[encoders.<modality>]``.

    Attributes:
        name: registered encoder.
        options: its arguments.
        start: folder of a finished run whose weights for this modality are taken, relative to the runs folder.
        lr: its own learning rate; ``None`` takes that of ``[train]``.
        baseline: its features are taken relative to what is usual for the person (``person.py``). They are features of the
            part that never learns; see ``training/frozen.py``.

    Raises:
        RecipeError: a learning rate that is none.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    start: str | None = None
    lr: float | None = None
    baseline: bool = False

    def __post_init__(self) -> None:
        if self.lr is not None and self.lr <= 0:
            raise RecipeError(f"lr of the encoder '{self.name}' must be above 0, not {self.lr:g}")


@dataclass(frozen=True)
class Target:
    """``[data.targets.<task>]``: where a row of the manifest holds the answer to a task. A row without one is unlabelled.

    Attributes:
        column: its column; "" for the one named as the task. Several labels are joined by "|". A score is a number.
        labels: {label in the file: label of the task}; empty where both are the same. Other labels are left out.
        votes: {column of annotators' votes: label}; in training they replace ``column`` where they count; tests keep it.
    """

    column: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureTable:
    """``[data.features.<modality>]``: ready-made features that a manifest holds, or another file beside it.

    Attributes:
        array: an array of an .npz manifest, (N, D) or (N, T, D), or a pattern of column names ("mfcc_*").
        present: column that says whether a row has them; "" for always.
        around: so many rows before and after, of the same dialogue, come with each (context).
        file: another file that holds them, relative to the data root; "" for the manifest itself. Rows without a partner
            there have none.
        key: column of that file that names its rows.
        match: column of the manifest that holds the same name,
        pattern: or, where the two differ, what a regular expression finds in it,
        name: put into this template ("\\1" is the first group).
    """

    array: str
    present: str = ""
    around: int = 0
    file: str = ""
    key: str = "id"
    match: str = "id"
    pattern: str = "(.*)"
    name: str = r"\1"


@dataclass(frozen=True)
class Source:
    """One ``[[data]]`` table: a manifest and how to read it.

    Attributes:
        name: of the data set, as results name it.
        manifest: CSV, Parquet, JSONL or .npz file, relative to the data root; "{split}" in it stands for one file a split.
        clip: {field of ``Clip``: column}; at least one of video, audio, image and text, or ``features``. With a ``reader``,
            empty stands for all columns under their own names.
        targets: {task: where its answers are}.
        features: {modality: ready-made features}.
        reader: a public set's reader (``data/readers``); ``manifest`` is then the folder as its authors distribute it.
        where: {column: value} that a row must have.
        splits: {split in the file: split here}, where they differ; "" stands for rows without one.
        train: split to train on, or "" for none.
        valid: split to validate on, or "" for none.
        group: column that stands for the speaker in every kind of split; "" for the speaker.
        divide: shares of the groups for train, valid and test, dealt by a hash, instead of the file's splits; () for none.
        hold_out: share of the training speakers that become the validation split, where a set has none.
        folds: cross-validation by speaker in so many folds, instead of the file's splits; 0 for none.
        fold: which of them is the test; the next one is for validation, or for training too where ``valid`` is "".
        context: so many previous utterances of the dialogue come with each.
        dialogue: column of the dialogue; utterances are ordered by ``turn``.
        turn: column of the place in the dialogue.
        degrade: ways to degrade the examples of the training split, "kind:level"; "" is the clean one.
        limit: at most so many training examples; 0 for all.
    """

    name: str
    manifest: str
    clip: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=lambda: {EMOTION.name: Target()})
    features: dict[Modality, FeatureTable] = field(default_factory=dict)
    reader: str = ""
    where: dict[str, str] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    train: str = "train"
    valid: str = "valid"
    group: str = ""
    divide: tuple[float, ...] = ()
    hold_out: float = 0.0
    folds: int = 0
    fold: int = 0
    context: int = 0
    dialogue: str = "dialogue"
    turn: str = "turn"
    degrade: tuple[str, ...] = ("",)
    limit: int = 0


@dataclass(frozen=True)
class Export:
    """``[export]``: which graphs are stored as int8 or float16, and what the bundle says of itself.

    Graphs are named after their modality, what never learns of an encoder ``<modality>_trunk``, and the rest ``fusion``.
    ``fitting`` tells how the fusion was fitted, and on what the whole was and was not evaluated; ``limits`` what its user must
    know of the data and of how it was measured.
    """

    int8: tuple[str, ...] = ()
    float16: tuple[str, ...] = ()
    summary: str = ""
    fitting: str = ""
    limits: str = ""
    notes: tuple[str, ...] = ()
    licence: str = ""


@dataclass(frozen=True)
class Recipe:
    """A whole recipe file. ``tune`` says where ``mien tune`` looks for better numbers, see ``study/tune.py``.

    Raises:
        RecipeError: a negative seed, two tasks of one name, a loss that the tasks do not have, or a graph to be stored that
            the model does not have.
    """

    name: str
    encoders: dict[Modality, EncoderTable]
    data: tuple[Source, ...]
    align: Alignment = field(default_factory=Alignment)
    fusion: dict[str, Any] = field(default_factory=lambda: {"name": "late"})
    train: Training = field(default_factory=Training)
    losses: dict[str, Loss] = field(default_factory=dict)
    export: Export = field(default_factory=Export)
    seed: int = 0
    tasks: tuple[Task, ...] = (EMOTION,)
    tune: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise RecipeError(f"a seed must be at least 0, not {self.seed}")
        tasks = {task.name: task for task in self.tasks}
        if len(tasks) < len(self.tasks):
            raise RecipeError("two tasks of the recipe have the same name; give each its own")
        for name, loss in self.losses.items():
            if name not in tasks:
                raise RecipeError(f"[losses.{name}] is of no task of this recipe; {closest(name, tasks)}")
            if tasks[name].kind == "score" and loss != Loss(weight=loss.weight):
                raise RecipeError(f"'{name}' is a score: [losses.{name}] knows only its weight")
        graphs = [*MODALITIES, *(f"{modality}_trunk" for modality in MODALITIES), "fusion"]
        for graph in (*self.export.int8, *self.export.float16):
            if graph not in graphs:
                raise RecipeError(f"[export] knows no graph '{graph}'; {closest(graph, graphs)}")

    def as_table(self) -> dict[str, Any]:
        """The recipe as plain values, for bundle.json."""
        return asdict(self)


def load(path: Path | str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, or a shipped recipe by name, with ``a.b=value`` and ``-a.b`` overrides.

    A file may say ``extends = "other.toml"`` (a path from its own folder): it then has all that the other file has, except for
    the keys it gives itself, whose tables it replaces whole. The other file may not extend a third.

    Raises:
        RecipeError: no such file, not TOML, or a key or value that a recipe does not have.
    """
    table = table_of(path)
    for change in overrides:
        strict.override(table, change)
    return strict.build(Recipe, table, "the recipe")


def shipped() -> list[str]:
    """Names of the recipes in the package; those that differ in the fusion alone are "fusions/<name>"."""
    folder = _folder()
    found = [*folder.glob("*.toml"), *folder.glob("fusions/*.toml")]
    return sorted(p.relative_to(folder).with_suffix("").as_posix() for p in found)


def _folder() -> Path:
    """Works for wheels unpacked on disk, as pip installs them."""
    with as_file(files("mien.recipes")) as path:
        return Path(path)


def table_of(path: Path | str) -> dict[str, Any]:
    """A recipe as plain values, with what it extends; see ``load``."""
    file = file_of(path)
    table = read_toml(file)
    return {**_base(file, table.pop("extends")), **table} if "extends" in table else table


def file_of(path: Path | str) -> Path:
    """The file of a recipe: itself, or that of a shipped recipe by name.

    Raises:
        RecipeError: no such recipe.
    """
    if Path(path).is_file():
        return Path(path)
    if str(path) in shipped():
        return _folder() / f"{path}.toml"
    raise RecipeError(f"there is no recipe '{path}'; give a .toml file or one of: {', '.join(shipped())}")


def _base(file: Path, other: Any) -> dict[str, Any]:
    base = file.parent / str(other)
    if not base.is_file():
        raise RecipeError(f"{file} extends '{other}', which is no file beside it; give a path from its folder")
    table = read_toml(base)
    if "extends" in table:
        raise RecipeError(f"{file} extends '{other}', which extends another itself; one step is all there is")
    return table


def read_toml(file: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        RecipeError: it is no TOML, or no text at all.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RecipeError(f"'{file}' is not text, as a recipe in TOML is; give a .toml file") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file} is not valid TOML: {error}") from error
