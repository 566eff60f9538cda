"""Rebuilds a table of the documentation: it trains what is missing, compares, and writes the table into its document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.data.corpus import Corpus
from mien.events import Work
from mien.report.studies.benchmark import benchmark
from mien.report.studies.markdown import subsets
from mien.runtime.cache import write_atomic
from mien.study import bench
from mien.study.together import Together
from mien.workflows.compare_recipes import run
from mien.workflows.judge_bundle import judged


@dataclass(frozen=True)
class Rebuilt:
    """A table in Markdown, and the document that contains it."""

    table: str
    document: Path


def rebuild(which: str | Path, document: Path | None, fresh: bool, root: Path, runs: Path) -> Work[Rebuilt]:
    """Rebuilds the table of a benchmark.

    Args:
        which: the name of a shipped benchmark, or a .toml file.
        document: the document that contains its table; ``None`` for ``bench.usual_document``.
        fresh: repeat finished trainings.
        root: folder of the data sets.
        runs: folder of all runs.

    Raises:
        RecipeError: there is no such benchmark, or it has a mistake.
        InputError: there is no document, or it has no place for the table. This is checked before anything is trained.
    """
    wanted, folder = bench.load(which)
    document = document or bench.usual_document(wanted, runs)
    bench.rebuilt(bench.text_of(document), wanted.name, "")
    if isinstance(wanted, Together):
        table = yield from judged(wanted, root)
    else:
        plan = bench.plan(wanted, folder, fresh)
        found = yield from run(plan, [Corpus.of(e.recipe, root) for e in plan.entrants], runs)
        table = benchmark(wanted, found.boards, [*subsets(found.outcomes), *found.notes])
    # Trainings take hours and the document may have changed, so it is read again.
    write_atomic(document, bench.rebuilt(bench.text_of(document), wanted.name, table))
    return Rebuilt(table, document)
