"""A small chart over time as SVG. All its text and numbers are laid out here, and the template only writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

WIDTH, HEIGHT = 260, 112
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 8, 20


@dataclass(frozen=True)
class Dot:
    """One value: its place in time in any unit, its interval (``None`` without one), and whether it is marked."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    marked: bool = False


@dataclass(frozen=True)
class Line:
    """A straight line in the chart, by the places of its ends, and the class of its look."""

    x1: float
    y1: float
    x2: float
    y2: float
    look: str


@dataclass(frozen=True)
class Label:
    """A text at a place; ``anchor`` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Plot:
    """A chart that is laid out. Places are in units of ``WIDTH`` and ``HEIGHT``; ``about`` says what it shows."""

    kind: ClassVar[str] = "plot"
    title: str
    unit: str
    about: str
    band: tuple[float, float, float, float] | None
    lines: tuple[Line, ...]
    dots: tuple[tuple[float, float, bool], ...]
    labels: tuple[Label, ...]
    width: int = WIDTH
    height: int = HEIGHT


def plot(
    title: str,
    unit: str,
    about: str,
    dots: Sequence[Dot],
    ends: tuple[str, str],
    band: tuple[float, float] | None = None,
    digits: int = 2,
    bounds: tuple[float, float] | None = None,
) -> Plot:
    """Lays a chart out.

    Args:
        title, unit: what is drawn.
        about: the same in words, for people who cannot see it.
        dots: the values in order of time; at least one.
        ends: the first and last time in words.
        band: lowest and highest value that is expected; drawn behind the dots.
        digits: of the numbers at the axis.
        bounds: ends of the axis; without them, those of what is drawn.
    """
    heights = bounds or [v for d in dots for v in (d.y, d.low, d.high) if v is not None] + list(band or ())
    inside = (min(heights), max(heights))
    room = 0.0 if bounds else (inside[1] - inside[0]) * 0.08 or abs(inside[1]) * 0.1 or 0.1
    low, high = inside[0] - room, inside[1] + room
    first, last = dots[0].x, dots[-1].x

    def across(x: float) -> float:
        part = (x - first) / (last - first) if last > first else 0.5
        return round(_LEFT + 8 + part * (WIDTH - _LEFT - _RIGHT - 16), 1)

    def up(y: float) -> float:
        return round(HEIGHT - _BOTTOM - (y - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    lines = [Line(_LEFT, up(low), WIDTH - _RIGHT, up(low), "axis"), Line(_LEFT, up(low), _LEFT, up(high), "axis")]
    lines += [
        Line(across(d.x), up(d.low), across(d.x), up(d.high), "interval")
        for d in dots
        if d.low is not None and d.high is not None
    ]
    lines += [Line(across(a.x), up(a.y), across(b.x), up(b.y), "course") for a, b in pairwise(dots)]
    numbers = {f"{v:.{digits}f}": v for v in inside}
    labels = [Label(_LEFT - 4, up(v) + 4, number, "end") for number, v in numbers.items()]
    labels.append(Label(_LEFT + 8, HEIGHT - 5, ends[0], "start"))
    if ends[1] != ends[0]:
        labels.append(Label(WIDTH - _RIGHT, HEIGHT - 5, ends[1], "end"))
    shaded = (
        (_LEFT, up(band[1]), WIDTH - _LEFT - _RIGHT, round(up(band[0]) - up(band[1]), 1)) if band is not None else None
    )
    return Plot(
        title, unit, about, shaded, tuple(lines), tuple((across(d.x), up(d.y), d.marked) for d in dots), tuple(labels)
    )
