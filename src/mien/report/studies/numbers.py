"""Writes figures as text, in the same way wherever a study is shown."""

from __future__ import annotations

from collections.abc import Sequence

from mien.bundle.results import Result


def value(row: Result) -> str:
    """The mean, with the standard deviation when there are several seeds."""
    return f"{row.value:.3f}" + ("" if row.std is None else f" ± {row.std:.3f}")


def majority(row: Result) -> str:
    """The value of always giving the commonest answer; "" for metrics without such a baseline."""
    return "" if row.majority is None else f"{row.majority:.3f}"


def interval(bounds: Sequence[float] | None) -> str:
    """ "[low, high]", or "" for ``None``."""
    return "" if bounds is None else f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"


def probability(p: float) -> str:
    """A p-value as people read it."""
    return "< 0.01" if p < 0.01 else f"{p:.2f}"


def duration(seconds: float) -> str:
    """A duration in a suitable unit."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def share(number: float | None) -> str:
    """A share, or "" for ``None``."""
    return "" if number is None else f"{number:.2f}"
