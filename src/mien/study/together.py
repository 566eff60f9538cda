"""Measures what a bundle gains from words, voice and face together, on composites of held-out clips. A TOML file says how::

    name = "default"
    title = "The default bundle: together and alone"
    protocol = "Composites of test clips ..."
    bundle = "research"
    count = 700                   # composites
    expressed = { face = 0.9 }    # how often an input shows the expressed label

    [[corruptions]]
    label = "babble at 0 dB"
    modality = "voice"
    how = "babble:0"

See ``mien.evaluation.composites`` for the words used here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.bundle.answer import Answer, Subset, subsets_of
from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.evaluation.composites import Composite, Corruption, Figures, Reader, Shelf, figures, unbacked, worse
from mien.events import Work
from mien.types import EMOTION, Modality

_SEED = 0


@dataclass(frozen=True)
class Together:
    """A benchmark of a bundle; see the module.

    Attributes:
        name: its name in the marks of the document.
        title: heading of the table.
        protocol: sentences on how the bundle is evaluated.
        bundle: name of the bundle.
        count: how many composites are made.
        expressed: how often each modality shows the expressed label; 1 where nothing is said.
        corruptions: what is done to one input, one after the other.
    """

    name: str
    title: str
    protocol: str
    bundle: str
    count: int = 700
    expressed: dict[Modality, float] = field(default_factory=dict)
    corruptions: tuple[Corruption, ...] = ()


class Setting(NamedTuple):
    """The answers about the composites of one setting.

    Attributes:
        label: of the setting.
        figures: of every subset of the modalities.
        abstained: share of uncertain answers, from all modalities.
        accuracy: share of right answers among all, and among those that are not uncertain.
        unbacked: share of answers whose label is among the first two of no modality.
        losses: (larger subset, smaller subset, by how many standard errors the larger one is worse), where that is more
            than one.
    """

    label: str
    figures: dict[Subset, Figures]
    abstained: float
    accuracy: tuple[float, float]
    unbacked: float
    losses: list[tuple[Subset, Subset, float]]


def measured(wanted: Together, bundle: Bundle, root: Path) -> Work[list[Setting]]:
    """Every setting of the benchmark: all inputs agree; they are as people are; and each corruption.

    Raises:
        RecipeError: a data set of the bundle is missing.
    """
    shelf = Shelf(Corpus(bundle.recipe.data, bundle.tasks, root))
    reader, modalities = Reader(bundle, shelf), shelf.modalities
    rng = np.random.default_rng(_SEED)
    agreeing = shelf.drawn(wanted.count, {}, rng)
    natural = shelf.drawn(wanted.count, wanted.expressed, rng)
    found = [setting("all agree", agreeing, (yield from reader.answers(agreeing, None, rng)), modalities)]
    for how in (None, *wanted.corruptions):
        told = yield from reader.answers(natural, how, rng)
        found.append(setting(how.label if how else "as people are", natural, told, modalities))
    return found


def setting(label: str, made: list[Composite], found: list[Answer], modalities: tuple[Modality, ...]) -> Setting:
    """What the answers of one setting are worth."""
    whole = frozenset(modalities)
    rows = [(a, c) for a, c in zip(found, made, strict=True) if whole in a.subsets]
    told, kept = [a for a, _ in rows], [c for _, c in rows]
    right = np.asarray([a.scores[EMOTION.name].argmax() == c.label for a, c in rows])
    sure = np.asarray([EMOTION.name not in a.uncertain for a in told])
    subsets = subsets_of(modalities)
    pairs = [(large, small, worse(told, kept, large, small)) for large in subsets for small in subsets if small < large]
    return Setting(
        label,
        figures(found, made, modalities),
        float(1 - sure.mean()),
        (float(right.mean()), float(right[sure].mean()) if sure.any() else 0.0),
        unbacked(told),
        [pair for pair in pairs if pair[2] > 1],
    )
