"""Writes the page about a data set: quantity, diversity, quality, splits, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data.split import SPLITS
from mien.report.grid import Grid
from mien.report.language import Language
from mien.report.studies.charts import COLOURS
from mien.report.studies.numbers import share
from mien.report.studies.page import Chart, Entries, Heading, Part, Prose, Section, page

if TYPE_CHECKING:
    from mien.collection.measures.advice import Advice
    from mien.collection.measures.measure import SetMeasures

_MOST = 12  # bars or rows; what is left is counted together
_AXES = {
    "seconds": "length of a clip, seconds",
    "snr_db": "signal-to-noise ratio, dB",
    "side_px": "side of the face, pixels",
    "light": "brightness of the face, 0 to 1",
    "two_voices": "share of the voiced time with two voices",
}
_TITLES = {
    "label": "labels",
    "draft": "drafted labels",
    "person": "people",
    "language": "languages",
    "gender": "genders",
    "age": "ages",
    "source": "recordings",
    "modality": "modalities",
}
_DIVERSITY = (
    "An effective number is exp of the entropy of the counts (Jost 2006): so many equally frequent ones would be as diverse. "
    "The Vendi score (Friedman and Dieng 2023) says the same of encoder states: so many entirely different clips would be."
)
_CURVE = (
    "A small classifier on encoder states, tested on people whom it does not know (four folds, four repetitions). It shows how "
    "the set grows, and not how good a trained model will be."
)


def dataset_page(found: SetMeasures, advised: Sequence[Advice], figures: Mapping[str, float]) -> str:
    """The page.

    Args:
        found: what was measured.
        advised: what to do next, in order.
        figures: {name: value}: "people", "sources" (effective numbers) and "evenness" of the labels.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    say = Language("en")
    facts = [f"{found.clips:,} clips", f"{found.labelled:,} labelled", f"{found.recordings:,} recordings"]
    todo: list[Part] = [Prose(f"{n}. {said(say, item)}.") for n, item in enumerate(advised, start=1)]
    sections = [
        Section("What to do next", todo or [Prose(say("dataset.nothing"))], "The most urgent first."),
        Section(
            "Quantity",
            list(_quantity(found)),
            "Clips that passed every gate. Drafts are what a bundle proposes, no labels.",
        ),
        Section("Diversity", list(_diversity(found, figures)), _DIVERSITY),
        Section(
            "Quality",
            list(_quality(found, say)),
            "Of clips that passed every gate; what was left out stands in the table.",
        ),
        Section(
            "Splits and rights", list(_splits(found)), "No person, recording or near-duplicate may be in two splits."
        ),
    ]
    if found.learning is not None:
        sections.insert(2, Section("What more labels would bring", list(_learning(found)), _CURVE))
    return page(found.name, "data set", facts, sections)


def said(say: Language, item: Advice) -> str:
    """One piece of advice as a sentence without its full stop."""
    values = dict(item.values)
    if "why" in values:
        values["why"] = say.name_of("left_out", str(values["why"]))
    return say(f"advice.{item.code}", **values)


def _quantity(found: SetMeasures) -> Iterator[Part]:
    for number, name in enumerate(("label", "draft", "modality", "language", "gender", "age")):
        counts = found.counts[name]
        if counts:
            yield _bars(f"count{number}", counts, f"Clips by {_TITLES[name]}.")


def _diversity(found: SetMeasures, figures: Mapping[str, float]) -> Iterator[Part]:
    yield Entries(
        [
            ("people", f"{len(found.counts['person']):,}, effectively {figures['people']:.1f}"),
            ("recordings", f"{len(found.counts['source']):,}, effectively {figures['sources']:.1f}"),
            ("evenness of labels", f"{figures['evenness']:.2f} of 1 (entropy by its largest value)"),
            ("Vendi score", f"{found.vendi:.1f} of {found.clips:,} clips"),
            ("near-duplicates", f"{found.near:,} of {found.clips:,} clips ({share(found.near / max(found.clips, 1))})"),
        ]
    )
    yield _bars("people", found.counts["person"], "Clips of each person.")
    yield _bars("sources", found.counts["source"], "Clips from each recording.")
    yield _plane(found)


def _quality(found: SetMeasures, say: Language) -> Iterator[Part]:
    for number, (name, values) in enumerate(found.quality.items()):
        if values:
            trace = {"type": "histogram", "x": list(values), "nbinsx": 24, "marker": {"color": COLOURS[0]}}
            axes = {"xaxis": {"title": {"text": _AXES[name]}}, "yaxis": {"title": {"text": "clips"}}}
            about = f"Clips by {_AXES[name]}; the median is {float(np.median(values)):.3g}."
            yield Chart(f"quality{number}", about, [trace], {"width": 460, "height": 300, "showlegend": False, **axes})
    rows = [(say.name_of("left_out", code), f"{count:,}") for code, count in sorted(found.refused.items())]
    if rows:
        yield Grid(("left out because", "clips"), tuple(rows))
    if found.unreadable:
        yield Heading("Recordings that cannot be read")
        yield Entries(list(found.unreadable))


def _splits(found: SetMeasures) -> Iterator[Part]:
    columns = [s for s in (*SPLITS, "") if s or any(row[""] for row in found.by_split.values())]
    rows = tuple((label, *(f"{row[split]:,}" for split in columns)) for label, row in found.by_split.items())
    yield Grid(("label" if found.labelled else "draft", *(split or "between splits" for split in columns)), rows)
    kinds = {"person": "people", "recording": "recordings", "kin": "groups of near-duplicates"}
    yield Entries([(f"{kinds[kind]} in several splits", f"{count:,}") for kind, count in found.leaks.items()])
    say = Language("en")
    rights = [(say.name_of("left_out", why), f"{count:,} clips") for why, count in sorted(found.rights.items())]
    yield Entries(rights)


def _learning(found: SetMeasures) -> Iterator[Part]:
    curve = found.learning
    if curve is None:
        return
    counts, recalls, deviations = zip(*curve.points, strict=True)
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(counts),
        "y": list(recalls),
        "error_y": {"type": "data", "array": list(deviations), "color": COLOURS[0]},
        "line": {"color": COLOURS[0]},
    }
    axes = {
        "xaxis": {"title": {"text": "labels learned from"}},
        "yaxis": {"title": {"text": "recall on unknown people (UAR)"}},
    }
    about = f"Recall by the number of labels; one more hundred would add about {100 * curve.gain:.1f} points."
    yield Chart("learning", about, [trace], {"height": 340, "showlegend": False, **axes})
    rows = tuple((label, f"{100 * lost:+.1f}") for label, lost in curve.kinds.items())
    yield Grid(("one hundred more of", "points of recall, roughly"), rows)


def _bars(name: str, counts: Mapping[str, int], about: str) -> Chart:
    """Horizontal bars, the largest first; what is left is counted together."""
    shown = list(counts.items())[:_MOST]
    rest = sum(counts.values()) - sum(count for _, count in shown)
    shown += [(f"{len(counts) - _MOST:,} others", rest)] if rest else []
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [escape(label) for label, _ in shown[::-1]],
        "x": [count for _, count in shown[::-1]],
        "marker": {"color": COLOURS[0]},
    }
    layout: dict[str, Any] = {"height": 90 + 26 * len(shown), "showlegend": False, "yaxis": {"type": "category"}}
    return Chart(name, about, [trace], layout)


def _plane(found: SetMeasures) -> Chart:
    cells = [list(row) for row in found.plane]
    ticks = [f"{-1 + (2 * n + 1) / len(cells):.1f}" for n in range(len(cells))]
    trace = {"type": "heatmap", "x": ticks, "y": ticks, "z": cells, "colorscale": [[0, "#ffffff"], [1, COLOURS[0]]]}
    axes = {"xaxis": {"title": {"text": "valence"}}, "yaxis": {"title": {"text": "arousal"}}}
    filled = sum(count > 0 for row in cells for count in row)
    by = "voted" if found.voted else "drafted"
    about = f"Clips by valence and arousal as {by}: {filled} of {len(cells) ** 2} squares have any."
    return Chart("plane", about, [trace], {"width": 460, "height": 400, "showlegend": False, **axes})
