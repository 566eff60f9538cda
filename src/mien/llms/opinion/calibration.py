"""How far a language model's probabilities hold: fitted on labelled clips, kept in a JSON file, applied to its opinions.

The file is for one model, one prompt and one way of asking; for any other it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, RecipeError
from mien.files.tables import read_table
from mien.recipe import strict
from mien.runtime.cache import write_atomic

SCHEMA = "mien.llm_calibration/1"
WEIGHT = 0.5
"""Weight of an opinion in the pool where nothing was fitted: half an opinion, because the language model has seen those of the
small models. It is a choice, and not measured."""

_TEMPERATURES = np.geomspace(0.2, 20.0, 60)
_WEIGHTS = np.linspace(0.0, 2.0, 41)
_LEAST = 1e-6  # of a probability
_FEWEST = 30  # labelled clips that a fit needs

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class LlmCalibration:
    """A fitted calibration. With evidence e(y) = log p(y) - offset(y), calibrated probabilities are softmax(e / temperature).

    Attributes:
        model, prompt, method: of the language model that it is for; see ``LlmRecord`` and ``LlmOpinion``.
        offset: {label: mean of log p over the clips, less the mean over the labels}, what the model says whatever it is shown
            (batch calibration, Zhou et al. 2024); zeros where that did not help.
        temperature: Guo et al. 2017.
        weight: of the calibrated opinion in the pool with the small models: p(y) ~ p_small(y) * p_llm(y) ** weight.
        examples: how many clips it was fitted on.
        nll_before, nll_after: mean negative log-likelihood on these clips, every label counted alike.
        nll_small, nll_joint: the same for the small models alone, and for the pool; ``None`` without small models.
    """

    model: str
    prompt: str
    method: str
    offset: Mapping[str, float]
    temperature: float
    weight: float
    examples: int
    nll_before: float
    nll_after: float
    nll_small: float | None = None
    nll_joint: float | None = None

    def apply(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Calibrated probabilities."""
        labels = list(scores)
        offset = np.asarray([self.offset[label] for label in labels])
        row = _calibrated(_logs(np.asarray([list(scores.values())])), offset, self.temperature)[0]
        return dict(zip(labels, map(float, row), strict=True))

    def save(self, path: Path) -> None:
        """Writes the file."""
        write_atomic(path, dumps({"schema": SCHEMA, **strict.plain(self)}, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path, model: str, prompt: str, method: str, labels: Sequence[str]) -> LlmCalibration:
        """Reads the file.

        Raises:
            InputError: it is no such file, or for another model, prompt, way of asking or task.
        """
        table = dict(read_table(path, "make it again with mien calibrate --llm"))
        if table.pop("schema", None) != SCHEMA:
            raise InputError(f"'{path}' is no calibration of a language model; make one with mien calibrate --llm")
        try:
            found = strict.build(cls, table, str(path))
        except RecipeError as error:
            raise InputError(str(error)) from error
        for name, mine, other in (
            ("model", found.model, model),
            ("prompt", found.prompt, prompt),
            ("method", found.method, method),
        ):
            if mine != other:
                raise InputError(
                    f"'{path}' was fitted for another {name} ('{mine}', not '{other}'); make it again with mien calibrate --llm"
                )
        if set(found.offset) != set(labels):
            raise InputError(f"'{path}' was fitted for other labels: {', '.join(found.offset)}")
        return found


def fit(
    about: tuple[str, str, str], labels: Sequence[str], said: Rows, right: NDArray[np.int64], small: Rows | None
) -> LlmCalibration:
    """Fits a calibration by likelihood. Every label counts alike, because answers of mien expect every label as often.

    Args:
        about: model, prompt and method.
        labels: the labels.
        said: (N, L), probabilities of the language model.
        right: int (N,), places of the right labels.
        small: (N, L), answers of the small models to the same clips; ``None`` without any. Then the weight is ``WEIGHT``.

    Raises:
        InputError: there are too few clips.
    """
    if len(said) < _FEWEST:
        raise InputError(
            f"a calibration needs at least {_FEWEST} labelled clips with a valid answer, and there are {len(said)}"
        )
    logs = _logs(said)
    mean = logs.mean(axis=0)
    tried = [(offset, t) for offset in (np.zeros(len(labels)), mean - mean.mean()) for t in _TEMPERATURES]
    offset, temperature = min(tried, key=lambda c: _nll(_calibrated(logs, c[0], c[1]), right))
    after = _calibrated(logs, offset, temperature)
    weight, alone, joint = WEIGHT, None, None
    if small is not None:
        weight = float(min(_WEIGHTS, key=lambda w: _nll(_joint(small, after, w), right)))
        alone, joint = _nll(small, right), _nll(_joint(small, after, weight), right)
    return LlmCalibration(
        *about,
        dict(zip(labels, map(float, offset), strict=True)),
        float(temperature),
        weight,
        len(said),
        _nll(said, right),
        _nll(after, right),
        alone,
        joint,
    )


def pooled(small: Mapping[str, float], said: Mapping[str, float], weight: float) -> dict[str, float]:
    """The log-linear pool of an answer with an opinion: p(y) ~ small(y) * said(y) ** weight, where the prior is even."""
    row = _joint(np.asarray([list(small.values())]), np.asarray([[said[k] for k in small]]), weight)[0]
    return dict(zip(small, map(float, row), strict=True))


def _joint(small: Rows, said: Rows, weight: float) -> Rows:
    return _softmax(_logs(small) + weight * _logs(said))


def _calibrated(logs: Rows, offset: Rows, temperature: float) -> Rows:
    return _softmax((logs - offset) / temperature)


def _logs(scores: Rows) -> Rows:
    return np.log(np.maximum(scores, _LEAST))


def _softmax(logs: Rows) -> Rows:
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _nll(scores: Rows, right: NDArray[np.int64]) -> float:
    """Mean over the labels of the mean negative log-likelihood of their clips."""
    losses = -np.log(np.maximum(scores[np.arange(len(right)), right], _LEAST))
    return float(np.mean([losses[right == k].mean() for k in np.unique(right)]))
