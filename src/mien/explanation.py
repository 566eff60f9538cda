"""The nouns of an explanation: the evidence for an answer, and the decision path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.events import Notice
from mien.timeline import Prediction, Source
from mien.types import Modality, Span

if TYPE_CHECKING:
    from mien.llms.opinion.nouns import LlmRecord


@dataclass(frozen=True)
class Piece:
    """One part of an input, and how much it counts.

    Attributes:
        weight: how much the part changes the label's probability. Above 0 it speaks for the label, below 0 against it.
        text: the word or phrase; "" for other inputs.
        span: when it is, on the clip's clock; ``None`` for a region of a face.
        band: lowest and highest frequency in Hz; ``None`` where it is not a band of the sound.
        box: left, top, right and bottom as parts of the face crop, 0 to 1; ``None`` for other inputs.
    """

    weight: float = 0.0
    text: str = ""
    span: Span | None = None
    band: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Evidence:
    """The evidence for a label inside one input.

    Attributes:
        modality: which input.
        explainer: name of the explainer that found it, see the family ``explainers``.
        pieces: all parts of the input, in order of time, frequency or place.
        picture: PNG of the face crop that the boxes are on; ``None`` for other inputs.
        total: change of the label's probability from the explainer's baseline to the whole input. The weights sum to it as far
            as the explainer is exact. ``None`` where the sum of the weights has no meaning.
    """

    modality: Modality
    explainer: str
    pieces: tuple[Piece, ...]
    picture: bytes | None = None
    total: float | None = None


@dataclass(frozen=True)
class Stage:
    """A stage on the way to an answer.

    Attributes:
        name: "prepare", "encode" or "fuse".
        modality: its modality; ``None`` where it joins all of them.
        part: registered name of the encoder or fusion.
        file: file of its graph; "" where the stage has none.
        sha256: hash of that file; "" where the stage has none.
    """

    name: str
    modality: Modality | None
    part: str
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Calibrated:
    """How the scores of the fusion became the scores that are shown.

    Attributes:
        subset: the modalities that the calibration was fitted for, such as "text+voice".
        method: "temperature", "conditional" (on the recording) or "vector"; "" where nothing was fitted.
        composite: whether it was fitted on composites of single modalities.
        guards: the temperature of the triggered guards; 1 where none was triggered.
        coverage: rate at which label sets should hold the right label; ``None`` where none were fitted.
        threshold: an answer whose most probable label is less probable than this is uncertain.
    """

    subset: str
    method: str
    composite: bool
    guards: float
    coverage: float | None
    threshold: float


@dataclass(frozen=True)
class Explanation:
    """Why a bundle gave this answer for one moment: the decision path, and the evidence.

    Attributes:
        source: name of the clip.
        bundle: name of the bundle.
        bundle_sha256: hash of the bundle's JSON, which names all graphs.
        task: name of the task.
        prediction: the answer, with scores, opinions, shares, quality and conflict.
        label: the label that is explained: the label of the answer, unless another one was chosen.
        prior: probability of that label without any input.
        contributions, interactions: Shapley values of that label; contributions sum to its probability minus ``prior``. A
            language model that joined the answer is one more player.
        pooled: scores as the fusion graph gave them, before the calibration of the bundle.
        calibrated: how ``prediction.scores`` were made from ``pooled``.
        weights: weights of the fusion for the modalities.
        stages: the stages that ran, in order.
        missing: modalities that the bundle can use and the moment lacks.
        evidence: the evidence inside the inputs, for what the bundle says; an input that was not explained is left out.
        notices: what was missing in the clip.
        llm: which language model was asked, how, and what it cost; ``None`` when none was. What it said of the moment is
            ``prediction.llm``.
    """

    source: str
    bundle: str
    bundle_sha256: str
    task: str
    prediction: Prediction
    label: str
    prior: float
    contributions: Mapping[Source, float]
    interactions: Mapping[tuple[Source, Source], float]
    pooled: Mapping[str, float]
    calibrated: Calibrated
    weights: Mapping[Modality, float]
    stages: tuple[Stage, ...]
    missing: tuple[Modality, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notices: tuple[Notice, ...] = ()
    llm: LlmRecord | None = None

    @property
    def joined(self) -> bool:
        """Whether the opinion of a language model is in the answer."""
        return self.llm is not None and self.prediction.llm is not None and bool(self.prediction.llm.scores)

    @property
    def measured(self) -> Mapping[str, float]:
        """The calibrated scores of the bundle alone; those of the answer where no language model joined it."""
        if not self.joined:
            return self.prediction.scores
        everything = self.prediction.subsets[max(self.prediction.subsets, key=len)]
        return dict(zip(self.prediction.scores, everything, strict=True))
