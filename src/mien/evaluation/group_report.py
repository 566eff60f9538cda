"""Compares how well a bundle works for groups of people, on labelled data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mien.data.corpus import Corpus
from mien.errors import InputError, RecipeError
from mien.evaluation.groups import by_group, gaps
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.report import GroupGap, GroupResult, Groups
from mien.events import Notice, Work
from mien.metrics.statistics.intervals import holm
from mien.trust.sample import Sample


def attributes(corpus: Corpus, name: str) -> Work[dict[str, str]]:
    """{id of the clip: its group}, from a column of the manifests.

    Args:
        corpus: the data.
        name: name of the column.

    Raises:
        InputError: no data set has the column, or no task is single-label, so that groups cannot be compared.
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


def compared(evaluation: Evaluation, name: str, groups: Mapping[str, str]) -> Groups:
    """Every group of every test set, and the gaps between them. p-values are corrected for all these gaps (Holm 1979).

    Args:
        evaluation: the predictions of the bundle.
        name: name of the column.
        groups: {id of the clip: its group}, see ``attributes``.
    """
    rows: list[GroupResult] = []
    found: list[GroupGap] = []
    for part in evaluation.test:
        mine = [groups.get(clip, "") for clip in part.ids]
        if part.task.kind == "single" and any(mine):
            rows += _results(part, mine)
            found += _gaps(part, mine)
    return Groups(name, tuple(rows), tuple(_corrected(found)))


def _results(part: Predictions, groups: Sequence[str]) -> list[GroupResult]:
    sample, named = _sample(part)
    return [
        GroupResult(
            *_about(part),
            row.group,
            row.metric,
            row.people if named else None,
            row.n,
            *(_rounded(figure) for figure in (row.value, row.low, row.high)),
        )
        for row in by_group(sample, groups)
    ]


def _gaps(part: Predictions, groups: Sequence[str]) -> list[GroupGap]:
    sample, _ = _sample(part)
    return [
        GroupGap(*_about(part), gap.one, gap.other, gap.metric, round(gap.value, 4), _rounded(gap.p))
        for gap in gaps(sample, groups)
    ]


def _corrected(found: Sequence[GroupGap]) -> list[GroupGap]:
    adjusted = iter(holm([gap.p for gap in found if gap.p is not None]))
    return [gap if gap.p is None else replace(gap, p_holm=round(next(adjusted), 4)) for gap in found]


class _About(NamedTuple):
    set: str
    task: str
    modality: str


def _about(part: Predictions) -> _About:
    return _About(part.set, part.task.name, part.modality)


def _sample(part: Predictions) -> tuple[Sample, bool]:
    """The answers with their people, and whether all people are named. If not, every clip counts as a person."""
    named = "" not in part.groups
    return Sample.of(part.scores, part.targets, part.groups if named else part.ids), named


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
