"""Plain advice about a set, the most urgent first. ``report/catalogues`` has a sentence for each code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.collection.measures.measure import SetMeasures
from mien.collection.measures.numbers import CELLS, effective
from mien.collection.rights.permission import USABLE
from mien.data.split import SPLITS
from mien.emotions import EMOTIONS

_PEOPLE = 8  # fewer effective people teach a model these people, and not the emotion
_SHARE = 0.4  # more of the clips from one person or source
_FEW = 20  # clips of a label
_EMPTY = 0.5  # of the squares of valence and arousal
_NEAR = 0.2
_NOISY = 12.0  # dB
_NAMES = {"person": "leak_person", "recording": "leak_recording", "kin": "leak_kin"}


@dataclass(frozen=True)
class Advice:
    """A code with the values for its sentence. Labels and splits stand as data, so that any language can name them."""

    code: str
    values: Mapping[str, str | int | float | Sequence[str] | Mapping[str, int]]


def advice(found: SetMeasures) -> list[Advice]:
    """What to do next, in the order of how much it matters: rights, splits, quantity, diversity, quality."""
    return [*_rights(found), *_splits(found), *_quantity(found), *_diversity(found), *_quality(found)]


def _rights(found: SetMeasures) -> Iterator[Advice]:
    without = sum(count for why, count in found.rights.items() if why not in USABLE)
    if without:
        yield Advice("ask_consent", {"count": without, "all": found.clips})


def _splits(found: SetMeasures) -> Iterator[Advice]:
    for kind, count in found.leaks.items():
        if count:
            yield Advice(_NAMES[kind], {"count": count})
    sizes = {split: sum(row[split] for row in found.by_split.values()) for split in SPLITS}
    empty = [split for split, size in sizes.items() if not size]
    if empty and found.clips:
        yield Advice("empty_split", {"splits": empty})


def _quantity(found: SetMeasures) -> Iterator[Advice]:
    if not found.clips:
        yield Advice("collect_first", {})
    elif not found.labelled:
        yield Advice("label_first", {"count": found.clips})
    if not found.labelled:
        return
    counts = found.counts["label"]
    scarce = {label: counts.get(label, 0) for label in (EMOTIONS if counts.keys() <= set(EMOTIONS) else counts)}
    few = sorted((n, label) for label, n in scarce.items() if n < _FEW)
    if few:
        yield Advice("few_of", {"labels": {label: n for n, label in few}, "least": _FEW})
    if found.annotators == 1:
        yield Advice("second_annotator", {})
    curve = found.learning
    if curve is not None:
        best = next(iter(curve.kinds), "")
        yield Advice("more_labels", {"gain": f"{100 * curve.gain:.1f}", "label": best or "-"})


def _diversity(found: SetMeasures) -> Iterator[Advice]:
    people = found.counts["person"]
    if found.clips and effective(people.values()) < _PEOPLE:
        yield Advice(
            "more_people", {"effective": f"{effective(people.values()):.1f}", "count": len(people), "least": _PEOPLE}
        )
    for kind, code in (("person", "one_person"), ("source", "one_source")):
        name, most = max(found.counts[kind].items(), key=lambda pair: pair[1], default=("", 0))
        if len(found.counts[kind]) > 1 and most > _SHARE * found.clips:
            yield Advice(code, {"name": name, "percent": f"{100 * most / found.clips:.0f}"})
    if found.near > _NEAR * found.clips:
        yield Advice("redundant", {"count": found.near, "all": found.clips})
    squares = np.asarray(found.plane)
    if found.clips >= _FEW and (squares == 0).mean() > _EMPTY:
        yield Advice("empty_plane", {"count": int((squares == 0).sum()), "all": CELLS**2})


def _quality(found: SetMeasures) -> Iterator[Advice]:
    noise = found.quality["snr_db"]
    if noise and float(np.median(noise)) < _NOISY:
        yield Advice("noisy", {"snr": f"{float(np.median(noise)):.0f}", "least": f"{_NOISY:.0f}"})
    refused = sum(found.refused.values())
    if refused > 0.3 * (found.clips + refused):
        code, count = max(found.refused.items(), key=lambda pair: pair[1])
        yield Advice("much_refused", {"count": refused, "why": code, "most": count})
    if found.unreadable:
        yield Advice("unreadable", {"count": len(found.unreadable)})
