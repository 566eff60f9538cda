"""The report on a bundle: rows that ``on_data.py`` and ``group_report.py`` fill, and ``mien.report`` shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mien.bundle.results import Result
from mien.evaluation.flat import csv_of, frame_of
from mien.evaluation.missing import Cell
from mien.evaluation.predictions import Evaluation
from mien.evaluation.reliability import Bin, Point
from mien.recipe import strict
from mien.trust.table import Figures

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Reliability:
    """How well calibrated a bundle is with one subset of the modalities, on one test set and task.

    Attributes:
        set, task: name of the test set, and of the task.
        modality: the subset, joined by "+".
        figures: figures on the examples that have all modalities of the subset.
        diagram: bins of the reliability diagram.
        risk_coverage: points of the risk-coverage curve.
    """

    set: str
    task: str
    modality: str
    figures: Figures
    diagram: tuple[Bin, ...] = ()
    risk_coverage: tuple[Point, ...] = ()

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON. Figures of label sets are left out where none were fitted."""
        return {
            **{"set": self.set, "task": self.task, "modality": self.modality},
            **strict.plain(self.figures),
            "diagram": [bin_._asdict() for bin_ in self.diagram],
            "risk_coverage": [point._asdict() for point in self.risk_coverage],
        }


@dataclass(frozen=True)
class GroupResult:
    """The value of one metric for one group of people, on one test set and task.

    Attributes:
        set, task: name of the test set, and of the task.
        modality: the modalities that its examples have, joined by "+".
        group: name of the group.
        measure: name of the metric.
        people: number of speakers; ``None`` where the data do not name all of them.
        n: number of examples.
        value, low, high: the value and its 95 % interval; ``None`` where the group is too small for a reliable value.
    """

    set: str
    task: str
    modality: str
    group: str
    measure: str
    people: int | None
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GroupGap:
    """The difference of two groups in one metric: ``one`` minus ``other``.

    Attributes:
        set, task, modality: as in ``GroupResult``.
        one, other: names of the groups.
        measure: name of the metric.
        value: the difference.
        p: p-value of a difference of zero, by permutation of people; ``None`` where a person is in both groups.
        p_holm: ``p``, corrected for all gaps that were tested with it (Holm 1979); ``None`` where ``p`` is ``None``.
    """

    set: str
    task: str
    modality: str
    one: str
    other: str
    measure: str
    value: float
    p: float | None
    p_holm: float | None = None

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        table = asdict(self)
        if self.p_holm is None:
            del table["p_holm"]
        return table


@dataclass(frozen=True)
class Groups:
    """The groups of people in a column of the data, and the gaps between them."""

    column: str
    groups: tuple[GroupResult, ...] = ()
    gaps: tuple[GroupGap, ...] = ()

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        groups = [asdict(row) for row in self.groups]
        return {"column": self.column, "groups": groups, "gaps": [gap.as_table() for gap in self.gaps]}


@dataclass(frozen=True)
class EvaluationReport:
    """The whole evaluation of a bundle on some labelled data.

    Attributes:
        evaluation: its predictions.
        rows: its results, see ``results.results``.
        cells: results with missing modalities; empty where these were not evaluated.
        reliability: how well calibrated it is; empty where this was not evaluated.
        groups: results for groups of people; ``None`` where these were not evaluated.
    """

    evaluation: Evaluation
    rows: Sequence[Result]
    cells: Sequence[Cell] = ()
    reliability: Sequence[Reliability] = ()
    groups: Groups | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values in the form ``mien.evaluation/1``. Calibration and groups are left out where not evaluated."""
        cells = [cell.as_table() for cell in self.cells]
        found: dict[str, Any] = {
            "schema": "mien.evaluation/1",
            "results": [row.as_table() for row in self.rows],
            "subsets": cells,
        }
        found |= {"calibration": [row.as_table() for row in self.reliability]} if self.reliability else {}
        found |= {"groups": self.groups.as_table()} if self.groups is not None else {}
        return found

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """CSV of the rows and then the cells, which also have a rate and the share of the most frequent answer."""
        return csv_of(self._flat())

    def to_pandas(self) -> DataFrame:
        """The rows of ``to_csv`` as a table of pandas.

        Raises:
            InputError: pandas is not installed.
        """
        return frame_of(self._flat())

    def _flat(self) -> list[dict[str, Any]]:
        cells = [cell.as_table() for cell in self.cells]
        return [*(row.as_table() for row in self.rows), *({**cell, "modality": cell.pop("subset")} for cell in cells)]
