"""How often the comparison with a person's own baseline gives a false alarm, and what it finds, on simulated people.

Nine watched measures, 4,000 people each. `marked` is the share of recordings with any mark, `alone` that of single measures
whose p-value is below 0.05 without correction, `found` the share of changes of so many deviations in one measure that are
marked. Run it: ``python benchmarks/reliable_change.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mien.scenarios.change.reliable import changes
from mien.scenarios.measures.measures import Value

PEOPLE = 4000
MEASURES = [f"m{k}" for k in range(9)]
Make = Callable[[np.random.Generator, int], NDArray[np.float64]]


def steady(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.normal(0, 1, (n, len(MEASURES)))


def alike(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Measures that go together."""
    return 0.8 * rng.normal(0, 1, (n, 1)) + 0.6 * rng.normal(0, 1, (n, len(MEASURES)))


def skewed(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Gamma-distributed with a skewness of 1."""
    return rng.gamma(4.0, 0.5, (n, len(MEASURES)))


def dependent(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Each recording is like the one before: an autocorrelation of 0.3."""
    rows = [rng.normal(0, 1, len(MEASURES))]
    for _ in range(n - 1):
        rows.append(0.3 * rows[-1] + np.sqrt(1 - 0.09) * rng.normal(0, 1, len(MEASURES)))
    return np.asarray(rows)


def rows(levels: NDArray[np.float64], error: float) -> list[dict[str, Value]]:
    """Recordings from values (recordings, measures), with intervals that tell the error."""
    reach = 1.96 * error
    return [
        {m: Value(float(v), v - reach, v + reach, 30, 300.0) for m, v in zip(MEASURES, row, strict=True)}
        for row in levels
    ]


def alarms(make: Make, baseline: int, error: float, people: int, shift: float = 0.0) -> tuple[float, float, float]:
    """Shares of people with any mark, of measures below 0.05 on their own, and of people whose first measure is marked."""
    rng, marked, single, first = np.random.default_rng(0), 0, 0, 0
    for _ in range(people):
        levels = make(rng, baseline + 1)
        levels[-1, 0] += shift
        found = rows(levels, error)
        told = changes(found[:baseline], found[-1], MEASURES)
        marked += any(c.changed for c in told.values())
        single += sum(c.p < 0.05 for c in told.values())
        first += told["m0"].changed
    return marked / people, single / people / len(MEASURES), first / people


def main() -> None:
    for make in (steady, alike, dependent, skewed):
        for baseline in (3, 5, 10):
            marked, alone, _ = alarms(make, baseline, 0.1, PEOPLE)
            print(f"{make.__name__}, baseline {baseline}: marked {marked:.3f}, alone {alone:.3f}")
    for baseline in (3, 5, 10):
        found = [alarms(steady, baseline, 0.1, PEOPLE // 4, shift)[2] for shift in (3.0, 5.0, 8.0)]
        print(f"baseline {baseline}: found {', '.join(f'{f:.2f}' for f in found)} of changes of 3, 5, 8 deviations")


if __name__ == "__main__":
    main()
