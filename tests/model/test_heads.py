"""Losses against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mien.model.heads import loss, score
from mien.recipe.sections import Loss
from mien.types import Task

THREE = Task("mood", "single", ("a", "b", "c"))
TAGS = Task("tags", "multi", ("x", "y"))
LOGITS = torch.tensor([[2.0, 0.5, -1.0], [0.0, 0.0, 0.0]])
FIRST = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SHARES = torch.tensor([0.6, 0.3, 0.1])


def close(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


def test_plain_losses_are_those_of_torch() -> None:
    close(loss(THREE, LOGITS, FIRST), functional.cross_entropy(LOGITS, torch.tensor([0, 2]), reduction="none"))
    votes = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    close(loss(THREE, LOGITS, votes), functional.cross_entropy(LOGITS, votes, reduction="none"))
    truth = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    wanted = functional.binary_cross_entropy_with_logits(LOGITS[:, :2], truth, reduction="none").mean(dim=1)
    close(loss(TAGS, LOGITS[:, :2], truth), wanted)


def test_smoothing_is_that_of_torch_and_gives_unseen_labels_nothing() -> None:
    wanted = functional.cross_entropy(LOGITS, torch.tensor([0, 2]), reduction="none", label_smoothing=0.1)
    close(loss(THREE, LOGITS, FIRST, Loss(smoothing=0.1), SHARES), wanted)
    never = torch.tensor([0.5, 0.0, 0.5])
    far = torch.tensor([[2.0, -30.0, 1.0]])
    assert float(loss(THREE, far, FIRST[:1], Loss(smoothing=0.1), never)) < 1.0


def test_focal_by_hand() -> None:
    """Even logits: p = 1/3, so (2/3)^2 log 3."""
    close(loss(THREE, LOGITS[1:], FIRST[1:], Loss(focal=2.0)), torch.tensor([4 / 9 * math.log(3)]))
    even = torch.zeros(1, 2)
    close(loss(TAGS, even, torch.tensor([[1.0, 0.0]]), Loss(focal=2.0)), torch.tensor([0.25 * math.log(2)]))


def test_balanced_weights_are_one_on_average_over_the_training_data() -> None:
    how = Loss(class_weights="balanced")
    each = loss(THREE, torch.zeros(3, 3), torch.eye(3), how, SHARES)
    close(each, math.log(3) / (3 * SHARES))
    close((each * SHARES).sum(), torch.tensor(math.log(3)))
    tags = loss(TAGS, torch.zeros(2, 2), torch.eye(2), how, torch.tensor([0.2, 0.5]))
    close(tags, math.log(2) * torch.tensor([(4 + 1) / 2, (1 + 1) / 2]))


def test_logit_adjustment_takes_the_shares_of_the_own_set_out() -> None:
    """Where the logits are even, the adjusted answer is the shares, so the loss is their negative log (Menon et al. 2021)."""
    own = torch.tensor([[0.7, 0.3, 0.0], [0.2, 0.2, 0.6]])
    how = Loss(logit_adjustment=1.0)
    close(loss(THREE, torch.zeros(2, 3), FIRST, how, SHARES, own), -torch.tensor([0.7, 0.6]).log())
    close(loss(THREE, torch.zeros(2, 3), FIRST, how, SHARES), -SHARES[[0, 2]].log())
    half = torch.tensor([0.7, 0.3]).sqrt()
    found = loss(THREE, torch.zeros(1, 3), FIRST[:1], Loss(logit_adjustment=0.5), SHARES, own[:1])
    close(found, -(half[0] / (half.sum() + 1e-3)).log().reshape(1))


def test_a_set_says_nothing_of_labels_that_it_lacks() -> None:
    logits = torch.zeros(1, 3, requires_grad=True)
    own = torch.tensor([[0.5, 0.5, 0.0]])
    for how in (Loss(logit_adjustment=1.0), Loss(logit_adjustment=1.0, smoothing=0.2)):
        (slope,) = torch.autograd.grad(loss(THREE, logits, FIRST[:1], how, SHARES, own).sum(), logits)
        assert abs(float(slope[0, 2])) < 1e-5
        assert abs(float(slope[0, 1])) > 0.3


def test_a_score_is_smooth_l1_and_stays_in_its_bounds() -> None:
    task = Task("valence", "score", bounds=(-1.0, 1.0))
    close(loss(task, torch.tensor([[0.5], [3.0]]), torch.zeros(2, 1)), torch.tensor([0.125, 2.5]))
    assert score(task, torch.tensor([[3.0]])).item() == 1.0


@pytest.mark.parametrize("how", [Loss(focal=0.5), Loss(focal=2.0), Loss(class_weights="balanced", smoothing=0.2)])
def test_gradients_are_finite_where_an_answer_is_sure(how: Loss) -> None:
    logits = torch.tensor([[80.0, -80.0, 0.0]], requires_grad=True)
    for truth in torch.eye(3):
        (found,) = torch.autograd.grad(loss(THREE, logits, truth.unsqueeze(0), how, SHARES).sum(), logits)
        assert bool(found.isfinite().all())
