"""Recipes: frozen dataclasses, built strictly from TOML. A strategy of training is a recipe, not a class."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from mien.errors import RecipeError, closest
from mien.files.ordinary import read_bytes
from mien.recipe import strict
from mien.recipe.names import plain_path
from mien.recipe.own_code import located
from mien.recipe.sections import Alignment, EncoderTable, Loss, Training
from mien.types import EMOTION, MODALITIES, Modality, Task

_LARGEST = 5_000_000  # bytes of a recipe


@dataclass(frozen=True)
class Target:
    """``[data.targets.<task>]``: where a row of the manifest holds the target of a task. A row without one is unlabelled.

    Attributes:
        column: its column; "" for the column with the name of the task. Several labels are joined by "|". A score is a number.
        labels: {label in the file: label of the task}; empty where both are the same. Other labels are left out.
        votes: {column of annotators' votes: label}. In the training split, votes replace ``column`` for the rows that have
            some; the other splits use ``column``.
    """

    column: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureTable:
    """``[data.features.<modality>]``: ready-made features in the manifest, or in another file beside it.

    Attributes:
        array: an array of an .npz manifest, (N, D) or (N, T, D), or a pattern of column names ("mfcc_*").
        present: column that says whether a row has features; "" where all rows have them.
        around: how many rows before and after in the same dialogue come with each row as context.
        file: another file that holds the features, relative to the data root; "" for the manifest itself. Rows without a
            matching row in that file have no features.
        key: column of that file with the names of its rows.
        match: column of the manifest from which the name in ``key`` is made.
        pattern: regular expression that is searched in ``match``.
        name: template for the name from the found groups ("\\1" is the first group). With the defaults of ``pattern`` and
            ``name``, the name is the value of ``match``.
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
        name: name of the data set in results.
        manifest: CSV, Parquet, JSONL or .npz file, or a .tar of WebDataset, relative to the data root. "{split}" in it means
            that each split has a file, and "*" that there are several: "{split}-*.tar".
            "mien:said.csv" is a file that comes with mien.
        clip: {field of ``Clip``: column}, with at least one of video, audio, image and text, unless there are ``features``.
            ``id = ""`` numbers the rows, for a manifest whose ids are not unique.
            With a ``reader``, an empty table means all columns under their own names.
        targets: {task: where its targets are}.
        features: {modality: ready-made features}.
        reader: name of the reader of a public set (``data/readers``); "" for none. With a reader, ``manifest`` is the folder
            that the authors of the set distribute.
        where: {column: value} that a row must have.
        splits: {split in the file: split here}, where the names differ; the key "" is for rows without a split.
        train: split to train on, or "" for none.
        valid: split to validate on, or "" for none.
        group: column that replaces the speaker wherever data are split by speaker; "" for the speaker.
        divide: shares of the groups for train, valid and test, dealt by a hash instead of the file's splits; () for none.
        hold_out: share of the training speakers that are moved to the validation split; 0 for none.
        folds: number of folds of a cross-validation by speaker, instead of the file's splits; 0 for none.
        fold: which fold is the test split. The next fold is for validation, or for training where ``valid`` is "".
        context: how many previous utterances of the dialogue come with each utterance.
        dialogue: column of the dialogue; its utterances are ordered by ``turn``.
        turn: column of the place in the dialogue.
        degrade: ways to degrade the examples of the training split, "kind:level"; "" leaves them clean.
        limit: largest number of training examples; 0 for all.
        apart_from: names of other data sets of the recipe. No training example has the words of one of their examples for
            validation or test. It is for sets that share material, such as the lines of one television series.
        stream: how many examples are shuffled together, for a set too large for memory; 0 holds all in memory. Blocks of the
            files come in random order, and so many examples in a row are mixed.
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
    apart_from: tuple[str, ...] = ()
    stream: int = 0


@dataclass(frozen=True)
class Export:
    """``[export]``: which graphs are stored as int8 or float16, and the texts of the bundle's card.

    The graph of an encoder has the name of its modality, the part that never learns has the name ``<modality>_trunk``, and the
    rest is ``fusion``.

    Attributes:
        int8, float16: names of graphs.
        summary: what the bundle is, in a few words.
        fitting: how the fusion was fitted, and on which data the bundle was and was not evaluated.
        limits: what a user must know about the data and the evaluation.
        notes: further things that a user must know, shown with every result.
        licence: licence of the bundle.
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
    """A whole recipe file. ``tune`` is the search space of ``mien tune``, see ``study/search_space.py``.

    Raises:
        RecipeError: the seed is negative, two tasks have the same name, a loss is for no task or has options that its task
            does not know, a data set is to be apart from one that the recipe lacks, or ``[export]`` names a graph that no
            model has.
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
        if not plain_path(self.name):
            raise RecipeError(
                f"a recipe cannot be called '{self.name}': its runs go to a folder of that name, so use plain names"
            )
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
            if tasks[name].kind != "single" and loss.logit_adjustment:
                raise RecipeError(f"logit_adjustment is for tasks with one label, and '{name}' has several")
        names = [source.name for source in self.data]
        for other in (name for source in self.data for name in source.apart_from):
            if other not in names:
                raise RecipeError(f"apart_from names no data set '{other}' of the recipe; {closest(other, names)}")
        graphs = [*MODALITIES, *(f"{modality}_trunk" for modality in MODALITIES), "fusion"]
        for graph in (*self.export.int8, *self.export.float16):
            if graph not in graphs:
                raise RecipeError(f"[export] knows no graph '{graph}'; {closest(graph, graphs)}")

    def as_table(self) -> dict[str, Any]:
        """The recipe as plain values, for bundle.json."""
        return asdict(self)


def load(path: Path | str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, or a shipped recipe by name, with ``a.b=value`` and ``-a.b`` overrides.

    A file may say ``extends = "other.toml"``: a path from its own folder, or the name of a shipped recipe. Then it also has
    the top-level keys of the other file that it does not give itself. A table that it gives replaces the whole table of the
    other file. The other file may not extend a third.

    Raises:
        RecipeError: there is no such file, it is not TOML, or a key or value is not allowed in a recipe.
    """
    table = table_of(path)
    for change in overrides:
        strict.override(table, change)
    return strict.build(Recipe, located(table, Path()), "the recipe")


def shipped() -> list[str]:
    """Names of the recipes in the package. Those that differ only in their fusion are called "fusions/<name>"."""
    folder = _folder()
    found = [*folder.glob("*.toml"), *folder.glob("fusions/*.toml")]
    return sorted(p.relative_to(folder).with_suffix("").as_posix() for p in found)


def _folder() -> Path:
    """The folder of the shipped recipes. The package must be unpacked on disk, as pip installs it."""
    with as_file(files("mien.recipes")) as path:
        return Path(path)


def table_of(path: Path | str) -> dict[str, Any]:
    """A recipe as plain values, joined with the recipe that it extends; see ``load``."""
    file = file_of(path)
    table = located(read_toml(file), file.parent)
    return {**_base(file, table.pop("extends")), **table} if "extends" in table else table


def file_of(path: Path | str) -> Path:
    """The path of a recipe file, or of a shipped recipe by name.

    Raises:
        RecipeError: there is no such recipe.
    """
    if Path(path).is_file():
        return Path(path)
    if str(path) in shipped():
        return _folder() / f"{path}.toml"
    raise RecipeError(f"there is no recipe '{path}'; give a .toml file or one of: {', '.join(shipped())}")


def _base(file: Path, other: Any) -> dict[str, Any]:
    base = file.parent / str(other)
    if not base.is_file():
        if str(other) not in shipped():
            known = f"give a path from its folder, or one of: {', '.join(shipped())}"
            raise RecipeError(f"{file} extends '{other}', which is no file beside it and no shipped recipe; {known}")
        base = file_of(str(other))
    table = located(read_toml(base), base.parent)
    if "extends" in table:
        raise RecipeError(f"{file} extends '{other}', which extends another itself; one step is all there is")
    return table


def read_toml(file: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        RecipeError: the file is not TOML, or not text at all.
    """
    try:
        return tomllib.loads(read_bytes(file, _LARGEST, RecipeError).decode())
    except UnicodeDecodeError as error:
        raise RecipeError(f"'{file}' is not text, as a recipe in TOML is; give a .toml file") from error
    except RecursionError as error:
        raise RecipeError(f"{file} is nested too deeply for a recipe") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file} is not valid TOML: {error}") from error
