"""The search space of a recipe: its table ``[tune]``, for example:

[tune]
"train.lr" = { low = 1e-4, high = 1e-2, log = true }
"train.epochs" = { low = 5, high = 30 }
"fusion.name" = ["concat", "gated", "crossmodal"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.errors import RecipeError
from mien.recipe import strict
from mien.recipe.recipe import Recipe

if TYPE_CHECKING:
    import optuna

Value = bool | int | float | str


@dataclass(frozen=True)
class Between:
    """A number between two ends. It is a whole number where both ends are whole numbers.

    Attributes:
        low, high: the ends, both included.
        log: whether the logarithm of the number is searched.
        step: distance between the numbers that are tried; ``None`` for any number, or for 1 with whole numbers.

    Raises:
        RecipeError: ``low`` is not below ``high``, or ``log`` or ``step`` does not fit.
    """

    low: Any
    high: Any
    log: bool = False
    step: Any = None

    def __post_init__(self) -> None:
        if not all(isinstance(end, int | float) for end in (self.low, self.high)) or self.low >= self.high:
            raise RecipeError(f"[tune] needs low < high, not {self.low!r} and {self.high!r}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise RecipeError("[tune] with log needs low above 0, and no step")
        if self.step is not None and not (isinstance(self.step, int | float) and self.step > 0):
            raise RecipeError(f"[tune] needs a step above 0, not {self.step!r}")

    @property
    def known(self) -> tuple[Value, ...]:
        """Some values that it may suggest: both ends."""
        return self.low, self.high

    def suggest(self, trial: optuna.Trial, name: str) -> Value:
        """A value for a trial."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, step=self.step or 1, log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True)
class OneOf:
    """A list of choices."""

    choices: tuple[Value, ...]

    @property
    def known(self) -> tuple[Value, ...]:
        """All values that it may suggest."""
        return self.choices

    def suggest(self, trial: optuna.Trial, name: str) -> Value:
        """A value for a trial."""
        chosen: Value = trial.suggest_categorical(name, self.choices)  # type: ignore[assignment]  # one of the choices
        return chosen


Space = Mapping[str, Between | OneOf]


def space(recipe: Recipe) -> Space:
    """The search space of a recipe.

    Raises:
        RecipeError: the recipe has no ``[tune]`` table, or one that cannot be read.
    """
    if not recipe.tune:
        raise RecipeError(
            f"the recipe '{recipe.name}' has no [tune] table; add one, for example "
            '"train.lr" = { low = 1e-4, high = 1e-2, log = true }'
        )
    return {key: _range(key, value) for key, value in recipe.tune.items()}


def _range(key: str, value: Any) -> Between | OneOf:
    if isinstance(value, list) and value:
        return OneOf(tuple(value))
    if isinstance(value, dict):
        return strict.build(Between, value, f"[tune] at '{key}'")
    raise RecipeError(f"[tune] at '{key}' takes a list of choices or {{ low, high }}, not {value!r}")
