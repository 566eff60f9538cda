"""Sets of labels that hold the right one at a stated rate: split conformal prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from mien.recipe import strict
from mien.types import Float32

Rule = Literal["lac", "aps"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True)
class _Numbers:
    """Label sets as JSON holds them."""

    rule: Rule
    coverage: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class LabelSets:
    """Which labels belong to the set of an answer.

    A label belongs to it when its nonconformity score is at most its quantile:

    - ``lac``: 1 - p(y), the smallest sets on average (Sadinle, Lei and Wasserman 2019);
    - ``aps``: the probability of y and of all labels more probable (Romano, Sesia and Candès 2020). It is not randomised: the
      same clip gives the same set, and sets cover a little more than the rate.

    The most probable label always belongs to the set: an empty set tells a user nothing, and coverage can only rise.

    Attributes:
        rule: which score.
        coverage: the rate at which sets hold the right label, on data exchangeable with the validation data.
        quantiles: float32 (L,); all the same, or one for each label (Mondrian: the rate then holds for each label).
    """

    rule: Rule
    coverage: float
    quantiles: Float32

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        """Read what ``as_table`` wrote.

        Raises:
            RecipeError: it is something else; ``place`` is what the message calls it.
        """
        numbers = strict.build(_Numbers, table, place)
        return cls(numbers.rule, numbers.coverage, np.asarray(numbers.quantiles, np.float32))

    def as_table(self) -> dict[str, Any]:
        """Plain values."""
        return {"rule": self.rule, "coverage": self.coverage, "quantiles": [float(q) for q in self.quantiles]}

    def rounded(self) -> Self:
        """With quantiles of four digits, rounded upwards: coverage may not suffer from it."""
        upwards = [min(1.0, float(np.ceil(q * 1e4) / 1e4)) for q in self.quantiles]
        return type(self)(self.rule, self.coverage, np.asarray(upwards, np.float32))

    def members(self, scores: Float32) -> NDArray[np.bool_]:
        """Of calibrated probabilities (N, L): bool (N, L), at least one true in each row."""
        inside = nonconformity(self.rule, scores) <= self.quantiles + 1e-6
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return np.asarray(inside)


def nonconformity(rule: Rule, scores: Float32) -> Float32:
    """The nonconformity score of each label: how unlike the model's answer it is, (N, L) in [0, 1]."""
    if rule == "lac":
        return 1.0 - scores
    order = np.argsort(-scores, axis=1, kind="stable")
    summed = np.cumsum(np.take_along_axis(scores, order, axis=1), axis=1)
    found = np.empty_like(scores)
    np.put_along_axis(found, order, summed, axis=1)
    return found
