"""The tables of a recipe that say how to learn: ``[align]``, ``[losses.<task>]`` and ``[train]``. See docs/training.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mien.errors import RecipeError, closest
from mien.recipe.names import plain_path


@dataclass(frozen=True)
class EncoderTable:
    """``[encoders.<modality>]``.

    Attributes:
        name: name of a registered encoder.
        options: its arguments.
        start: folder of a finished run, relative to the folder of all runs. Training starts from its weights for this modality.
            ``None`` starts from new weights. "{seed}" stands for the seed.
        lr: its own peak learning rate; ``None`` takes that of ``[train]``.
        baseline: "" or what is known of a person, to whose usual values its features are taken relative (``person.py``):
            "known" takes all clips of the person in the data set, also in evaluation; "growing" takes random parts of them
            in training (``data/related.py``) and nothing in evaluation. The features are the outputs of the part of its
            network that never learns (``model/trunks.py``).

    Raises:
        RecipeError: the learning rate is not above 0, or there is no such baseline.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    start: str | None = None
    lr: float | None = None
    baseline: str = ""

    def __post_init__(self) -> None:
        if self.start is not None and not plain_path(self.start.replace("{seed}", "0")):
            raise RecipeError(
                f"start of the encoder '{self.name}' is '{self.start}', and has to lie in the folder of all runs: "
                "plain names with '/' between them, and {seed} for the seed"
            )
        if self.lr is not None and self.lr <= 0:
            raise RecipeError(f"lr of the encoder '{self.name}' must be above 0, not {self.lr:g}")
        if self.baseline not in ("", "known", "growing"):
            raise RecipeError(
                f'baseline of the encoder \'{self.name}\' is "known", "growing" or "", not \'{self.baseline}\''
            )

    def start_of(self, seed: int) -> str:
        """``start`` with the seed in its place; "" without a start."""
        return (self.start or "").replace("{seed}", str(seed))


@dataclass(frozen=True)
class Alignment:
    """``[align]``: how the states of all modalities are put on one clock before the fusion; see ``model/alignment.py``.

    Attributes:
        how: "none" (each modality keeps its own clock, for fusions that use attention or pool over time), "resample" (linear
            interpolation), "nearest", "window" (mean over a window), "utterance" (one step, the mean of all) or "words" (the
            clock of the text).
        rate: steps per second for "resample", "nearest" and "window".
        window: length of the window in seconds, at least one step.

    Raises:
        RecipeError: ``how`` is unknown, ``rate`` is not above 0, or the window is so short that rows would be left out.
    """

    how: str = "none"
    rate: float = 5.0
    window: float = 1.0

    def __post_init__(self) -> None:
        _one_of("align.how", self.how, "none", *_WITH_RATE, "utterance", "words")
        if self.rate <= 0 or (self.how == "window" and self.window * self.rate < 1):
            raise RecipeError("align.rate must be above 0, and align.window at least one step (1 / rate)")

    @property
    def has_rate(self) -> bool:
        """Whether the clock has even steps."""
        return self.how in _WITH_RATE

    def steps(self, seconds: float) -> int:
        """How many steps cover the time from 0 to ``seconds``. The result is computed in float32, as in models and graphs."""
        return int(np.float32(seconds) * np.float32(self.rate)) + 1


_WITH_RATE = ("resample", "nearest", "window")


@dataclass(frozen=True)
class Loss:
    """``[losses.<task>]``: the loss of a task, see ``model/heads.py``.

    Attributes:
        weight: weight of the task among all tasks.
        class_weights: "balanced" gives rare labels of the training data a higher weight; "" gives all the same.
        logit_adjustment: how much of each data set's own label shares is taken out of a single-label answer: their logs, times
            this number, are added to the logits in training only (Menon et al. 2021, arXiv 2007.07314). With 1, the answer
            favours no label, and an example says nothing about labels that its data set lacks. 0 leaves the shares in.
        focal: gamma of the focal loss; 0 is cross-entropy.
        smoothing: share of the target that is spread evenly over the labels.

    Raises:
        RecipeError: a value is out of its range.
    """

    weight: float = 1.0
    class_weights: str = ""
    focal: float = 0.0
    smoothing: float = 0.0
    logit_adjustment: float = 0.0

    def __post_init__(self) -> None:
        if self.class_weights not in ("", "balanced"):
            raise RecipeError(f'class_weights of a loss must be "balanced" or "", not \'{self.class_weights}\'')
        if min(self.weight, self.focal, self.logit_adjustment) < 0 or not 0 <= self.smoothing < 1:
            raise RecipeError(
                "weight, focal and logit_adjustment of a loss must be at least 0, and smoothing at least 0 and below 1"
            )
        if self.class_weights and self.logit_adjustment:
            raise RecipeError(
                "a loss balances its labels by class_weights or by logit_adjustment; leave one of them out"
            )

    @property
    def balances(self) -> bool:
        """Whether answers learned with it favour no label, whatever the shares of the labels in the training data."""
        return bool(self.class_weights) or self.logit_adjustment == 1


@dataclass(frozen=True)
class Training:
    """``[train]``: the training loop.

    Attributes:
        batch: examples in a step, in each process.
        lr: peak learning rate.
        optimizer: "adamw" or "sgd".
        warmup: share of all steps over which the learning rate rises.
        schedule: how the learning rate falls: "linear", "cosine" or "none".
        clip: largest norm of the gradients; 0 for no limit.
        ema: decay of the exponential moving average of the weights; 0 for no average.
        precision: as Lightning Fabric names it.
        learn: prefixes of the names of the parameters that learn; all others stay as they are.
        keep: "best" (the epoch with the lowest loss on the validation data) or "last".
        patience: epochs without a lower validation loss after which training stops; 0 for never, and without validation data.
        task_weights: "fixed" (the weights of ``[losses]``) or "uncertainty" (learned weights, times those of ``[losses]``).
        drop_modality: probability with which each modality of an example is hidden, but never all of them.
        balance: how far data sets of different size count alike: 0 draws each example once in an epoch, 1 as many of every
            set, and 0.5 in proportion to the square root of the size.
        auxiliary: ``[[train.auxiliary]]`` tables, with name, weight and options of auxiliary objectives, see
            ``training/objectives.py``.

    Raises:
        RecipeError: a value is unknown or out of its range.
    """

    epochs: int = 3
    batch: int = 32
    lr: float = 1e-3
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    warmup: float = 0.06
    schedule: str = "linear"
    clip: float = 1.0
    ema: float = 0.0
    precision: str = "32-true"
    learn: tuple[str, ...] = ("",)
    keep: str = "best"
    patience: int = 0
    task_weights: str = "fixed"
    drop_modality: float = 0.0
    balance: float = 0.0
    auxiliary: tuple[dict[str, Any], ...] = ()

    def __post_init__(self) -> None:
        _one_of("train.optimizer", self.optimizer, "adamw", "sgd")
        _one_of("train.schedule", self.schedule, "linear", "cosine", "none")
        _one_of("train.keep", self.keep, "best", "last")
        _one_of("train.task_weights", self.task_weights, "fixed", "uncertainty")
        for names, fits, what in _NUMBERS:
            for name in names:
                if not fits(value := getattr(self, name)):
                    raise RecipeError(f"train.{name} must be {what}, not {value:g}")


_NUMBERS: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("epochs", "batch"), lambda number: number >= 1, "at least 1"),
    (("lr",), lambda rate: rate > 0, "above 0"),
    (("weight_decay", "clip", "patience"), lambda number: number >= 0, "at least 0"),
    (("warmup",), lambda share: 0 <= share <= 1, "a share of all steps, from 0 to 1"),
    (("balance",), lambda share: 0 <= share <= 1, "from 0 to 1"),
    (("ema", "drop_modality"), lambda share: 0 <= share < 1, "at least 0 and below 1"),
)


def _one_of(key: str, value: str, *known: str) -> None:
    if value not in known:
        raise RecipeError(f"{key} cannot be '{value}'; {closest(value, list(known))}")
