"""The report on a bundle: rows that ``on_data.py`` and ``group_report.py`` fill, and ``mien.report`` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mien.bundle.results import Result
from mien.evaluation.llm_report import LlmEvaluation
from mien.evaluation.missing import Cell
from mien.evaluation.predictions import Evaluation
from mien.evaluation.reliability import Bin, Point
from mien.evaluation.written import Written
from mien.recipe import strict
from mien.trust.table import Figures


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
        metric: name of the metric; in JSON the key is ``measure``.
        people: number of speakers; ``None`` where the data do not name all of them.
        n: number of examples.
        value, low, high: the value and its 95 % interval; ``None`` where the group is too small for a reliable value.
    """

    set: str
    task: str
    modality: str
    group: str
    metric: str
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
        metric: name of the metric; in JSON the key is ``measure``.
        value: the difference.
        p: p-value of a difference of zero, by permutation of people; ``None`` where a person is in both groups.
        p_holm: ``p``, corrected for all gaps that were tested with it (Holm 1979); ``None`` where ``p`` is ``None``.
    """

    set: str
    task: str
    modality: str
    one: str
    other: str
    metric: str
    value: float
    p: float | None
    p_holm: float | None = None

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        table = _row(self)
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
        groups = [_row(row) for row in self.groups]
        return {"column": self.column, "groups": groups, "gaps": [gap.as_table() for gap in self.gaps]}


def _row(row: GroupResult | GroupGap) -> dict[str, Any]:
    return {"measure" if name == "metric" else name: value for name, value in asdict(row).items()}


@dataclass(frozen=True)
class EvaluationReport(Written):
    """The whole evaluation of a bundle on some labelled data.

    Attributes:
        evaluation: its predictions.
        rows: its results, see ``results.results``.
        cells: results with missing modalities; empty where these were not evaluated.
        reliability: how well calibrated it is; empty where this was not evaluated.
        groups: results for groups of people; ``None`` where these were not evaluated.
        llm: how often a language model answered, and what it cost; ``None`` where none was asked.
    """

    evaluation: Evaluation
    rows: Sequence[Result]
    cells: Sequence[Cell] = ()
    reliability: Sequence[Reliability] = ()
    groups: Groups | None = None
    llm: LlmEvaluation | None = None

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
        found |= {"llm": self.llm.as_table()} if self.llm is not None else {}
        return found

    def as_rows(self) -> list[dict[str, Any]]:
        """The rows, and then the cells, which also have a rate and the share of the most frequent answer."""
        cells = [cell.as_table() for cell in self.cells]
        return [*(row.as_table() for row in self.rows), *({**cell, "modality": cell.pop("subset")} for cell in cells)]
