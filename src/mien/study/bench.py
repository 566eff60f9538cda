"""Benchmarks: one command rebuilds a table that compares systems with published figures. A benchmark is a TOML file::

    name = "ravdess"
    title = "RAVDESS: voice and face of unseen actors"
    protocol = "Eight emotions, six folds by actor; test predictions of all folds are pooled."
    metric = "accuracy"
    seeds = 5
    folds = true

    [[systems]]
    label = "voice alone"
    recipe = "ravdess.toml"       # beside this file, or the name of a shipped recipe
    change = ["fusion.name=late"]

    [[published]]
    label = "Luna-Jimenez et al. 2021"
    value = 0.8008
    source = "doi 10.3390/s21227665"

``mien bench ravdess`` trains what is not finished, and writes the table between the marks ``<!-- bench:ravdess -->`` and
``<!-- end of bench:ravdess -->`` of a document.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mien.errors import InputError, RecipeError, closest
from mien.evaluation.boards import Entrant
from mien.recipe import recipe, strict
from mien.runtime import marks
from mien.runtime.cache import write_atomic
from mien.study.plan import Plan
from mien.study.together import Together

_DOCUMENT = Path("docs/benchmarks.md")


@dataclass(frozen=True)
class System:
    """A system that the benchmark trains: one row of the table.

    Attributes:
        label: its name in the table.
        recipe: a file in the folder of the benchmark, or the name of a shipped recipe.
        change: "a.b=value" overrides.
    """

    label: str
    recipe: str
    change: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """A row from a paper.

    Attributes:
        label: its name in the table.
        value: the figure in the benchmark's metric, on the same split.
        source: where the figure is published.
        task: the task, where a benchmark has several; "" for the first.
        note: what a reader must know to compare, such as other features.
    """

    label: str
    value: float
    source: str
    task: str = ""
    note: str = ""


@dataclass(frozen=True)
class Bench:
    """A benchmark; see the module.

    Attributes:
        name: its name in the marks of the document.
        title: heading of the table.
        protocol: sentences on how the systems are evaluated.
        systems: what is trained. Differences are tested against the first system.
        published: rows from papers.
        metric: the metric that systems are compared by; "" for the usual metric of each task.
        seeds: number of seeds; they are counted from 0.
        folds: whether all folds of the data are run.
        subsets: whether the systems are also evaluated with missing modalities.
    """

    name: str
    title: str
    protocol: str
    systems: tuple[System, ...]
    published: tuple[Published, ...] = ()
    metric: str = ""
    seeds: int = 5
    folds: bool = False
    subsets: bool = False


def shipped() -> list[str]:
    """Names of the benchmarks in the package."""
    return sorted(p.stem for p in _folder().glob("*.toml"))


def _folder() -> Path:
    return Path(str(files("mien.recipes"))) / "bench"


def load(which: str | Path) -> tuple[Bench | Together, Path]:
    """A benchmark, by its file or its shipped name, and the folder of its recipes. One with a bundle trains nothing.

    Raises:
        RecipeError: there is no such benchmark, or it has a mistake.
    """
    path = Path(which)
    if not path.is_file():
        path = _folder() / f"{which}.toml"
    if not path.is_file():
        raise RecipeError(f"there is no benchmark '{which}'; give a .toml file, or {closest(str(which), shipped())}")
    table, place = recipe.read_toml(path), f"the benchmark {path.name}"
    if "bundle" in table:
        return strict.build(Together, table, place), path.parent
    return strict.build(Bench, table, place), path.parent


def plan(bench: Bench, folder: Path, fresh: bool = False) -> Plan:
    """What the benchmark trains and compares. ``fresh`` trains again what is finished."""
    entrants = tuple(Entrant(s.label, recipe.load(_recipe(s, folder), s.change)) for s in bench.systems)
    return Plan(entrants, tuple(range(bench.seeds)), bench.folds, bench.metric or None, bench.subsets, fresh)


def _recipe(system: System, folder: Path) -> Path | str:
    beside = folder / system.recipe
    return beside if beside.is_file() else system.recipe


def usual_document(bench: Bench | Together, runs: Path) -> Path:
    """The document that holds the table: docs/benchmarks.md of this project.

    Outside the project it is ``<runs>/bench-<name>.md``, which is made with a place for the table.
    """
    if _DOCUMENT.is_file():
        return _DOCUMENT
    document = runs / f"bench-{bench.name}.md"
    if not document.is_file():
        runs.mkdir(parents=True, exist_ok=True)
        write_atomic(document, "\n".join(marks.marks(_part(bench.name))) + "\n")
    return document


def text_of(document: Path) -> str:
    """The text of the document.

    Raises:
        InputError: there is no such document.
    """
    if not document.is_file():
        raise InputError(f"there is no document '{document}'; name it with --document")
    return document.read_text(encoding="utf-8")


def rebuilt(text: str, name: str, content: str) -> str:
    """The document with new content between the benchmark's marks.

    Raises:
        InputError: the document does not have the marks.
    """
    return marks.rebuilt(text, _part(name), content)


def _part(name: str) -> str:
    return f"bench:{name}"
