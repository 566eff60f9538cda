"""Benchmarks: tables of the documentation, rebuilt beside published figures by one command. A benchmark is a TOML file::

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

``mien bench ravdess`` trains what is not finished and writes between the marks ``<!-- bench:ravdess -->`` and
``<!-- end of bench:ravdess -->``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mien.errors import InputError, RecipeError, closest
from mien.recipe import recipe, strict
from mien.report.studies.markdown import duration, interval, majority, probability, table, value
from mien.runtime.cache import write_atomic
from mien.study.compare import Board
from mien.study.comparison import Comparison, Plan
from mien.study.trial import Entrant

_DOCUMENT = Path("docs/benchmarks.md")


@dataclass(frozen=True)
class System:
    """A row of ours.

    Attributes:
        label: its name in the table.
        recipe: file beside the benchmark's, or the name of a shipped recipe.
        change: "a.b=value" overrides.
    """

    label: str
    recipe: str
    change: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """A row from a paper: its figure of the benchmark's metric, on the same split, and where it stands.

    Attributes:
        task: where a benchmark has several; "" for the first.
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
        systems: ours; differences are tested against the first.
        metric: "" for the usual one of each task.
        subsets: also what is left when modalities are missing.
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


def load(which: str | Path) -> tuple[Bench, Path]:
    """A benchmark by file or shipped name, and the folder its recipes are sought in.

    Raises:
        RecipeError: there is none, or it has a mistake.
    """
    path = Path(which)
    if not path.is_file():
        path = _folder() / f"{which}.toml"
    if not path.is_file():
        raise RecipeError(f"there is no benchmark '{which}'; give a .toml file, or {closest(str(which), shipped())}")
    return strict.build(Bench, recipe.read_toml(path), f"the benchmark {path.name}"), path.parent


def plan(bench: Bench, folder: Path, fresh: bool = False) -> Plan:
    """What is to be trained and compared."""
    entrants = tuple(Entrant(s.label, recipe.load(_recipe(s, folder), s.change)) for s in bench.systems)
    return Plan(entrants, tuple(range(bench.seeds)), bench.folds, bench.metric or None, bench.subsets, fresh)


def _recipe(system: System, folder: Path) -> Path | str:
    beside = folder / system.recipe
    return beside if beside.is_file() else system.recipe


def markdown(bench: Bench, found: Comparison) -> str:
    """What stands in the document: protocol, a table for each task, and who is ahead."""
    command = f"    mien bench {bench.name}"
    parts = [f"### {bench.title}", command, bench.protocol]
    first = found.boards[0].task if found.boards else ""
    for board in found.boards:
        published = [p for p in bench.published if (p.task or first) == board.task]
        parts += [f"**{board.set}, {board.task}**" if len(found.boards) > 1 else "", _table(board, published)]
        parts.append(_ahead(board, published))
    resampled = found.boards[0].lines[0].row.resampled if found.boards else ""
    parts.append(
        f"Mean ± standard deviation over {bench.seeds} seeds; 95 % interval by a bootstrap over {resampled}; p of a difference "
        "to the first row by the paired bootstrap, adjusted after Holm; time: training, on the machine that wrote this."
    )
    parts += found.missing
    return "\n\n".join(p for p in [*parts, *found.notes] if p)


def _table(board: Board, published: Sequence[Published]) -> str:
    metric = board.metric + (" (lower is better)" if board.lower else "")
    head = ["system", metric, "95 % interval", "p", "n", "majority", "learned", "time", "source"]
    rows = []
    for line in board.lines:
        row, cost = line.row, line.outcome.cost
        p = "" if line.adjusted is None else probability(line.adjusted)
        rows.append(
            [
                *(line.outcome.entrant.label, value(row), interval(row.interval), p, f"{row.n:,}", majority(row)),
                *(f"{cost.learned:,}", duration(cost.seconds), "here"),
            ]
        )
    for known in published:
        source = known.source + (f" ({known.note})" if known.note else "")
        rows.append([known.label, f"{known.value:.3f}", *[""] * 6, source])
    return table(head, rows)


def _ahead(board: Board, published: Sequence[Published]) -> str:
    """Against the best published figure, in a sentence; better is positive."""
    if not published:
        return ""
    best = (min if board.lower else max)(published, key=lambda p: p.value)
    mine = board.best
    gap = (mine.row.value - best.value) * (-1 if board.lower else 1)
    says = "ahead of" if gap > 0 else "behind"
    label = mine.outcome.entrant.label
    return f"Best here: {label}, {value(mine.row)}, {abs(gap):.3f} {says} the best published ({best.label}, {best.value:.3f})."


def usual_document(bench: Bench, runs: Path) -> Path:
    """The document of this project; outside it ``runs/bench-<name>.md``, begun with a place for the benchmark's table."""
    if _DOCUMENT.is_file():
        return _DOCUMENT
    document = runs / f"bench-{bench.name}.md"
    if not document.is_file():
        runs.mkdir(parents=True, exist_ok=True)
        write_atomic(document, "\n".join(_marks(bench.name)) + "\n")
    return document


def text_of(document: Path) -> str:
    """The document.

    Raises:
        InputError: if there is none.
    """
    if not document.is_file():
        raise InputError(f"there is no document '{document}'; name it with --document")
    return document.read_text(encoding="utf-8")


def rebuilt(text: str, name: str, content: str) -> str:
    """The document with the content between the benchmark's marks.

    Raises:
        InputError: if they are not there.
    """
    start, end = _marks(name)
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise InputError(
            f"the document has no place for this benchmark; put '{start}' and '{end}' into it, a line each"
        )
    return f"{before}{start}\n{content}\n{end}{after}"


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- bench:{name} -->", f"<!-- end of bench:{name} -->"
