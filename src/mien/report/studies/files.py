"""An evaluation as files that other programs read."""

from __future__ import annotations

import csv
import io
import json

from mien.evaluation.evaluation_report import EvaluationReport


def evaluation_json(found: EvaluationReport) -> str:
    """Everything, in the form ``mien.evaluation/1``."""
    return json.dumps(found.as_table(), indent=1, ensure_ascii=False) + "\n"


def evaluation_csv(found: EvaluationReport) -> str:
    """The rows, then those with modalities missing."""
    rows = found.as_rows()
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
