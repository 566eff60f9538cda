"""Chooses the default explainers: those with faithful evidence, by figures that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mien.bundles import shipped
from mien.recipe import strict
from mien.types import Modality

ERRORS = 2.0
"""An explainer must beat a random order by so many standard errors, both in deletion and in insertion."""


@dataclass(frozen=True)
class Gains:
    """How faithful an explainer is on a test set; see ``explain.faithfulness``.

    Attributes:
        explainer, modality, set, bundle: names of what was measured.
        n: how many examples.
        seed: of the random orders.
        deletion, insertion: mean areas under the curves.
        random_deletion, random_insertion: the same for a random order.
        deletion_gain, insertion_gain: how much better the explainer is than a random order; above 0 is better.
        deletion_error, insertion_error: standard errors of these gains.
    """

    explainer: str
    modality: Modality
    set: str
    bundle: str
    n: int
    seed: int
    deletion: float
    random_deletion: float
    deletion_gain: float
    deletion_error: float
    insertion: float
    random_insertion: float
    insertion_gain: float
    insertion_error: float

    @property
    def faithful(self) -> bool:
        """Whether it beats a random order by two standard errors, both in deletion and in insertion."""
        deletes = self.deletion_gain > ERRORS * self.deletion_error
        return deletes and self.insertion_gain > ERRORS * self.insertion_error


@cache
def gains() -> tuple[Gains, ...]:
    """The figures that ``benchmarks/faithfulness.py`` wrote into ``faithfulness.json``."""
    text = files("mien.explain").joinpath("faithfulness.json").read_text(encoding="utf-8")
    found: tuple[Gains, ...] = strict.value(tuple[Gains, ...], json.loads(text), "faithfulness.json")
    return found


def defaults() -> Mapping[Modality, str]:
    """The default explainer of each modality.

    An explainer can be a default when it is faithful on every set with figures. Of these, the one with the largest gains on
    shipped bundles is chosen. Explainers that need the trained weights have no figures for shipped bundles, so they are never
    chosen. A modality without a faithful explainer has no default: it is explained only when an explainer is named.
    """
    found: dict[Modality, tuple[float, str]] = {}
    ours = shipped()
    for name in dict.fromkeys(m.explainer for m in gains()):
        rows = [m for m in gains() if m.explainer == name]
        served = [m for m in rows if m.bundle in ours]
        gain = sum(m.deletion_gain + m.insertion_gain for m in served) / max(len(served), 1)
        modality = rows[0].modality
        if all(m.faithful for m in rows) and gain > found.get(modality, (0.0, ""))[0]:
            found[modality] = (gain, name)
    return {modality: name for modality, (_, name) in found.items()}
