"""A row of measured results, as a bundle and its card hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mien.recipe import strict


@dataclass(frozen=True)
class Result:
    """One metric of one task on one set, over the runs (seeds) of one recipe.

    Attributes:
        set: name of the data set.
        split: "valid" or "test".
        modality: the modalities that its examples have, joined by "+" in the order text, voice, face.
        task: name of the task.
        metric: name of the metric.
        value: its mean over seeds.
        std: its standard deviation over seeds; ``None`` for one seed.
        seeds: how many runs.
        n: how many examples.
        majority: the metric of a baseline that always gives the commonest label or the median score; ``None`` when it has
            no meaning.
        interval: 95 % bootstrap interval of ``value``, see ``metrics.statistics``; ``None`` when it is undefined.
        resampled: what the bootstrap resamples, for example "12 groups"; "" in older bundles without intervals.
    """

    set: str
    split: str
    modality: str
    task: str
    metric: str
    value: float
    std: float | None
    seeds: int
    n: int
    majority: float | None
    interval: tuple[float, float] | None = None
    resampled: str = ""

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str = "a row of results") -> Self:
        """Reads what ``as_table`` wrote.

        Raises:
            RecipeError: it is something else. The message names it by ``place``.
        """
        return strict.build(cls, table, place)

    def as_table(self) -> dict[str, Any]:
        """Plain values for JSON and CSV. Older rows without intervals stay without them."""
        table = dict(vars(self))
        if not self.resampled:
            return {key: value for key, value in table.items() if key not in ("interval", "resampled")}
        return {**table, "interval": None if self.interval is None else list(self.interval)}
