"""Writes the page about a data set: quantity, diversity, quality, splits, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    from mien.collection.measures.learning import Learning
    from mien.collection.measures.measure import SetMeasures

_MOST = 12  # bars or rows; what is left is counted together


def dataset_page(found: SetMeasures, advised: Sequence[Advice], figures: Mapping[str, float], lang: str = "en") -> str:
    """The page.

    Args:
        found: what was measured.
        advised: what to do next, in order.
        figures: {name: value}: "people", "sources" (effective numbers) and "evenness" of the labels.
        lang: its language.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    say = Language(lang)
    counts = {"clips": found.clips, "labelled": found.labelled, "recordings": found.recordings}
    todo: list[Part] = [
        Prose(say("dataset.line", n=n, advice=said(say, item))) for n, item in enumerate(advised, start=1)
    ]
    parts: dict[str, Iterable[Part]] = {
        "todo": todo or [Prose(say("dataset.nothing"))],
        "quantity": _quantity(found, say),
        **({} if found.learning is None else {"learning": _learning(found.learning, say)}),
        "diversity": _diversity(found, figures, say),
        "quality": _quality(found, say),
        "splits": _splits(found, say),
    }
    sections = [Section(say(f"set_page.{k}"), list(each), say(f"set_page.{k}_lead")) for k, each in parts.items()]
    facts = [say(f"set_page.fact_{name}", n=f"{count:,}") for name, count in counts.items()]
    return page(found.name, say("set_page.kicker"), facts, sections, say.code)


def said(say: Language, item: Advice) -> str:
    """One piece of advice as a sentence without its full stop."""
    return say(f"advice.{item.code}", **{name: _value(name, value, say) for name, value in item.values.items()})


def _value(name: str, value: object, say: Language) -> object:
    """A value as people read it: labels, splits and reasons by their names."""
    if isinstance(value, Mapping):
        return say("numbers.comma").join(f"{say.name_of('labels', label)} ({n})" for label, n in value.items())
    if isinstance(value, list | tuple):
        return say("numbers.comma").join(say(f"set_page.split_{split}") for split in value)
    sections = {"why": "left_out", "label": "labels"}
    return say.name_of(sections[name], str(value)) if name in sections else value


def _quantity(found: SetMeasures, say: Language) -> Iterator[Part]:
    for number, name in enumerate(("label", "draft", "modality", "language", "gender", "age")):
        counts = _named(found.counts[name], name, say)
        if counts:
            yield _bars(f"count{number}", counts, say(f"set_page.by_{name}"), say)


def _named(counts: Mapping[str, int], name: str, say: Language) -> dict[str, int]:
    """The counts of labels and modalities, by what people call these."""
    sections = {"label": "labels", "draft": "labels", "modality": "modalities"}
    return {say.name_of(sections[name], k) if name in sections else k: count for k, count in counts.items()}


def _diversity(found: SetMeasures, figures: Mapping[str, float], say: Language) -> Iterator[Part]:
    every, near = f"{found.clips:,}", share(found.near / max(found.clips, 1))
    values: dict[str, dict[str, object]] = {
        "people": {"n": f"{len(found.counts['person']):,}", "effective": f"{figures['people']:.1f}"},
        "recordings": {"n": f"{len(found.counts['source']):,}", "effective": f"{figures['sources']:.1f}"},
        "evenness": {"value": f"{figures['evenness']:.2f}"},
        "vendi": {"value": f"{found.vendi:.1f}", "every": every},
        "near": {"n": f"{found.near:,}", "every": every, "share": near},
    }
    yield Entries([(say(f"set_page.{k}_name"), say(f"set_page.{k}_value", **v)) for k, v in values.items()])
    yield _bars("people", found.counts["person"], say("set_page.by_person"), say)
    yield _bars("sources", found.counts["source"], say("set_page.by_source"), say)
    yield _plane(found, say)


def _quality(found: SetMeasures, say: Language) -> Iterator[Part]:
    for number, (name, values) in enumerate(found.quality.items()):
        if values:
            trace = {"type": "histogram", "x": list(values), "nbinsx": 24, "marker": {"color": COLOURS[0]}}
            axis = say(f"set_page.axis_{name}")
            about = say("set_page.histogram", axis=axis, median=f"{float(np.median(values)):.3g}")
            layout = {"width": 460, "height": 300, "showlegend": False, **_axes(axis, say("set_page.axis_clips"))}
            layout["yaxis"] |= _whole(len(values))
            yield Chart(f"quality{number}", about, [trace], layout)
    rows = [(say.name_of("left_out", code), f"{count:,}") for code, count in sorted(found.refused.items())]
    if rows:
        yield Grid((say("collect.gate"), say("collect.count")), tuple(rows))
    if found.unreadable:
        yield Heading(say("set_page.unreadable"))
        yield Entries(list(found.unreadable))


def _splits(found: SetMeasures, say: Language) -> Iterator[Part]:
    columns = [s for s in (*SPLITS, "") if s or any(row[""] for row in found.by_split.values())]
    rows = tuple(
        (say.name_of("labels", label), *(f"{row[split]:,}" for split in columns))
        for label, row in found.by_split.items()
    )
    named = (say(f"set_page.split_{split or 'between'}") for split in columns)
    yield Grid((say("set_page.head_label" if found.labelled else "set_page.head_draft"), *named), rows)
    yield Entries([(say(f"set_page.leak_{kind}"), f"{count:,}") for kind, count in found.leaks.items()])
    grounds = sorted(found.rights.items())
    yield Entries(
        [(say.name_of("left_out", why), say("set_page.fact_clips", n=f"{count:,}")) for why, count in grounds]
    )


def _learning(curve: Learning, say: Language) -> Iterator[Part]:
    counts, recalls, deviations = zip(*curve.points, strict=True)
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(counts),
        "y": list(recalls),
        "error_y": {"type": "data", "array": list(deviations), "color": COLOURS[0]},
        "line": {"color": COLOURS[0]},
    }
    axes = _axes(say("set_page.axis_labels"), say("set_page.axis_recall"))
    about = say("set_page.gain", gain=f"{100 * curve.gain:.1f}")
    yield Chart("learning", about, [trace], {"height": 340, "showlegend": False, **axes})
    rows = tuple((say.name_of("labels", label), f"{100 * lost:+.1f}") for label, lost in curve.kinds.items())
    yield Grid((say("set_page.head_more"), say("set_page.head_points")), rows)


def _axes(across: str, up: str) -> dict[str, Any]:
    return {"xaxis": {"title": {"text": across}}, "yaxis": {"title": {"text": up}}}


def _whole(most: int) -> dict[str, Any]:
    """An axis of counts, which are whole numbers."""
    return {"tickformat": ",d", **({"dtick": 1} if most < 10 else {})}


def _bars(name: str, counts: Mapping[str, int], about: str, say: Language) -> Chart:
    """Horizontal bars, the largest first; what is left is counted together."""
    shown = list(counts.items())[:_MOST]
    rest = sum(counts.values()) - sum(count for _, count in shown)
    shown += [(say("set_page.others", n=f"{len(counts) - _MOST:,}"), rest)] if rest else []
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [escape(label) for label, _ in shown[::-1]],
        "x": [count for _, count in shown[::-1]],
        "marker": {"color": COLOURS[0]},
    }
    axes = {"xaxis": _whole(max(count for _, count in shown)), "yaxis": {"type": "category"}}
    layout: dict[str, Any] = {"height": 90 + 26 * len(shown), "showlegend": False, **axes}
    return Chart(name, about, [trace], layout)


def _plane(found: SetMeasures, say: Language) -> Chart:
    cells = [list(row) for row in found.plane]
    ticks = [f"{-1 + (2 * n + 1) / len(cells):.1f}" for n in range(len(cells))]
    trace = {
        "type": "heatmap",
        "x": ticks,
        "y": ticks,
        "z": cells,
        "xgap": 1,
        "ygap": 1,
        "colorscale": [[0, "#ffffff"], [1, COLOURS[0]]],
    }
    axes = _axes(say("set_page.axis_valence"), say("set_page.axis_arousal"))
    filled = sum(count > 0 for row in cells for count in row)
    about = say("set_page.voted" if found.voted else "set_page.drafted", filled=filled, every=len(cells) ** 2)
    return Chart("plane", about, [trace], {"width": 460, "height": 400, "showlegend": False, **axes})
