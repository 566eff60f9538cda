"""How often the comparison with a person's own baseline gives a false alarm, and what it finds, on simulated people.

Nine watched measures, 4,000 people each. `marked` is the share of recordings with any mark, `outside` that of single measures
outside the range expected in 19 of 20 recordings, `found` the share of changes of so many deviations in one measure that
are marked. All nine measures have the same shape, which is worse than any real mixture. Run it:
``python -m benchmarks.reliable_change``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.scenarios.change.reliable import changes
from mien.scenarios.measures.measures import Value

PEOPLE = 4000
MEASURES = [f"m{k}" for k in range(9)]
BASELINES = (3, 5, 10, 20)
MOMENTS = 30

Make = Callable[[np.random.Generator, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Shape:
    """How the values of a person in whom nothing changes vary from recording to recording.

    Attributes:
        told: in words.
        unit: of the measures, one of those of mien; "" for one that is compared as it is.
        make: draws (recordings, measures).
        error: standard error of a value; ``None`` for the binomial one of a share of so many moments.
    """

    told: str
    unit: str
    make: Make
    error: float | None = 0.1


def _each(draw: Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]) -> Make:
    return lambda rng, n: draw(rng, (n, len(MEASURES)))


def _alike(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return 0.8 * rng.normal(0, 1, (n, 1)) + 0.6 * rng.normal(0, 1, (n, len(MEASURES)))


def _dependent(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    rows = [rng.normal(0, 1, len(MEASURES))]
    for _ in range(n - 1):
        rows.append(0.3 * rows[-1] + np.sqrt(1 - 0.09) * rng.normal(0, 1, len(MEASURES)))
    return np.asarray(rows)


def _contaminated(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float64]:
    return rng.normal(0, 1, size) * np.where(rng.random(size) < 0.05, 4.0, 1.0)


SHAPES: Mapping[str, Shape] = {
    "steady": Shape("normal, independent", "", _each(lambda rng, size: rng.normal(0, 1, size))),
    "quiet": Shape(
        "normal, hardly varying beside the error", "", _each(lambda rng, size: rng.normal(0, 0.3, size)), 0.3
    ),
    "alike": Shape("normal, measures that go together", "", _alike),
    "dependent": Shape("normal, each recording like the one before (autocorrelation 0.3)", "", _dependent),
    "laplace": Shape("heavy tails: Laplace", "", _each(lambda rng, size: rng.laplace(0, 0.7, size))),
    "student": Shape(
        "heavy tails: Student's t, 3 degrees",
        "",
        _each(lambda rng, size: rng.standard_t(3, size)),
    ),
    "contaminated": Shape("one value in 20 varies four times as much", "", _each(_contaminated)),
    "skewed": Shape("gamma, skewness 1, compared as it is", "", _each(lambda rng, size: rng.gamma(4.0, 0.5, size))),
    "deviations": Shape(
        "gamma, skewness 1, of a deviation", "semitones", _each(lambda r, size: r.gamma(4.0, 0.5, size))
    ),
    "strongly": Shape(
        "exponential, skewness 2, of a deviation", "semitones", _each(lambda r, size: r.gamma(1.0, 1.0, size)), 0.02
    ),
    "lognormal": Shape(
        "log-normal, skewness 2, of a deviation", "semitones", _each(lambda r, size: np.exp(r.normal(0, 0.55, size)))
    ),
    "counts": Shape(
        "counts, 3 on average in a minute",
        "per_minute",
        _each(lambda rng, size: rng.poisson(3.0, size).astype(np.float64)),
        0.5,
    ),
    "shares": Shape("shares near 0 (beta, mean 0.1)", "share", _each(lambda rng, size: rng.beta(1.0, 9.0, size)), 0.02),
    "rare": Shape(
        f"shares of {MOMENTS} moments, 1 in 50: mostly 0",
        "share",
        _each(lambda rng, size: np.asarray(rng.binomial(MOMENTS, 0.02, size) / MOMENTS, np.float64)),
        None,
    ),
    "axis": Shape("between -1 and 1 (beta)", "axis", _each(lambda rng, size: 2 * rng.beta(3.0, 3.0, size) - 1), 0.05),
}
"""{name: shape}. docs/medicine.md has the table."""


def rows(levels: NDArray[np.float64], shape: Shape) -> list[dict[str, Value]]:
    """Recordings from values (recordings, measures), with intervals that tell the error."""
    reach = 1.96 * (
        np.sqrt(levels * (1 - levels) / MOMENTS) if shape.error is None else np.full_like(levels, shape.error)
    )
    least = {"share": 0.0, "axis": -1.0, "": -np.inf, "semitones": 1e-3, "per_minute": 0.0}[shape.unit]
    most = 1.0 if shape.unit in ("share", "axis") else np.inf
    low, high = np.clip(levels - reach, least, most), np.clip(levels + reach, least, most)
    return [
        {m: Value(float(v), float(a), float(b), MOMENTS, 300.0) for m, v, a, b in zip(MEASURES, *row, strict=True)}
        for row in zip(levels, low, high, strict=True)
    ]


def alarms(shape: Shape, baseline: int, people: int, shift: float = 0.0) -> tuple[float, float, float]:
    """Shares of people with any mark, of measures outside their range, and of people whose first measure is marked."""
    rng, marked, outside, first = np.random.default_rng(0), 0, 0, 0
    units = dict.fromkeys(MEASURES, shape.unit)
    for _ in range(people):
        levels = shape.make(rng, baseline + 1)
        levels[-1, 0] += shift
        found = rows(levels, shape)
        told = changes(found[:baseline], found[-1], units, MEASURES)
        marked += any(c.changed for c in told.values())
        outside += sum(not c.low <= c.value <= c.high for c in told.values())
        first += "m0" in told and told["m0"].changed
    return marked / people, outside / people / len(MEASURES), first / people


def main() -> None:
    for shape in SHAPES.values():
        told = [alarms(shape, baseline, PEOPLE) for baseline in BASELINES]
        print(
            f"| {shape.told} | {' | '.join(f'{m:.3f}' for m, _, _ in told)} | {max(o for _, o, _ in told):.3f} |",
            flush=True,
        )
    for shift in (3.0, 5.0, 8.0, 12.0):
        found = [alarms(SHAPES["steady"], baseline, PEOPLE // 4, shift)[2] for baseline in BASELINES]
        print(
            f"| found: a change of {shift:.0f} deviations in one measure | {' | '.join(f'{f:.2f}' for f in found)} | |"
        )


if __name__ == "__main__":
    main()
