"""Measures a set, writes its data card and manifest, and says what to do next; and removes a person from all of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.collection.card import write_card
from mien.collection.dataset import open_set
from mien.collection.manifest import export_manifest
from mien.collection.measures.advice import Advice, advice
from mien.collection.measures.measure import SetMeasures, measure
from mien.collection.measures.numbers import effective, evenness
from mien.collection.rights.forget import Forgotten, forget
from mien.report.studies.dataset import dataset_page


@dataclass(frozen=True)
class Reported:
    """What was measured, what to do next in order, the card that was written, and the page ("" when it was not wanted)."""

    measures: SetMeasures
    advice: list[Advice]
    card: Path
    page: str


def report_set(folder: Path, page: bool, lang: str = "en") -> Reported:
    """Measures the set in a folder, and brings its card and manifest up to date.

    Args:
        folder: of the set.
        page: whether the page is wanted, too.
        lang: its language. The card is in English.

    Raises:
        InputError: the folder holds no set, or it cannot be used.
        ImportError: the page is wanted without the extra ``report``; see ``extras.needs_report``.
    """
    with open_set(folder) as dataset:
        found = measure(dataset)
        advised = advice(found)
        card = write_card(dataset, found, advised)
        export_manifest(dataset)
    counts = found.counts
    figures = {
        kind: effective(counts[column].values()) for kind, column in (("people", "person"), ("sources", "source"))
    }
    figures["evenness"] = evenness(list((counts["label"] or counts["draft"]).values()))
    return Reported(found, advised, card, dataset_page(found, advised, figures, lang) if page else "")


def forget_person(folder: Path, person: str, runs: Sequence[Path]) -> Forgotten:
    """Removes a person from the set in a folder, and from its card and manifest; see ``mien.collection.rights.forget``.

    Raises:
        InputError: the folder holds no set, nobody in it has this name, or it cannot be written.
    """
    with open_set(folder) as dataset:
        found = forget(dataset, person, runs)
    report_set(folder, page=False)
    return found
