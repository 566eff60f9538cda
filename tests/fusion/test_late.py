from __future__ import annotations

import numpy as np
import torch

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
