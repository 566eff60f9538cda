"""What the losses of the tasks make of examples that are not labelled for all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mien.fusion.late import LatePool
from mien.model import heads
from mien.model.batch import Batch
from mien.model.build import build
from mien.model.model import Model
from mien.recipe.sections import Loss
from mien.training.devices import Devices
from mien.training.statistics import fit_statistics, label_shares
from mien.training.step import Criterion
from mien.training.validation import valid_loss
from mien.types import Modality, Task, Track
from tests import tiny
from tests.tiny import trained

from .test_step import two_tasks


def test_the_loss_of_validation_is_the_mean_over_the_labelled_examples_of_each_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_clips(tmp_path)
    plan = replace(two_tasks(epochs=1), losses={"intensity": Loss(0.5)})
    run = trained(plan, tmp_path, tmp_path / "runs")
    (part,) = run.probe
    whole = part.batch(range(len(part)))
    assert 0 < int(whole.labelled["intensity"].sum()) < len(part)
    with torch.no_grad():
        logits = run.model(whole).logits
    wanted = 0.0
    for task in plan.tasks:
        known = whole.labelled[task.name]
        losses = heads.loss(task, logits[task.name][known], whole.targets[task.name][known])
        wanted += plan.losses.get(task.name, Loss()).weight * float(losses.mean())
    criterion, fabric = Criterion(plan, label_shares(plan.tasks, run.train)), Devices("cpu").fabric("32-true")
    for size in (1, 7, 64):
        assert valid_loss(run.model, criterion, run.probe, fabric, size) == pytest.approx(wanted, rel=1e-5), size


def test_the_loss_of_no_example_lies_where_the_logits_do() -> None:
    """Else it could not be stacked with others on a GPU; "meta" stands for one."""
    plan = two_tasks()
    nobody = torch.zeros(4, dtype=torch.bool)
    batch = Batch({}, {}, {}, {}, {}, {"emotion": nobody, "intensity": nobody})
    logits = {task.name: torch.zeros(4, task.size, device="meta") for task in plan.tasks}
    assert Criterion(plan, {}).total(logits, batch, nobody).is_meta


def test_each_data_set_is_adjusted_by_its_own_shares() -> None:
    plan = replace(two_tasks(), losses={"emotion": Loss(logit_adjustment=1.0)})
    size = plan.tasks[0].size
    shares = torch.full((size,), 1 / size)
    skewed = torch.tensor([0.9, *[0.1 / (size - 1)] * (size - 1)])
    criterion = Criterion(plan, {"emotion": shares, "intensity": shares}, {"a": {"emotion": skewed}})
    logits, truth = torch.zeros(3, size), torch.eye(size)[[0, 1, 0]]
    batch = Batch({}, {}, {}, {}, {"emotion": truth}, {"emotion": torch.tensor([True, True, True])}, ("a", "a", "b"))
    found = criterion.of(plan.tasks[0], logits, batch)
    assert found is not None
    wanted = -torch.stack([skewed[0].log(), skewed[1].log(), torch.tensor(1 / size).log()]).mean()
    assert float(found) == pytest.approx(float(wanted), rel=1e-5), (
        "a set that is not in the training data is left as it is"
    )


class _Answers:
    """A set without tracks."""

    def __init__(self, targets: NDArray[np.float32]) -> None:
        self._targets, self.present = targets, {"text": np.ones(len(targets), bool)}

    def __len__(self) -> int:
        return 0

    def tracks(self, index: int) -> dict[Modality, Track]:
        return {}

    def targets(self, task: str) -> NDArray[np.float32]:
        return self._targets

    def quality(self, modality: Modality) -> NDArray[np.float32]:
        return np.zeros((0, 0), np.float32)


@pytest.mark.parametrize("balanced", [True, False])
def test_balanced_answers_have_an_even_prior(balanced: bool) -> None:
    pool = LatePool({"text": 2}, {"text": 0}, [Task("mood", "single", ("a", "b", "c"))])
    model = Model({"text": torch.nn.Identity()}, pool, pool.tasks)
    targets = np.asarray([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    part = _Answers(targets)
    fit_statistics(model, [part], ["mood"] if balanced else [])  # type: ignore[list-item]  # as much of a set as is used
    opinion = pool.opinion("text", pool.tasks[0])
    assert opinion.known.tolist() == [True, True, False]
    assert opinion.log_prior[:2].exp().tolist() == pytest.approx([0.5, 0.5] if balanced else [0.75, 0.25])


@pytest.mark.parametrize("learn", ["heads.intensity", "networks.voice"])
def test_a_batch_may_be_of_nothing_that_learns(learn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One example at a time: some have no intensity, some no voice. The rest of the model stays as it was made."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_clips(tmp_path)
    plan = two_tasks(epochs=1, batch=1, learn=(learn,))
    run = trained(plan, tmp_path, tmp_path / "runs")
    before = build(plan)[0].state_dict()
    changed = {name for name, values in run.model.state_dict().items() if not torch.equal(values, before[name])}
    assert changed
    assert all(name.startswith(learn) for name in changed)
