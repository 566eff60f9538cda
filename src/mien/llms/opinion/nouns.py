"""The nouns of a language model's opinion about a moment, and of its work on a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from mien.types import Modality

Method = Literal["samples", "logprobs", ""]


@dataclass(frozen=True)
class Cost:
    """What answers cost.

    Attributes:
        asked: questions that went to the model, with repairs and deletion tests.
        cached: questions whose answers were known from before.
        read, written: tokens of the questions and answers, as far as the server counts them; answers from before are left out.
        seconds: the time of all questions together. Several may have been asked at once.
        repaired: answers that were valid only at the second try.
        invalid: answers that were not valid at the second try either.
        failed: questions that got no answer at all.
    """

    asked: int = 0
    cached: int = 0
    read: int = 0
    written: int = 0
    seconds: float = 0.0
    repaired: int = 0
    invalid: int = 0
    failed: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class LlmOpinion:
    """What a language model says about a moment.

    Attributes:
        scores: probability of every label, calibrated as far as a calibration is known; empty without a valid answer.
        method: "samples" or "logprobs", how the probabilities came about; "" without a valid answer.
        valid: how many valid answers there are.
        words: {free word for the emotion: share of the valid answers that name it}; empty unless asked for.
        claim: the reason that it states for its answer. It is a claim: nothing shows that the answer came about so.
        because: the inputs that it says it used.
        without: {input: probabilities without this input}, measured by asking again; empty unless asked for.
        given: the inputs that the question held.
        share: how much it counted in the joint answer, beside ``Prediction.shares``.
        contribution: its Shapley value, beside ``Prediction.contributions``.
        doubts: codes of what speaks against the claim, see ``mien.llms.opinion.claims``.
        cost: of this moment.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    method: Method = ""
    valid: int = 0
    words: Mapping[str, float] = field(default_factory=dict)
    claim: str = ""
    because: tuple[Modality, ...] = ()
    without: Mapping[Modality, Mapping[str, float]] = field(default_factory=dict)
    given: tuple[Modality, ...] = ()
    share: float = 0.0
    contribution: float = 0.0
    doubts: tuple[str, ...] = ()
    cost: Cost = Cost()


@dataclass(frozen=True)
class LlmRecord:
    """Which language model worked on a clip, how it was asked, and what it cost.

    Attributes:
        model, place: its name, and the address of its server or "here".
        prompt: hash of the instruction and the schema.
        samples, temperature, seed: how it was asked.
        alone: whether its answers stand alone, or join the pool.
        weight: its weight in the pool.
        calibrated: whether a calibration was applied.
        sent: the kinds of parts that were sent: "text", "image", "audio".
        moments, answered: how many moments there are, and how many of them have a valid answer.
        cost: of all moments.
    """

    model: str
    place: str
    prompt: str
    samples: int
    temperature: float
    seed: int
    alone: bool
    weight: float
    calibrated: bool
    sent: tuple[str, ...]
    moments: int = 0
    answered: int = 0
    cost: Cost = Cost()
