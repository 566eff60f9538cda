"""The one training loop: it turns a recipe into a run folder with weights. It has the only ``.backward(`` of the project."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.errors import DivergedError, InputError
from mien.events import Progress, Work
from mien.model.batch import Batch
from mien.model.build import build, choose
from mien.model.model import Model
from mien.model.trunks import run_trunks_once
from mien.model.weights import load_weights, save_weights
from mien.person import Population
from mien.recipe import strict
from mien.recipe.recipe import Recipe
from mien.runtime import threads
from mien.runtime.run_folder import CHECKPOINT, load_recipe, run_folder
from mien.training import objectives
from mien.training.batches import drawn, epoch
from mien.training.check import check_names, check_taught
from mien.training.checkpoint import Checkpoint, Log, Progressed, check_same, save_inputs
from mien.training.devices import Devices
from mien.training.optimizer import optimizer, schedule
from mien.training.population import load_population, save_population
from mien.training.result import Run
from mien.training.statistics import fit_statistics, label_shares, relate, shares_by_source
from mien.training.step import Criterion, TrainingStep, learning_mode
from mien.training.validation import valid_loss
from mien.types import Modality

_SAVE_EVERY = 300  # steps between checkpoints


def train(
    recipe: Recipe,
    corpus: Corpus,
    runs: Path,
    resume: bool = False,
    fabric: Fabric | None = None,
    earlier: Path | None = None,
) -> Work[Run]:
    """Train one model.

    Args:
        recipe: the recipe.
        corpus: the recipe's data, see ``Corpus.of``.
        runs: folder of all runs; this one goes to ``<runs>/<name>/seed<seed>``.
        resume: whether to continue from the last checkpoint. The result is the same as that of an uninterrupted run.
        fabric: where to train, see ``training/devices.py``; ``None`` for one device.
        earlier: folder of the runs that the recipe starts from; ``None`` for ``runs``.

    Raises:
        InputError: the folder holds a run and ``resume`` is false, or a run of another recipe or other data.
        RecipeError: a part of the recipe does not exist or fit, or there are no training examples for a modality.
        DivergedError: the loss in training or validation is not finite.
    """
    check_names(recipe)
    torch.set_num_threads(threads.count())
    torch.set_flush_denormal(True)
    fabric = fabric or Devices().fabric(recipe.train.precision)
    folder = run_folder(runs, recipe.name, recipe.seed)
    checkpoint = Checkpoint(folder / CHECKPOINT)
    if checkpoint.exists():
        if not resume:
            raise InputError(f"{folder} holds a run already; continue it with --resume or remove the folder")
        check_same(recipe, corpus, folder)
    folder.mkdir(parents=True, exist_ok=True)
    fabric.barrier()
    model, parts = build(recipe)
    lineage = _start(model, recipe, earlier or runs)
    choose(model, recipe.train.learn)
    auxiliary = objectives.build(model, recipe.train)  # early, so that mistakes show before the clips are prepared
    related = [m for m, t in recipe.encoders.items() if t.baseline]
    readers = run_trunks_once(model.to(fabric.device), parts, related)
    with fabric.rank_zero_first():
        sets = yield from example_sets(corpus, "train", readers, recipe.encoders, needed_by=recipe.name)
        valid = yield from example_sets(corpus, "valid", readers, recipe.encoders, needed_by=recipe.name)
    check_taught(recipe, sets)
    populations = relate(recipe, sets, valid, _started(recipe, earlier or runs))
    if fabric.is_global_zero:
        save_inputs(recipe, corpus, folder)
        for modality, population in populations.items():
            save_population(population, folder, modality)
    done = yield from _Loop(recipe, model, auxiliary, sets, valid, folder, checkpoint, fabric).run(resume)
    best = None if math.isinf(done.best) else done.best
    model = model.to("cpu").eval()
    return Run(model, parts, readers, recipe, folder, corpus, sets, valid, best, populations, lineage, done.seconds)


def _start(model: Model, recipe: Recipe, runs: Path) -> dict[Modality, Recipe]:
    """Load the weights of the runs that the recipe starts from, and return the recipes of these runs."""
    lineage = {}
    for modality, table in recipe.encoders.items():
        if table.start:
            start = runs / table.start_of(recipe.seed)
            load_weights(model, start, modality)
            lineage[modality] = strict.build(Recipe, load_recipe(start), f"the recipe of the run in '{start}'")
    return lineage


def _started(recipe: Recipe, runs: Path) -> dict[Modality, Population]:
    """The populations of the runs that the recipe starts from, since their weights were learned relative to them."""
    starts = {m: t.start_of(recipe.seed) for m, t in recipe.encoders.items() if t.baseline and t.start}
    found = {m: load_population(runs / start, m) for m, start in starts.items()}
    return {m: population for m, population in found.items() if population is not None}


def _seed(number: int, device: torch.device) -> None:
    """Seed the random numbers of the CPU and of the device that trains.

    ``torch.manual_seed`` seeds all kinds of devices. For each kind that is not in use it keeps the call, with a trace of its
    stack, until the process ends: a tenth of the time of a small step, and memory for every step.
    """
    torch.default_generator.manual_seed(number)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(number)


class _Loop:
    """One run of the loop. Random numbers depend only on seed, step and process, so a resumed run has the same result."""

    def __init__(
        self,
        recipe: Recipe,
        model: Model,
        auxiliary: nn.ModuleDict,
        sets: Sequence[ExampleSet],
        valid: Sequence[ExampleSet],
        folder: Path,
        checkpoint: Checkpoint,
        fabric: Fabric,
    ) -> None:
        self.recipe, self.how, self.model = recipe, recipe.train, model
        self.sets, self.valid, self.folder, self.checkpoint = sets, valid, folder, checkpoint
        self.fabric = fabric
        self.criterion = Criterion(recipe, label_shares(recipe.tasks, sets), shares_by_source(recipe.tasks, sets))
        self.step = TrainingStep(recipe, model, self.criterion, auxiliary)
        self.wrapped, self.optimizer = self.fabric.setup(self.step, optimizer(recipe, self.step))
        average = get_ema_multi_avg_fn(self.how.ema)  # type: ignore[no-untyped-call]  # torch lacks the annotation
        self.ema = AveragedModel(model, multi_avg_fn=average, use_buffers=True) if self.how.ema else None
        # Every process takes its part of the batches, and all processes have the same number of steps.
        counts = drawn([len(s) for s in sets], self.how.balance)
        self.per_epoch = math.ceil(sum(math.ceil(c / self.how.batch) for c in counts) / fabric.world_size)
        self.done = Progressed()
        self._began = time.perf_counter()

    def run(self, resume: bool) -> Work[Progressed]:
        """Run all epochs, and load the kept weights into the model. Returns the progress, with their validation loss."""
        if resume and self.checkpoint.exists():
            self.done = self.checkpoint.load(self.step, self.optimizer, self.ema)
        else:
            fit_statistics(self.model, self.sets, [name for name, loss in self.recipe.losses.items() if loss.balances])
        self._began = time.perf_counter() - self.done.seconds
        step, total = self.done.step, self.per_epoch * self.how.epochs
        about = f"{self.recipe.name} seed {self.recipe.seed}"
        with Log(self.folder if self.fabric.is_global_zero else None) as log:
            for number in range(step // self.per_epoch, self.how.epochs):
                if self._over():
                    break
                learning_mode(self.step)
                for batch in self._batches(number, step % self.per_epoch):
                    losses = self._step(batch, step, total)
                    step += 1
                    for name, loss in losses.items():
                        log.scalar(f"train/{name}", loss, step)
                    if step % _SAVE_EVERY == 0 and step % self.per_epoch and self.fabric.is_global_zero:
                        self._save(step, self.done.best, log)
                    yield Progress("train", about, step, total)
                loss_after = self._validate(number)
                # Every process counts, because each of them has to stop.
                lower = loss_after is None or loss_after < self.done.best
                self.done = self.done._replace(stale=0 if lower else self.done.stale + 1)
                if self.fabric.is_global_zero:
                    self._finish_epoch(number, loss_after, log, step)
                elif lower and loss_after is not None:
                    self.done = self.done._replace(best=loss_after)
                self.fabric.barrier()
        if self.fabric.is_global_zero and not self._chooses:
            save_weights(self._kept_model(), self.folder)
        self.fabric.barrier()
        load_weights(self.model, self.folder)
        return self.done

    @property
    def _chooses(self) -> bool:
        """Whether the weights of the best epoch are kept; else those of the last."""
        return self.how.keep == "best" and bool(self.valid)

    def _over(self) -> bool:
        """Whether the validation loss has not fallen for as many epochs as the recipe waits."""
        return 0 < self.how.patience <= self.done.stale

    def _save(self, step: int, best: float, log: Log) -> None:
        self.done = Progressed(step, best, time.perf_counter() - self._began, self.done.stale)
        log.flush()  # first, so that the curve of a killed run has no hole
        self.checkpoint.save(self.step, self.optimizer, self.ema, self.done)

    def _batches(self, number: int, skip: int) -> Iterator[Batch]:
        rng = np.random.default_rng([self.recipe.seed, number])
        plan = list(epoch(self.sets, self.how.batch, rng, self.how.balance))
        for step in range(skip, self.per_epoch):
            which, rows = plan[(step * self.fabric.world_size + self.fabric.global_rank) % len(plan)]
            part = self.sets[which]
            # Each batch has its own numbers, so that a resumed run draws the same ones.
            own = [self.recipe.seed, number, step, self.fabric.global_rank]
            yield part.batch(rows, np.random.default_rng(own) if part.draws else None).to(self.fabric.device)

    def _step(self, batch: Batch, step: int, total: int) -> dict[str, float]:
        _seed(self.recipe.seed * 1_000_003 + step + 7_919 * self.fabric.global_rank, self.fabric.device)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * schedule(self.how, step, total)
        parts: dict[str, Tensor] = self.wrapped(batch)
        first, *others = parts.values()
        loss = torch.stack([first, *others]).sum() if others else first
        self.fabric.backward(loss)
        if self.how.clip:
            self.fabric.clip_gradients(self.wrapped, self.optimizer, max_norm=self.how.clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        # With the mean over the processes, all of them notice a loss that is not finite, and stop.
        mean = loss.detach()
        if self.fabric.world_size > 1:
            mean = self.fabric.all_reduce(mean)  # type: ignore[assignment]  # of a tensor it is one
        each = {name: float(part.detach()) for name, part in parts.items()} if len(parts) > 1 else {}
        return {"loss": self._finite(float(mean), f"step {step + 1}"), **each}

    def _validate(self, number: int) -> float | None:
        """The loss on the validation sets after an epoch, the same in every process; ``None`` where it is not needed."""
        # Validation costs as much as an epoch where little learns. Where no epoch is chosen, only the last one needs it.
        if not self.valid or not (self._chooses or number == self.how.epochs - 1):
            return None
        first = self.fabric.is_global_zero
        loss = valid_loss(self._kept_model(), self.criterion, self.valid, self.fabric) if first else 0.0
        return self._finite(self.fabric.broadcast(loss), f"validation after epoch {number + 1}")

    def _finite(self, loss: float, place: str) -> float:
        if math.isfinite(loss):
            return loss
        raise DivergedError(
            f"the loss of '{self.recipe.name}' is {loss} in {place}: give a smaller train.lr, look among features and labels "
            "for what is no number or huge, or take train.precision = '32-true'"
        )

    def _finish_epoch(self, number: int, loss: float | None, log: Log, step: int) -> None:
        if loss is not None:
            log.scalar("valid/loss", loss, step)
            log.line(f"epoch {number + 1}/{self.how.epochs} valid loss {loss:.4f}")
        best = self.done.best
        if not self._chooses:
            best = math.inf if loss is None else loss
        elif loss is not None and loss < best:
            save_weights(self._kept_model(), self.folder)
            best = loss
        self._save(step, best, log)

    def _kept_model(self) -> Model:
        """The model with averaged weights where there is one, else the model itself."""
        if self.ema is None:
            return self.model
        averaged: Model = self.ema.module  # type: ignore[assignment]  # what it was made from
        return averaged
