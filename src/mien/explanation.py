"""The nouns of an explanation: what spoke for an answer, and the way it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mien.events import Notice
from mien.timeline import Prediction
from mien.types import Modality, Span


@dataclass(frozen=True)
class Piece:
    """One part of an input that can be left out, and how much it counts.

    Attributes:
        weight: change of the label's probability that it brings: above 0 it speaks for the label, below 0 against it.
        text: the word, or the phrase.
        span: when it is, on the clip's clock; ``None`` for a region of a face.
        band: lowest and highest frequency in Hz.
        box: left, top, right, bottom as parts of the face crop, 0 to 1.
    """

    weight: float = 0.0
    text: str = ""
    span: Span | None = None
    band: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Evidence:
    """What inside one input spoke for a label.

    Attributes:
        modality: which input.
        explainer: how it was found, a part of the family ``explainers``.
        pieces: all parts of the input, in order of time, frequency or place.
        picture: PNG of the face crop that the boxes lie on.
        total: change of the label's probability from the explainer's baseline to the whole input, to which the weights sum as
            far as the explainer is exact; ``None`` where weights are not meant to sum to anything.
    """

    modality: Modality
    explainer: str
    pieces: tuple[Piece, ...]
    picture: bytes | None = None
    total: float | None = None


@dataclass(frozen=True)
class Stage:
    """A step on the way to an answer.

    Attributes:
        name: "prepare", "encode" or "fuse".
        modality: whose; ``None`` when it joins all.
        part: registered name of the encoder or fusion.
        file: its graph; empty where the step has none.
        sha256: of that file.
    """

    name: str
    modality: Modality | None
    part: str
    file: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Calibrated:
    """How the scores of the fusion became those that are shown.

    Attributes:
        subset: the modalities it was fitted for, "text+voice".
        method: "temperature", "conditional" (on the recording) or "vector"; "" where nothing was fitted.
        composite: whether it was fitted on examples put together from single modalities.
        guards: the temperature of the guards that were triggered; 1 where none was.
        coverage: rate at which label sets are to hold the right label; ``None`` where none were fitted.
        threshold: below it an answer is uncertain.
    """

    subset: str
    method: str
    composite: bool
    guards: float
    coverage: float | None
    threshold: float


@dataclass(frozen=True)
class Explanation:
    """Why one moment was answered as it was: the decision path, and the evidence.

    Attributes:
        source: name of the clip.
        bundle, bundle_sha256: which model; the hash is that of its JSON, which names all graphs.
        task: which of its tasks.
        prediction: the answer, with scores, opinions, shares, quality and conflict.
        label: the label that is explained; the answer itself unless another was asked about.
        prior: probability of that label when nothing is read.
        contributions, interactions: Shapley values of that label; contributions sum to its probability minus ``prior``.
        pooled: scores as the fusion graph gave them, before the calibration of the bundle.
        calibrated: what made ``prediction.scores`` of them.
        weights: how the fusion weighed the modalities.
        stages: what ran, in order.
        missing: modalities that the bundle reads and the moment lacks.
        evidence: what inside the inputs spoke for the label; an input that was not explained is left out.
        notices: what was missing in the clip.
    """

    source: str
    bundle: str
    bundle_sha256: str
    task: str
    prediction: Prediction
    label: str
    prior: float
    contributions: Mapping[Modality, float]
    interactions: Mapping[tuple[Modality, Modality], float]
    pooled: Mapping[str, float]
    calibrated: Calibrated
    weights: Mapping[Modality, float]
    stages: tuple[Stage, ...]
    missing: tuple[Modality, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notices: tuple[Notice, ...] = ()
