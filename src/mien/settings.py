"""The tables of a recipe that say how to learn: ``[align]``, ``[losses.<task>]`` and ``[train]``. See docs/training.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mien.errors import RecipeError


@dataclass(frozen=True)
class Alignment:
    """``[align]``: whether the states of all modalities are put on one clock before they are fused, and how; see ``align.py``.

    Attributes:
        how: "none" (each keeps its own clock: for fusions by attention, and those that pool over time), "resample" (linear
            interpolation), "nearest", "window" (mean over a window), "utterance" (one step: the mean of all) or "words" (the
            clock is that of the text).
        rate: steps a second, of the first three.
        window: its length in seconds, at least one step.

    Raises:
        RecipeError: another way, or a window that would leave rows out.
    """

    how: str = "none"
    rate: float = 5.0
    window: float = 1.0

    def __post_init__(self) -> None:
        if self.how not in (*_WITH_RATE, "none", "utterance", "words"):
            raise RecipeError(f"align.how must be none, {', '.join(_WITH_RATE)}, utterance or words, not '{self.how}'")
        if self.rate <= 0 or (self.how == "window" and self.window * self.rate < 1):
            raise RecipeError("align.rate must be above 0, and align.window at least one step (1 / rate)")

    @property
    def has_rate(self) -> bool:
        """Whether the clock is one of even steps."""
        return self.how in _WITH_RATE


_WITH_RATE = ("resample", "nearest", "window")


@dataclass(frozen=True)
class Loss:
    """``[losses.<task>]``: the loss of a task, see ``heads.py``.

    Attributes:
        weight: of the task among others.
        class_weights: "balanced" weighs labels against how often they are true in the training data; "" does not.
        focal: gamma of the focal loss; 0 is cross-entropy.
        smoothing: share of the target that is spread evenly over the labels.

    Raises:
        RecipeError: a value that means nothing.
    """

    weight: float = 1.0
    class_weights: str = ""
    focal: float = 0.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.class_weights not in ("", "balanced"):
            raise RecipeError(f'class_weights of a loss must be "balanced" or "", not \'{self.class_weights}\'')
        if self.weight < 0 or self.focal < 0 or not 0 <= self.smoothing < 1:
            raise RecipeError("weight and focal of a loss must be at least 0, and smoothing at least 0 and below 1")


@dataclass(frozen=True)
class Training:
    """``[train]``: the loop.

    Attributes:
        learn: prefixes of the parameters that learn; all others stay as they are.
        task_weights: "fixed" (those of ``[losses]``) or "uncertainty" (learned, times those).
        drop_modality: probability with which each modality of an example is hidden, never all of them.
        auxiliary: ``[[train.auxiliary]]`` tables: name, weight and options of objectives beside the tasks (``objectives.py``).

    Raises:
        RecipeError: a value that means nothing.
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
    task_weights: str = "fixed"
    drop_modality: float = 0.0
    auxiliary: tuple[dict[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.task_weights not in ("fixed", "uncertainty"):
            raise RecipeError(f"train.task_weights must be fixed or uncertainty, not '{self.task_weights}'")
        if not 0 <= self.drop_modality < 1:
            raise RecipeError("train.drop_modality is a probability: at least 0 and below 1")
