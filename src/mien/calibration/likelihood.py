"""Fits calibrations by likelihood, and chooses a method by cross-validated likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.metrics.nll import negative_log_likelihood
from mien.trust.calibration import Calibration, Slope, logs, normalised
from mien.trust.sample import Sample, folds
from mien.types import Float32, Modality

Conditions = Mapping[Modality, Sequence[str]]
"""{modality: names of measures that describe how the input was recorded}."""

_WORTH = 0.01  # nats; a more complex method must gain more, because it changes labels or depends on the recording
_RIDGE = 0.01  # nats; the penalty of a parameter of 1, except for the temperature
_FURTHEST = 30.0  # largest exponent of a scale that a fit may try, on either side
_FEW = 30  # answers; with fewer, no temperature of a guard is fitted
_LOWEST, _HIGHEST = 1.0, 10.0  # bounds of the temperature of a guard
_Make = Callable[[NDArray[np.float64]], Calibration]


class Fitted(NamedTuple):
    """A calibration, the method that made it, and the negative log-likelihood of each method in nats."""

    method: str
    calibration: Calibration
    losses: dict[str, float]


class _Method(NamedTuple):
    """``make`` turns ``size`` numbers into a calibration. If all numbers are zero, the calibration changes nothing."""

    name: str
    size: int
    make: _Make


def nll(sample: Sample) -> NDArray[np.float64]:
    """Negative log-likelihood of each answer in nats, (N,)."""
    return negative_log_likelihood(sample.scores, sample.shares)


def fit_calibration(sample: Sample, conditions: Conditions, even: bool = False) -> Fitted:
    """Fit the simplest method that is about as good as the best one.

    This is the first method whose cross-validated negative log-likelihood is within one standard error (Breiman et al. 1984),
    or within 0.01 nats, of the best. The methods are, the simplest first: temperature scaling; temperature scaling that depends
    on the recording (only where ``conditions`` vary in the sample); vector scaling.

    Args:
        sample: the answers.
        conditions: measures that the temperature may depend on.
        even: whether the answers favour no label. Then there is no vector scaling, because it would bring in how often each
            label occurs in the sample.
    """
    methods = [m for m in _methods(sample, conditions) if not (even and m.name == "vector")]
    place = folds(sample)
    losses = {m.name: _cross_validated(m, sample, place) for m in methods}
    means = {name: float(sample.weights @ loss) for name, loss in losses.items()}
    best = min(means, key=lambda name: means[name])
    chosen = next(
        m for m in methods if means[m.name] - means[best] <= max(_WORTH, _error(losses[m.name] - losses[best], sample))
    )
    return Fitted(chosen.name, _fit(chosen, sample), means)


def fit_temperature(sample: Sample) -> Fitted:
    """Fit temperature scaling, without a choice of method. The loss is that on the sample itself."""
    method = _methods(sample, {})[0]
    calibration = _fit(method, sample)
    return Fitted(method.name, calibration, {method.name: float(sample.weights @ nll(sample.by(calibration)))})


def fit_guards(sample: Sample, triggered: NDArray[np.bool_]) -> list[float]:
    """The temperature of each guard of one modality with the highest likelihood, from 1 to 10, rounded to two digits.

    All guards are fitted together, because the same answer can trigger several. A guard that fewer than 30 answers trigger
    gets a temperature of 1, so it gives a reason but changes no probability.

    Args:
        sample: calibrated answers.
        triggered: bool (N, G), which guards each answer triggers.
    """
    from scipy.optimize import minimize

    some = np.flatnonzero(triggered.any(axis=1))
    if not len(some):
        return [1.0] * triggered.shape[1]
    sample, triggered = sample.rows(some), triggered[some]

    def cost(logarithms: NDArray[np.float64]) -> float:
        return float(sample.weights @ nll(guarded(sample, triggered, np.exp(logarithms))))

    highest = [_HIGHEST if count >= _FEW else _LOWEST for count in triggered.sum(axis=0)]
    bounds = [(np.log(_LOWEST), np.log(high)) for high in highest]
    found = minimize(cost, np.zeros(len(bounds)), method="L-BFGS-B", bounds=bounds, options={"eps": 1e-4}).x
    return [round(float(t), 2) for t in np.exp(found)]


def guarded(
    sample: Sample, triggered: NDArray[np.bool_], temperatures: Sequence[float] | NDArray[np.float64]
) -> Sample:
    """Apply the guards of one modality to answers from this modality alone, which makes them less sure.

    Args:
        sample: calibrated answers.
        triggered: bool (N, G), which guards each answer triggers.
        temperatures: temperatures of the guards, (G,).
    """
    each = np.where(triggered, np.asarray(temperatures, np.float32), np.float32(1)).prod(axis=1)
    return replace(sample, scores=normalised(logs(sample.scores) / each[:, None]))


def _error(gaps: NDArray[np.float64], sample: Sample) -> float:
    """Standard error of a weighted mean. Answers of one group are not independent, so it is over groups where all are known."""
    deviations = sample.weights * (gaps - sample.weights @ gaps)
    place = np.arange(len(sample)) if "" in sample.groups else np.unique(sample.groups, return_inverse=True)[1]
    return float(np.sqrt((np.bincount(place, deviations) ** 2).sum()))


def _cross_validated(method: _Method, sample: Sample, place: NDArray[np.int64]) -> NDArray[np.float64]:
    losses = np.zeros(len(sample))
    for fold in np.unique(place):
        held = place == fold
        losses[held] = nll(sample.rows(held).by(_fit(method, sample.rows(~held))))
    return losses


def _fit(method: _Method, sample: Sample) -> Calibration:
    from scipy.optimize import minimize

    def cost(numbers: NDArray[np.float64]) -> float:
        penalty = _RIDGE * float((numbers[1:] ** 2).sum())
        return float(sample.weights @ nll(sample.by(method.make(numbers)))) + penalty

    return method.make(minimize(cost, np.zeros(method.size), method="L-BFGS-B", options={"eps": 1e-4}).x)


def _positive(exponent: NDArray[np.float64] | float) -> Float32:
    """The exponential, float32. On data that are almost separable, a fit tries exponents that are too large for float32."""
    return np.asarray(np.exp(np.clip(exponent, -_FURTHEST, _FURTHEST)), np.float32)


def _methods(sample: Sample, conditions: Conditions) -> list[_Method]:
    size = sample.scores.shape[1]
    zeros: Float32 = np.zeros(size, np.float32)

    def plain(numbers: NDArray[np.float64]) -> Calibration:
        return Calibration(np.full(size, _positive(-numbers[0]), np.float32), zeros)

    def vector(numbers: NDArray[np.float64]) -> Calibration:
        scale = _positive(-numbers[0] - numbers[1 : size + 1])
        return Calibration(scale, numbers[size + 1 :].astype(np.float32))

    usual = _usual(sample, conditions)

    def conditional(numbers: NDArray[np.float64]) -> Calibration:
        slopes = tuple(
            Slope(m, name, centre, spread, round(float(value), 4))
            for (m, name, centre, spread), value in zip(usual, numbers[1:], strict=True)
        )
        return Calibration(np.full(size, _positive(-numbers[0]), np.float32), zeros, slopes)

    methods = [_Method("temperature", 1, plain), _Method("vector", 1 + 2 * size, vector)]
    return [methods[0], _Method("conditional", 1 + len(usual), conditional), methods[1]] if usual else methods


def _usual(sample: Sample, conditions: Conditions) -> list[tuple[Modality, str, float, float]]:
    """Modality, name, mean and deviation of each measure that varies."""
    found = []
    for modality, names in conditions.items():
        for name in names:
            values = sample.measures.get(modality, {}).get(name)
            if values is not None and float(values.std()) > 1e-3:
                found.append((modality, name, round(float(values.mean()), 4), round(float(values.std()), 4)))
    return found
