from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.errors import RecipeError
from mien.fusion.late import LatePool, Reliability, discount
from mien.types import Float32, Modality, Task

_TASK = Task("toy", "single", ("a", "b", "c"))
_QUALITY: dict[Modality, int] = {"voice": 1, "face": 1}


def pool(redundancy: float = 0.0) -> LatePool:
    """A pool whose opinions are the softmax of the states themselves."""
    late = LatePool({"voice": 3, "face": 3}, _QUALITY, (_TASK,), redundancy)
    for m in late.modalities:
        opinion = late.opinion(m, _TASK)
        with torch.no_grad():
            opinion.linear.weight.copy_(torch.eye(3))
            opinion.linear.bias.zero_()
        opinion.set_prior(torch.full((3,), 1 / 3))
    return late.eval()


def ask(late: LatePool, *posteriors: list[float] | None) -> Float32:
    logs = [torch.tensor([[p or [1 / 3] * 3]], dtype=torch.float32).log() for p in posteriors]
    masks = [torch.tensor([[p is not None]]) for p in posteriors]
    fused = late(logs, masks, [torch.zeros(1, 1) for _ in posteriors], [torch.zeros(1, 1) for _ in posteriors])
    return np.asarray(fused.vector.softmax(dim=-1)[0].detach().numpy())


def test_one_modality_alone_gives_its_own_posterior() -> None:
    own = [0.7, 0.2, 0.1]
    np.testing.assert_allclose(ask(pool(), own, None), own, atol=1e-4)
    np.testing.assert_allclose(ask(pool(0.5), None, own), own, atol=1e-4)


def test_independent_modalities_multiply() -> None:
    one, other = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.4, 0.1])
    np.testing.assert_allclose(ask(pool(0.0), list(one), list(other)), one * other / (one * other).sum(), atol=1e-4)


def test_redundancy_of_one_averages_the_logs() -> None:
    one, other = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.4, 0.1])
    mean = np.sqrt(one * other)
    np.testing.assert_allclose(ask(pool(1.0), list(one), list(other)), mean / mean.sum(), atol=1e-4)


def test_a_label_unknown_to_one_modality_is_left_to_the_other() -> None:
    late = pool()
    late.opinion("voice", _TASK).set_prior(torch.tensor([0.5, 0.5, 0.0]))
    alone = ask(late, [0.8, 0.1, 0.1], None)
    assert alone[2] < 1e-6, "nobody present knows the label"
    both = ask(late, [0.5, 0.5, 0.0001], [0.1, 0.1, 0.8])
    assert both.argmax() == 2, "an undecided voice that never saw 'c' does not outvote a sure face"


def test_trust_rises_with_quality_and_starts_at_one() -> None:
    reliability = Reliability(1)
    reliability.fit_scale(torch.tensor([[0.0], [10.0], [30.0]]))
    with torch.no_grad():
        start = reliability(torch.tensor([[10.0]]))
        assert abs(float(start) - 1.0) < 0.05
        reliability.slope.fill_(1.0)
        low, high = reliability(torch.tensor([[0.0], [30.0]]))
    assert low < high


def test_discount() -> None:
    assert float(discount(torch.tensor(1), 0.5)) == 1.0
    assert float(discount(torch.tensor(3), 0.5)) == 0.5


def peaked(peak: float, frames: list[list[float]], shown: list[bool] | None = None) -> Float32:
    late = LatePool({"voice": 3, "face": 3}, _QUALITY, (_TASK,), peaks={"face": peak})
    late.load_state_dict(pool().state_dict())
    states = [torch.zeros(1, 1, 3), torch.tensor([frames]).log()]
    masks = [torch.tensor([[False]]), torch.tensor([shown or [True] * len(frames)])]
    fused = late.eval()(states, masks, [torch.zeros(1, 1)] * 2, [torch.zeros(1, 1)] * 2)
    return np.asarray(fused.vector.softmax(dim=-1)[0].detach().numpy())


def test_a_frame_that_says_much_counts_more() -> None:
    unsure, sure = [0.5, 0.25, 0.25], [0.02, 0.02, 0.96]
    frames = [unsure] * 9 + [sure]
    assert peaked(0.0, frames).argmax() == 0, "the mean of ten frames hides one"
    assert peaked(3.0, frames).argmax() == 2
    # The divergences from the even prior are 0.06 and 0.90 nats.
    says = [sum(p * np.log(3 * p) for p in frame) for frame in (unsure, sure)]
    weights = np.exp(3.0 * np.asarray([says[0]] * 9 + [says[1]]))
    mean = (weights / weights.sum()) @ np.log(frames)
    np.testing.assert_allclose(peaked(3.0, frames), np.exp(mean) / np.exp(mean).sum(), atol=1e-5)


def test_one_frame_is_the_same_with_every_peak_and_padding_changes_nothing() -> None:
    frame = [0.2, 0.5, 0.3]
    np.testing.assert_allclose(peaked(5.0, [frame]), frame, atol=1e-5)
    one, other = [0.2, 0.5, 0.3], [0.7, 0.2, 0.1]
    padded = peaked(5.0, [one, other, [0.01, 0.01, 0.98]], [True, True, False])
    np.testing.assert_allclose(padded, peaked(5.0, [one, other]), atol=1e-5)


def test_a_peak_needs_its_modality() -> None:
    with pytest.raises(RecipeError, match="text"):
        LatePool({"voice": 3, "face": 3}, _QUALITY, (_TASK,), peaks={"text": 1.0})
    with pytest.raises(RecipeError, match="-1"):
        LatePool({"voice": 3, "face": 3}, _QUALITY, (_TASK,), peaks={"face": -1.0})
