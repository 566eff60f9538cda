"""What a bundle did on labelled data, as rows. ``on_data.py`` and ``group_report.py`` fill them, ``mien.report`` shows them."""

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
    """How far the probabilities hold that a bundle gives when it has one subset of the modalities; of one test set and task.

    Attributes:
        set, task: what was measured.
        modality: the subset, joined by "+".
        figures: on the examples that have all of the subset.
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
        """Plain values, for JSON; figures of label sets that were never fitted are left out."""
        return {
            **{"set": self.set, "task": self.task, "modality": self.modality},
            **strict.plain(self.figures),
            "diagram": [bin_._asdict() for bin_ in self.diagram],
            "risk_coverage": [point._asdict() for point in self.risk_coverage],
        }


@dataclass(frozen=True)
class GroupResult:
    """One measure of one group of people, of one test set and task.

    Attributes:
        set, task, modality: what was measured, and the modalities its examples have.
        group, measure: whose value of what.
        people: how many speakers; ``None`` where the data name none.
        n: examples.
        value, low, high: the value and its 95 % interval; ``None`` where the group is too small to say anything.
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
    """The difference of two groups in one measure: ``one`` minus ``other``.

    Attributes:
        set, task, modality: as in ``GroupResult``.
        one, other, measure: between whom, in what.
        value: the difference.
        p: of a difference of zero, by permutation of people; ``None`` where somebody is in both groups.
        p_holm: ``p``, corrected for all gaps that were tested with it (Holm 1979); ``None`` likewise.
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
    """Groups of people that a column of the data names, and the gaps between them."""

    column: str
    groups: tuple[GroupResult, ...] = ()
    gaps: tuple[GroupGap, ...] = ()

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        groups = [asdict(row) for row in self.groups]
        return {"column": self.column, "groups": groups, "gaps": [gap.as_table() for gap in self.gaps]}


@dataclass(frozen=True)
class EvaluationReport:
    """Everything that is known of a bundle on some labelled data.

    Attributes:
        evaluation: what it answered.
        rows: what that is worth, see ``results.results``.
        cells: with modalities missing; empty where nobody asked for that.
        reliability: how far its probabilities hold; empty likewise.
        groups: how well it does for groups of people; ``None`` likewise.
    """

    evaluation: Evaluation
    rows: Sequence[Result]
    cells: Sequence[Cell] = ()
    reliability: Sequence[Reliability] = ()
    groups: Groups | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values in the form ``mien.evaluation/1``. What was not asked for is left out."""
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
        """The rows, then the cells, which have a rate of missing modalities and the share of the commonest answer too."""
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
