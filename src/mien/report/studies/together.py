"""Writes the benchmark of a bundle as Markdown: together beside alone, what corruption does, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mien.bundle.answer import Subset
from mien.report.grid import Grid
from mien.report.studies.markdown import table
from mien.trust.judgement import subset_name

if TYPE_CHECKING:
    from mien.study.together import Setting, Together


class Cost(NamedTuple):
    """What one part costs.

    Attributes:
        part: its name.
        megabytes: of its graphs; ``None`` where it has none of its own.
        milliseconds: for one clip or moment, mean; ``None`` where that was not measured.
        share: of the duration of a clip; ``None`` where that was not measured.
    """

    part: str
    megabytes: float | None = None
    milliseconds: float | None = None
    share: float | None = None


def together(wanted: Together, found: Sequence[Setting], costs: Sequence[Cost]) -> str:
    """The text of the document: the protocol and three tables."""
    return "\n\n".join(
        [
            f"### {wanted.title}",
            f"    mien bench {wanted.name}",
            wanted.protocol.strip(),
            "UAR of seven labels ± standard error by the bootstrap; chance is 0.143:",
            table(_recall(found)),
            "With all three inputs:",
            table(_worth(found)),
            _losses(found),
            "What it costs, on the machine that wrote this:",
            table(_costs(costs)),
        ]
    )


def _recall(found: Sequence[Setting]) -> Grid:
    subsets = list(found[0].figures)
    rows = [(subset_name(s), *(_figure(setting, s) for setting in found)) for s in subsets]
    return Grid(("inputs", *(s.label for s in found)), tuple(rows))


def _figure(setting: Setting, subset: Subset) -> str:
    figure = setting.figures[subset]
    return f"{figure.uar:.3f} ± {figure.error:.3f}"


def _worth(found: Sequence[Setting]) -> Grid:
    head = ("composites", "n", "right", "uncertain", "right where certain", "ECE", "a label that no input backs")
    rows = []
    for setting in found:
        whole = setting.figures[max(setting.figures, key=len)]
        right, certain = setting.accuracy
        shares = (f"{right:.3f}", f"{setting.abstained:.2f}", f"{certain:.3f}", f"{whole.ece:.3f}")
        rows.append((setting.label, f"{whole.n:,}", *shares, f"{setting.unbacked:.3f}"))
    return Grid(head, tuple(rows))


def _losses(found: Sequence[Setting]) -> str:
    """Where a larger subset is worse than a smaller one by more than one standard error of the difference."""
    told = [
        f"{s.label}: {subset_name(large)} below {subset_name(small)} by {by:.1f}"
        for s in found
        for large, small, by in s.losses
    ]
    if not told:
        return "No larger subset is worse than a smaller one by more than one standard error of their difference."
    return "Worse together than alone, in standard errors of the difference: " + "; ".join(told) + "."


def _costs(costs: Sequence[Cost]) -> Grid:
    rows = [
        (
            c.part,
            "" if c.megabytes is None else f"{c.megabytes:.1f}",
            "" if c.milliseconds is None else f"{c.milliseconds:.1f}",
            "" if c.share is None else f"{c.share:.3f}",
        )
        for c in costs
    ]
    return Grid(("part", "MB", "ms for one clip", "share of the clip's duration"), tuple(rows))
