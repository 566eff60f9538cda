"""Whether a bundle does as well for one group of people as for another, on labelled data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from mien.data.corpus import Corpus
from mien.errors import InputError, RecipeError
from mien.evaluation.groups import FEWEST_EXAMPLES, FEWEST_PEOPLE, MEASURES, by_group, gaps
from mien.evaluation.predictions import Evaluation, Predictions
from mien.events import Notice, Work
from mien.metrics.statistics.intervals import holm
from mien.report.studies.markdown import probability
from mien.report.terminal.tables import table
from mien.trust.sample import Sample

FEW = f"too few: fewer than {FEWEST_PEOPLE} speakers, or than {FEWEST_EXAMPLES} examples"
"""Why nothing is said of a group."""


def attributes(corpus: Corpus, name: str) -> Work[dict[str, str]]:
    """{id of the clip: its group}, from a column of the manifests.

    Args:
        corpus: the data.
        name: of the column.

    Raises:
        InputError: if all sets lack it, or nothing the recipe asks has groups that can be compared.
    """
    if all(task.kind != "single" for task in corpus.tasks):
        raise InputError(
            "--groups compares answers that are one label each, and no task of this bundle is of that kind"
        )
    found: dict[str, str] = {}
    lacking: list[str] = []
    for source in corpus.sources:
        try:
            found |= corpus.column(source, name)
        except RecipeError as error:
            lacking.append(str(error))
    if len(lacking) == len(corpus.sources):
        raise InputError(f"there are no groups to compare: {lacking[0]}")
    for reason in lacking:
        yield Notice("groups_missing", {"why": reason})
    return found


def compared(judged: Evaluation, name: str, groups: Mapping[str, str]) -> dict[str, Any]:
    """Every group of every test set, and the gaps between them; p-values are corrected (Holm 1979) over all gaps here.

    Args:
        judged: what the bundle said.
        name: of the column.
        groups: see ``attributes``.
    """
    found: dict[str, Any] = {"column": name, "groups": [], "gaps": []}
    for part in judged.test:
        mine = [groups.get(clip, "") for clip in part.ids]
        if part.task.kind == "single" and any(mine):
            about = {"set": part.set, "task": part.task.name, "modality": part.modality}
            sample, named = _sample(part)
            for row in by_group(sample, mine):
                people = row.people if named else None
                found["groups"].append({**about, **_rounded(row._asdict()), "people": people})
            found["gaps"] += [{**about, **_rounded(gap._asdict())} for gap in gaps(sample, mine)]
    tested = [gap for gap in found["gaps"] if gap["p"] is not None]
    for gap, p in zip(tested, holm([gap["p"] for gap in tested]), strict=True):
        gap["p_holm"] = round(p, 4)
    return found


def _sample(part: Predictions) -> tuple[Sample, bool]:
    """Answers by people; where some name nobody every clip stands for itself."""
    named = "" not in part.groups
    return Sample.of(part.scores, part.targets, part.groups if named else part.ids), named


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}


def shown(found: Mapping[str, Any]) -> Iterator[Table]:
    """Tables for the terminal: the groups, then the gaps where there are some."""
    few = any(row["value"] is None for row in found["groups"])
    head, *lines = grid(found)
    yield table("groups (docs/trust.md says how to read it)", head, lines, FEW if few else "")
    head, *lines = gap_grid(found)
    if lines:
        yield table("gaps between groups", head, lines)


def grid(found: Mapping[str, Any]) -> list[list[str]]:
    """Head, and a line for each group."""
    names = ("too sure" if name == "overconfidence" else name for name in MEASURES)
    return [["set", found["column"], "n", "speakers", *names], *_lines(found["groups"])]


def gap_grid(found: Mapping[str, Any]) -> list[list[str]]:
    """Head, and a line for each gap."""
    return [["set", "gap", "measure", "value", "p (Holm)"], *map(_gap, found["gaps"])]


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """One line a group, a column a measure."""
    lines: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        lines[row["set"], row["task"], row["group"]].append(row)
    for (name, _, group), mine in lines.items():
        people = "not named" if mine[0]["people"] is None else str(mine[0]["people"])
        yield [name, group, f"{mine[0]['n']:,}", people, *map(_value, mine)]


def _value(row: Mapping[str, Any]) -> str:
    return "too few" if row["value"] is None else f"{row['value']:.3f} [{row['low']:.2f}, {row['high']:.2f}]"


def _gap(gap: Mapping[str, Any]) -> list[str]:
    p = "same people" if gap["p"] is None else probability(gap["p_holm"])
    return [gap["set"], f"{gap['one']} - {gap['other']}", gap["measure"], f"{gap['value']:+.3f}", p]
