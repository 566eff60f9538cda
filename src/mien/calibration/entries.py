"""Fits for one subset of the modalities: calibration, label sets, and the threshold of abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mien.bundle.answer import Subset
from mien.calibration.conformal import fit_label_sets, fit_threshold
from mien.calibration.likelihood import Conditions, fit_calibration, fit_temperature
from mien.errors import InputError
from mien.trust.judgement import HALF
from mien.trust.sample import Sample
from mien.trust.table import Abstention, Fitted


@dataclass(frozen=True)
class Aims:
    """What label sets and abstention should reach.

    Attributes:
        coverage: rate at which label sets should hold the right label.
        risk: largest share of wrong answers among those not called uncertain.
        by_label: whether the coverage should hold for each label.

    Raises:
        InputError: ``coverage`` or ``risk`` is not between 0 and 1.
    """

    coverage: float = 0.9
    risk: float = 0.2
    by_label: bool = False

    def __post_init__(self) -> None:
        for name, share in (("coverage", self.coverage), ("risk", self.risk)):
            if not 0 < share < 1:
                raise InputError(f"{name} is a share between 0 and 1, such as {getattr(Aims, name):g}, not {share:g}")


class Known(NamedTuple):
    """Labelled answers from one subset of the modalities, and the names of their data sets.

    ``even`` says whether the answers favour no label, whatever the shares of the labels in the data.
    """

    sample: Sample
    names: list[str]
    subset: Subset
    composite: bool
    even: bool = False


def entry(known: Known, conditions: Conditions, aims: Aims, redundancy: float) -> Fitted:
    """Fit what goes into the bundle for one subset.

    Args:
        known: the answers that it is fitted on.
        conditions: the measures of the subset's modalities that confidence may depend on.
        aims: what label sets and abstention should reach.
        redundancy: how far the modalities of one person repeat one another; the fusion's argument of this name.
    """
    sample, subset = known.sample, known.subset
    # The people in a composite cannot be held out for cross-validation, so no method is chosen on composites.
    chosen = fit_temperature(sample) if known.composite else fit_calibration(sample, conditions, known.even)
    # The modalities of a composite are independent given their label, but those of a real person repeat one another.
    excess = 1 + redundancy * (len(subset) - 1) if known.composite else 1.0
    calibration = replace(chosen.calibration, scale=chosen.calibration.scale / excess).rounded()
    calibrated = sample.by(calibration)
    return Fitted(
        data=tuple(known.names),
        composite=known.composite,
        n=len(sample),
        speakers=len(set(sample.groups)) if "" not in sample.groups else None,
        method=chosen.method,
        nll={name: round(loss, 4) for name, loss in chosen.losses.items()},
        calibration=calibration,
        label_sets=fit_label_sets(calibrated, aims.coverage, aims.by_label).rounded(),
        uncertain=Abstention(aims.risk, round(max(HALF, fit_threshold(calibrated, aims.risk)), 4)),
    )


def careful(fitted: Fitted, parts: Sequence[Fitted]) -> Fitted:
    """Make what was fitted on composites at least as careful as each of the modalities alone.

    Quantiles (of the same rule) and threshold become the largest among all of them, because real moments are not as clear as
    composites of clear examples. What was fitted on real examples is not changed.

    Args:
        fitted: for a subset.
        parts: for its modalities alone.
    """
    if not fitted.composite:
        return fitted
    below = max(part.uncertain.below for part in (fitted, *parts))
    sets = fitted.label_sets
    same = [part.label_sets.quantiles for part in (fitted, *parts) if part.label_sets.rule == sets.rule]
    return replace(
        fitted,
        uncertain=replace(fitted.uncertain, below=below),
        label_sets=replace(sets, quantiles=np.max(same, axis=0)),
    )


Entries = Mapping[str, Fitted]
"""What was fitted for one task, by the name of the subset of the modalities."""
