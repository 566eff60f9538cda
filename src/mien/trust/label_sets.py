"""Sets of labels that hold the right label at a stated rate: split conformal prediction."""

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

    A label belongs to the set when its nonconformity score is at most its quantile. There are two scores:

    - ``lac`` is 1 - p(y). It gives the smallest sets on average (Sadinle, Lei and Wasserman 2019).
    - ``aps`` is the probability of y plus that of all labels that are more probable (Romano, Sesia and Candès 2020). It is
      not randomised, so the same clip gives the same set, and sets cover a little more than the rate.

    The most probable label always belongs to the set, because an empty set tells a user nothing. This can only raise the
    coverage.

    Attributes:
        rule: which nonconformity score.
        coverage: rate at which sets hold the right label, on data exchangeable with the validation data.
        quantiles: float32 (L,); all the same, or one for each label (Mondrian: then the rate holds for each label).
    """

    rule: Rule
    coverage: float
    quantiles: Float32

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        """Read what ``as_table`` wrote.

        Raises:
            RecipeError: the table holds no label sets. The message calls it ``place``.
        """
        numbers = strict.build(_Numbers, table, place)
        return cls(numbers.rule, numbers.coverage, np.asarray(numbers.quantiles, np.float32))

    def as_table(self) -> dict[str, Any]:
        """Plain values."""
        return {"rule": self.rule, "coverage": self.coverage, "quantiles": [float(q) for q in self.quantiles]}

    def rounded(self) -> Self:
        """The sets with quantiles of four digits. They are rounded upwards, so that coverage does not fall."""
        upwards = [min(1.0, float(np.ceil(q * 1e4) / 1e4)) for q in self.quantiles]
        return type(self)(self.rule, self.coverage, np.asarray(upwards, np.float32))

    def members(self, scores: Float32) -> NDArray[np.bool_]:
        """Which labels belong to each set, bool (N, L), for calibrated probabilities (N, L). Each row has at least one true."""
        inside = nonconformity(self.rule, scores) <= self.quantiles + 1e-6
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return np.asarray(inside)


def nonconformity(rule: Rule, scores: Float32) -> Float32:
    """The nonconformity score of each label, (N, L) in [0, 1]. It is high for a label that does not fit the model's answer."""
    if rule == "lac":
        return 1.0 - scores
    order = np.argsort(-scores, axis=1, kind="stable")
    summed = np.cumsum(np.take_along_axis(scores, order, axis=1), axis=1)
    found = np.empty_like(scores)
    np.put_along_axis(found, order, summed, axis=1)
    return found
