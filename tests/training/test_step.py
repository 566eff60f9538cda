"""What a training step minimises: task weights, hidden modalities, auxiliary objectives; each in real small trainings too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from mien.errors import RecipeError
from mien.fusion.base import present
from mien.model.alignment import Encoded
from mien.model.build import build
from mien.model.model import Model
from mien.recipe.recipe import Recipe, Target
from mien.recipe.sections import Loss, Training
from mien.training import loop as line
from mien.training import objectives
from mien.training.objectives import Contrastive, Distillation, ForwardPass, Reconstruction, Unimodal
from mien.training.step import Criterion, TrainingStep, hide, learning_mode
from mien.types import EMOTION, Task
from tests import tiny
from tests.tiny import trained

from .test_loop import dies_after

INTENSITY = Task("intensity", "score", bounds=(0.0, 1.0))
ALL: tuple[dict[str, object], ...] = (
    {"name": "contrastive", "weight": 0.2, "size": 8},
    {"name": "reconstruction", "weight": 0.2, "hidden": 8},
    {"name": "unimodal", "weight": 0.2},
    {"name": "distillation", "weight": 0.5},
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_clips(tmp_path)
    return tmp_path


def two_tasks(**training: object) -> Recipe:
    plan = tiny.clips_recipe("clips", "concat", **training)
    targets = {"emotion": Target("emotion"), "intensity": Target("intensity")}
    return replace(plan, tasks=(EMOTION, INTENSITY), data=(replace(plan.data[0], targets=targets),))


def toy(size: int = 32) -> tuple[Model, Encoded]:
    """The untrained model, and states of which voice is the text turned; face has nothing to do with either."""
    model, _ = build(tiny.clips_recipe())
    torch.manual_seed(0)
    text = torch.randn(size, 1, 8)
    states = [text, text @ torch.linalg.qr(torch.randn(8, 8))[0], torch.randn(size, 1, 8)]
    masks = [torch.ones(size, 1, dtype=torch.bool) for _ in states]
    return model, Encoded(states, masks, [torch.ones(size, 1)] * 3, [torch.zeros(size, 1)] * 3)


def no_loss(logits: Mapping[str, torch.Tensor], chosen: torch.Tensor) -> torch.Tensor:
    raise AssertionError("only objectives that teach by the labels ask for it")


def passed(model: Model, encoded: Encoded, kept: Encoded | None = None) -> ForwardPass:
    left = kept or encoded
    return ForwardPass(encoded, left, model.answer(left), no_loss)


def lower(objective: nn.Module, model: Model, given: ForwardPass, steps: int = 150) -> tuple[float, float]:
    """The loss before and after some steps."""
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.02)
    first = float(objective(model, given).detach())
    for _ in range(steps):
        optimizer.zero_grad()
        objective(model, given).backward()
        optimizer.step()
    return first, float(objective(model, given).detach())


def test_hidden_modalities_are_as_many_as_asked_and_never_all() -> None:
    _, encoded = toy(4000)
    encoded.masks[0][:2000] = False
    torch.manual_seed(1)
    left = present(hide(encoded, 0.4).masks)
    assert bool(left.any(dim=1).all())
    assert not left[:2000, 0].any(), "what is absent stays absent"
    # Each is hidden with 0.4; where both (or all three) would be, one comes back.
    two, three = left[:2000, 1].float().mean(), left[2000:, 0].float().mean()
    assert float(two) == pytest.approx(0.6 + 0.4**2 / 2, abs=0.03)
    assert float(three) == pytest.approx(0.6 + 0.4**3 / 3, abs=0.03)
    assert hide(encoded, 0.0) is encoded


def test_contrastive_learns_what_corresponds_and_leaves_out_what_is_missing() -> None:
    model, encoded = toy()
    encoded.masks[2][:] = False
    objective = Contrastive(model, Training(), size=8)
    first, last = lower(objective, model, passed(model, encoded))
    assert first > 0.5 * math.log(32)
    assert last < 0.05
    torch.manual_seed(0)
    encoded.masks[0][:16] = False
    half = objective(model, passed(model, encoded))
    encoded.states[1][:16] = 99.0
    assert torch.equal(objective(model, passed(model, encoded)), half)
    encoded.masks[0][:] = False
    assert float(objective(model, passed(model, encoded))) == 0.0


def test_reconstruction_learns_what_can_be_told_from_the_others() -> None:
    model, encoded = toy(256)
    told = Reconstruction(model, Training(), hidden=32)
    encoded.masks[2][:] = False
    first, last = lower(told, model, passed(model, encoded))
    assert first > 0.8
    assert last < 0.15
    encoded.masks[1][:] = False
    assert float(told(model, passed(model, encoded))) == 0.0, "from nothing nothing is told"


def test_reconstruction_gives_its_target_no_gradient() -> None:
    model, encoded = toy()
    encoded.masks[2][:] = False
    encoded.masks[0][0], encoded.masks[1][1] = False, False
    states = encoded.states[1].clone().requires_grad_()
    told = Reconstruction(model, Training())
    truths = encoded._replace(states=[encoded.states[0], states, encoded.states[2]])
    (gradient,) = torch.autograd.grad(told(model, passed(model, truths)), states)
    assert not gradient[0].any(), "row 0 has no text: its voice is neither source nor target"
    assert gradient[2].any()


def test_distillation_is_the_divergence_from_the_whole_answer() -> None:
    model, encoded = toy()
    model.eval()
    with pytest.raises(RecipeError, match="drop_modality above 0"):
        Distillation(model, Training())
    objective = Distillation(model, Training(drop_modality=0.3), temperature=1.0)
    assert float(objective(model, passed(model, encoded))) == 0.0, "nothing is hidden"
    shown = encoded._replace(masks=[encoded.masks[0] & (torch.arange(32) > 0).unsqueeze(1), *encoded.masks[1:]])
    given = passed(model, encoded, shown)
    whole = model.answer(encoded).logits["emotion"][0].log_softmax(dim=0)
    left = given.outputs.logits["emotion"][0].log_softmax(dim=0)
    wanted = (whole.exp() * (whole - left)).sum()
    torch.testing.assert_close(objective(model, given), wanted)
    same = ForwardPass(encoded, shown, model.answer(encoded), no_loss)
    torch.testing.assert_close(objective(model, same), torch.zeros(()))


def test_unimodal_is_the_mean_loss_of_the_answers_to_one_modality_each() -> None:
    model, encoded = toy()
    model.eval()
    encoded.masks[2][:] = False
    encoded.masks[1][:8] = False
    truth = torch.arange(32) % 7

    def loss(logits: Mapping[str, torch.Tensor], chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits["emotion"][chosen], truth[chosen])

    wanted = []
    for index, rows in ((0, slice(0, 32)), (1, slice(8, 32))):
        alone = encoded._replace(masks=[m if i == index else m & False for i, m in enumerate(encoded.masks)])
        wanted.append(nn.functional.cross_entropy(model.answer(alone).logits["emotion"][rows], truth[rows]))
    found = Unimodal(model, Training())(model, ForwardPass(encoded, encoded, model.answer(encoded), loss))
    torch.testing.assert_close(found, torch.stack(wanted).mean())


def test_modalities_are_hidden_on_the_device_they_are_on() -> None:
    _, encoded = toy()
    there = Encoded(*([tensor.to("meta") for tensor in part] for part in encoded))
    assert present(hide(there, 0.5).masks).is_meta


def test_uncertainty_weighs_tasks_as_kendall_does() -> None:
    plan = two_tasks(task_weights="uncertainty")
    model, _ = build(plan)
    step = TrainingStep(plan, model, Criterion(plan, {}), objectives.build(model, plan.train))
    with torch.no_grad():
        step.log_variances["emotion"].fill_(math.log(4.0))
    assert float(step._weighed(EMOTION, torch.tensor(2.0)).detach()) == pytest.approx(2.0 / 4 + 0.5 * math.log(4))
    assert float(step._weighed(INTENSITY, torch.tensor(2.0)).detach()) == pytest.approx(1.0)


def test_a_dropout_works_where_something_learns_and_only_there() -> None:
    model, _ = build(tiny.clips_recipe())
    for parameter in model.networks["voice"].parameters():
        parameter.requires_grad = False
    learning_mode(model)
    found = {name: m.training for name, m in model.named_modules() if isinstance(m, nn.Dropout)}
    assert found["fusion.joint.1"]
    assert {name.split(".")[1]: on for name, on in found.items() if name.startswith("networks")} == {
        "text": True, "voice": False, "face": True,
    }  # fmt: skip


def test_hidden_modalities_in_training_make_the_rest_answer(root: Path) -> None:
    """The text is never missing in training; only with modalities hidden does the model learn to do without it."""
    tiny.write_clips(root, text=4.0)
    found = {}
    for rate in (0.0, 0.5):
        plan = tiny.clips_recipe(f"drop-{rate}", epochs=15, drop_modality=rate)
        run = trained(plan, root, root / "runs")
        batch = run.probe[0].batch(range(len(run.probe[0])))
        batch.mask["text"][:] = False
        kept = torch.stack([batch.mask[m].any(dim=1) for m in ("voice", "face")]).any(dim=0)
        truth = batch.targets["emotion"][kept].argmax(dim=1)
        with torch.no_grad():
            found[rate] = float(nn.functional.cross_entropy(run.model(batch).logits["emotion"][kept], truth))
    assert found[0.5] < 0.6 * found[0.0], found


def test_two_tasks_with_partial_labels_and_learned_weights(root: Path) -> None:
    plan = replace(
        two_tasks(epochs=12, task_weights="uncertainty"), losses={"emotion": Loss(2.0, "balanced", 1.0, 0.05)}
    )
    run = trained(plan, root, root / "runs")
    part = run.probe[0]
    with torch.no_grad():
        logits = run.model(part.batch(range(len(part)))).logits
    right = logits["emotion"].argmax(dim=1).numpy() == part.targets("emotion").argmax(axis=1)
    truth = part.targets("intensity")[:, 0]
    labelled = np.isfinite(truth)
    assert 0 < labelled.sum() < len(part)
    assert right.mean() >= 0.85
    assert np.abs(logits["intensity"][:, 0].numpy() - truth)[labelled].mean() < 0.3


def test_a_killed_run_with_everything_on_resumes_to_the_same_weights(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = two_tasks(epochs=3, drop_modality=0.3, task_weights="uncertainty", auxiliary=ALL)
    whole = trained(plan, root, root / "whole")
    monkeypatch.setattr(line, "_SAVE_EVERY", 1)
    with dies_after(6), pytest.raises(KeyboardInterrupt):
        trained(plan, root, root / "broken")
    resumed = trained(plan, root, root / "broken", resume=True)
    for file in ("weights", "checkpoint"):
        one, other = (load_file(r.folder / f"{file}.safetensors") for r in (whole, resumed))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[k], other[k]) for k in one)
        extra = {k for k in one if "objectives" in k or "log_variances" in k}
        assert bool(extra) == (file == "checkpoint"), "they are the training's, not the model's"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": Training(auxiliary=({"name": "contrast"},))}, "did you mean 'contrastive'"),
        ({"train": Training(auxiliary=({"name": "contrastive", "sise": 3},))}, "did you mean 'size'"),
        ({"train": Training(auxiliary=(ALL[0], ALL[0]))}, "same name"),
    ],
)
def test_mistakes_are_named(change: dict[str, object], message: str) -> None:
    plan = replace(two_tasks(), **change)  # type: ignore[arg-type]  # of several kinds
    with pytest.raises(RecipeError, match=message):
        objectives.build(build(plan)[0], plan.train)


def test_a_score_has_no_focal_loss() -> None:
    with pytest.raises(RecipeError, match="'intensity' is a score"):
        replace(two_tasks(), losses={"intensity": Loss(focal=2.0)})


def test_frozen_encoders_have_nothing_to_learn_from_each_other() -> None:
    model, _ = toy()
    for parameter in model.networks.parameters():
        parameter.requires_grad = False
    with pytest.raises(RecipeError, match="here none learns"):
        Contrastive(model, Training())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Loss, {"class_weights": "fair"}),
        (Loss, {"smoothing": 1.0}),
        (Training, {"task_weights": "equal"}),
        (Training, {"drop_modality": 1.0}),
    ],
)
def test_values_that_mean_nothing_are_refused(kind: type[Loss | Training], values: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=r"must be|cannot be"):
        kind(**values)  # type: ignore[arg-type]  # on purpose
