"""The charts of studies as Plotly's traces and layouts. Plotly reads markup in texts, so every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mien.evaluation.boards import Board
from mien.evaluation.missing import Cell
from mien.evaluation.predictions import Predictions
from mien.evaluation.reliability import Bin
from mien.evaluation.report import Reliability
from mien.metrics.base import confusion
from mien.report.language import Language
from mien.report.studies.page import Chart

# Okabe and Ito 2008. People with any common colour blindness can tell these apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
_SIGNS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down")
_SQUARE = {"width": 460, "height": 380}  # two of these fit side by side


def intervals(board: Board, number: int, say: Language) -> Chart:
    """The value of each system with its interval, and a line at the value of always giving the commonest answer."""
    lines = board.lines[::-1]
    values = [line.row.value for line in lines]
    bounds = [line.row.interval or (v, v) for line, v in zip(lines, values, strict=True)]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": [escape(line.label) for line in lines],
        "marker": {"color": COLOURS[0], "size": 9},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - v for v, (_, high) in zip(values, bounds, strict=True)],
            "arrayminus": [v - low for v, (low, _) in zip(values, bounds, strict=True)],
            "color": COLOURS[0],
            "thickness": 1.6,
        },
    }
    layout: dict[str, Any] = {
        "height": 80 + 30 * len(lines),
        "showlegend": False,
        "xaxis": {"title": {"text": escape(board.metric)}},
        "yaxis": {"showgrid": True},
    }
    majority = lines[-1].row.majority
    about = [say("study.intervals", metric=board.metric)]
    if majority is not None:
        layout["shapes"] = [_upright(majority)]
        layout["xaxis"]["range"] = _around([majority, *(bound for pair in bounds for bound in pair)])
        about.append(say("study.dashed", value=f"{majority:.3f}"))
    return Chart(f"board{number}", "; ".join(about), [trace], layout)


def _around(values: Sequence[float]) -> list[float]:
    """A range that holds all values, with some room at both ends."""
    room = 0.04 * (max(values) - min(values))
    return [round(min(values) - room, 4), round(max(values) + room, 4)]


def _upright(x: float) -> dict[str, Any]:
    line = {"color": COLOURS[1], "dash": "dash", "width": 1.5}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def rates(named: Sequence[tuple[str, Sequence[Cell]]], about: str, number: int, say: Language) -> Chart:
    """A metric over the rate of missing modalities: a line for each name, and one for the commonest answer."""
    traces = [*_commonest(named[-1][1], say)]
    for k, (name, cells) in enumerate(named):
        colour = COLOURS[k % len(COLOURS)]
        look = {"color": colour, "symbol": _SIGNS[k % len(_SIGNS)], "size": 8}
        points = {"x": [c.rate for c in cells], "y": [c.value for c in cells]}
        line = {"color": colour, "dash": ("solid", "dash", "dot")[k // len(COLOURS) % 3]}
        mode = "lines+markers" if len(cells) > 1 else "markers"
        traces.append({"type": "scatter", "mode": mode, "name": escape(name), "marker": look, "line": line, **points})
    metric = named[0][1][0].metric
    layout = {
        "height": 340 + 12 * len(named),
        "showlegend": True,
        "xaxis": {"title": {"text": say("study.axis_rate")}},
        "yaxis": {"title": {"text": escape(metric)}},
    }
    return Chart(f"rates{number}", about, traces, layout)


def _commonest(cells: Sequence[Cell], say: Language) -> Iterator[dict[str, Any]]:
    """The line of the commonest answer. Metrics for which a constant answer has no meaning have no such line."""
    known = [(c.rate, c.majority) for c in cells if c.majority is not None]
    if known:
        line = {"color": COLOURS[6], "dash": "dash", "width": 1.5}
        points = {"x": [rate for rate, _ in known], "y": [value for _, value in known]}
        yield {"type": "scatter", "mode": "lines", "name": say("study.commonest"), "line": line, **points}


def curves(train: Sequence[tuple[int, float]], valid: Sequence[tuple[int, float]]) -> Chart:
    """The loss over steps: a running mean in training, and single values in validation."""
    smooth = _running([value for _, value in train])
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "training (running mean)",
            "x": [step for step, _ in train],
            "y": smooth,
            "line": {"color": COLOURS[0], "width": 1.6},
        }
    ]
    if valid:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "validation",
                "x": [step for step, _ in valid],
                "y": [value for _, value in valid],
                "line": {"color": COLOURS[1], "dash": "dash"},
                "marker": {"color": COLOURS[1], "size": 7, "symbol": "square"},
            }
        )
    layout = {"height": 320, "xaxis": {"title": {"text": "step"}}, "yaxis": {"title": {"text": "loss"}}}
    return Chart("curves", "Loss while it learned.", traces, layout)


def _running(values: Sequence[float]) -> list[float]:
    """The running mean at every value, over the last fiftieth of all values."""
    width = max(1, len(values) // 50)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    return [round(float(v), 5) for v in (sums[ends] - sums[starts]) / (ends - starts)]


def confusion_matrix(part: Predictions, number: int) -> Chart:
    """For each true label, the share of its examples that got each answer."""
    matrix = confusion(part.scores, part.targets).sum(axis=0).reshape(len(part.task.labels), -1)
    about = f"{part.set}: of all examples with a true label (row), the share that got each answer."
    return confusion_shares(part.task.labels, matrix, ("true", "answered"), about, number)


def confusion_shares(
    names_of: Sequence[str], counts: ArrayLike, axes: tuple[str, str], about: str, number: int
) -> Chart:
    """Counts (L, L) as shares of each row. Rows without counts are left out. ``axes`` names the rows and the columns."""
    labels, matrix = [escape(label) for label in names_of], np.asarray(counts, np.float64)
    there = matrix.sum(axis=1) > 0
    shares = matrix[there] / matrix[there].sum(axis=1, keepdims=True)
    names = [label for label, known in zip(labels, there, strict=True) if known]
    trace = {
        "type": "heatmap",
        "x": labels,
        "y": names,
        "z": [[round(float(v), 4) for v in row] for row in shares],
        "text": [[f"{v:.0%}" for v in row] for row in shares] if len(labels) <= 12 else None,
        "texttemplate": "%{text}" if len(labels) <= 12 else None,
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    layout = {
        "width": min(860, 170 + 78 * len(labels)),
        "height": 110 + 38 * len(names),
        "xaxis": {"title": {"text": axes[1]}, "side": "bottom"},
        "yaxis": {"title": {"text": axes[0]}, "autorange": "reversed"},
    }
    return Chart(f"confusion{number}", about, [trace], layout)


def reliability(bins: Sequence[Bin], name: str, number: int) -> Chart:
    """How often answers with some confidence are right. ``name`` says which answers these are."""
    counts = np.asarray([b.n for b in bins])
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "name": "perfect",
            "line": {"color": COLOURS[6], "dash": "dash"},
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [round(b.confidence, 4) for b in bins],
            "y": [round(b.accuracy, 4) for b in bins],
            "name": "measured (size: examples)",
            "marker": {
                "color": COLOURS[0],
                "size": [round(float(s), 4) for s in 6 + 18 * np.sqrt(counts / counts.max())],
            },
            "line": {"color": COLOURS[0]},
        },
    ]
    layout = {
        **_SQUARE,
        "xaxis": {"title": {"text": "confidence"}, "range": [0, 1.06]},
        "yaxis": {"title": {"text": "share that is right"}, "range": [0, 1.06]},
    }
    return Chart(f"reliability{number}", f"{name}: confidence against how often it is right.", traces, layout)


def risk_coverage(rows: Sequence[Reliability], number: int) -> Chart:
    """The share of wrong answers when only the surest ones are kept, with a line for each subset of the modalities."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [point.answered for point in row.risk_coverage],
            "y": [point.risk for point in row.risk_coverage],
            "name": escape(row.modality),
            "marker": {"color": colour, "symbol": sign, "size": 6},
            "line": {"color": colour, "width": 1.6},
        }
        for row, colour, sign in zip(rows, COLOURS, _SIGNS, strict=False)
    ]
    rings = {
        "type": "scatter",
        "mode": "markers",
        "x": [row.figures.answered for row in rows],
        "y": [row.figures.risk if row.figures.answered else None for row in rows],
        "name": "not uncertain",
        "marker": {"color": COLOURS[: len(rows)], "symbol": "circle-open", "size": 16, "line": {"width": 2}},
    }
    layout = {
        **_SQUARE,
        "height": 370 + 12 * len(rows),
        "xaxis": {"title": {"text": "share of answers kept, most certain first"}, "range": [0, 1.04]},
        "yaxis": {"title": {"text": "share wrong among them"}, "rangemode": "tozero"},
    }
    about = (
        f"{rows[0].set}: the share of answers kept, most certain first, against the share wrong among them. "
        "Ringed: where all answers are kept that the bundle does not call uncertain."
    )
    return Chart(f"risk{number}", about, [*traces, rings], layout)
