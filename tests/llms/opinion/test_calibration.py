"""A fitted calibration gets back what was distorted, and is refused for anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError
from mien.llms.opinion.calibration import LlmCalibration, fit, pooled

LABELS = ("happy", "sad", "angry")
ABOUT = ("model", "prompt", "samples")


def drawn(n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities, and labels drawn from them."""
    rng = np.random.default_rng(0)
    scores = rng.dirichlet([0.8] * 3, n)
    return scores, np.asarray([rng.choice(3, p=row) for row in scores])


def test_an_overconfident_biased_model_is_put_right() -> None:
    true, right = drawn()
    bent = true**3 * np.asarray([6.0, 1.0, 1.0])
    bent /= bent.sum(axis=1, keepdims=True)
    found = fit(ABOUT, LABELS, bent, right, None)
    assert found.temperature == pytest.approx(3.0, rel=0.2)
    assert found.offset["happy"] > found.offset["sad"] + 1.0
    assert found.nll_after < found.nll_before - 0.2
    row = found.apply(dict(zip(LABELS, bent[0], strict=True)))
    np.testing.assert_allclose(list(row.values()), true[0], atol=0.12)


def test_a_calibrated_model_is_left_as_it_is() -> None:
    true, right = drawn()
    found = fit(ABOUT, LABELS, true, right, None)
    assert found.temperature == pytest.approx(1.0, abs=0.15)
    assert found.weight == 0.5, "without small models nothing is fitted"


def test_a_model_that_knows_nothing_says_nothing() -> None:
    true, right = drawn()
    noise = np.random.default_rng(1).dirichlet([1.0] * 3, len(true))
    found = fit(ABOUT, LABELS, noise, right, true)
    np.testing.assert_allclose(list(found.apply(dict(zip(LABELS, noise[0], strict=True))).values()), 1 / 3, atol=0.05)
    assert found.nll_joint == pytest.approx(found.nll_small, abs=0.001)
    good = fit(ABOUT, LABELS, true, right, np.full_like(true, 1 / 3))
    assert good.weight == pytest.approx(1.0, abs=0.2), "beside small models that know nothing, it counts fully"


def test_the_pool_by_hand() -> None:
    found = pooled({"happy": 0.5, "sad": 0.4, "angry": 0.1}, {"happy": 0.1, "sad": 0.8, "angry": 0.1}, 0.5)
    odds = np.asarray([0.5 * 0.1**0.5, 0.4 * 0.8**0.5, 0.1 * 0.1**0.5])
    np.testing.assert_allclose(list(found.values()), odds / odds.sum())


def test_the_file_comes_back_and_fits_one_model_and_prompt(tmp_path: Path) -> None:
    found = fit(ABOUT, LABELS, *drawn(50), None)
    found.save(tmp_path / "llm.json")
    assert LlmCalibration.load(tmp_path / "llm.json", *ABOUT, LABELS) == found
    model, prompt, method = ABOUT
    others = {"model": ("x", prompt, method), "prompt": (model, "x", method), "method": (model, prompt, "x")}
    for name, other in others.items():
        with pytest.raises(InputError, match=f"another {name}"):
            LlmCalibration.load(tmp_path / "llm.json", *other, LABELS)
    with pytest.raises(InputError, match="other labels"):
        LlmCalibration.load(tmp_path / "llm.json", *ABOUT, ("a", "b"))
    (tmp_path / "bad.json").write_text('{"schema": "mien.timeline/1"}')
    with pytest.raises(InputError, match="no calibration"):
        LlmCalibration.load(tmp_path / "bad.json", *ABOUT, LABELS)


def test_too_few_clips() -> None:
    with pytest.raises(InputError, match="at least 30"):
        fit(ABOUT, LABELS, *drawn(29), None)
