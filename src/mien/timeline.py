"""The nouns of an answer: predictions for the spans of a clip, and the timeline of the whole clip."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, log_of, normalised, pooled
from mien.events import Notice
from mien.types import EMOTION, MODALITIES, Float32, Modality, Span

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table

    from mien.llms.opinion.nouns import LlmOpinion, LlmRecord

SURE = 0.5
"""A label that is less probable than this is not a clear answer."""
Source = Modality | Literal["llm"]
"""What gives an opinion: a modality, or a language model."""
S = TypeVar("S", bound=Source)
_SHORTEST = 0.1  # seconds that a span counts at least
_OTHER_AT_MOST = 0.25  # largest probability that a modality in conflict gives to the other's label


@dataclass(frozen=True)
class Opinion:
    """The most probable label of one modality alone, or of a language model ("llm"), and its probability."""

    modality: Source
    label: str
    probability: float


class _Rows:
    """Arrays with one row for each time. Two are equal if all arrays are."""

    times: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times)

    def __eq__(self, other: object) -> bool:
        mine, others = vars(self), vars(other) if type(other) is type(self) else {}
        return mine.keys() == others.keys() and all(np.array_equal(v, others[k], True) for k, v in mine.items())

    __hash__ = None  # type: ignore[assignment]  # arrays have none


@dataclass(frozen=True, eq=False)
class FaceBoxes(_Rows):
    """Where the face of one person lies in the picture: ``times`` float64 (N,) in seconds, and ``boxes`` float32 (N, 4).

    A box is left, top, right, bottom as parts of the width and height of the upright picture, from 0 to 1.
    """

    times: NDArray[np.float64]
    boxes: Float32


@dataclass(frozen=True, eq=False)
class Curve(_Rows):
    """What one modality alone says from time to time within a moment.

    Attributes:
        times: float64 (T,) seconds, the middle of what was read for each row.
        scores: float32 (T, L), calibrated probability of every label, in the order of ``Timeline.labels``.
        deviation: float32 (T,), how far single answers within a second before and after differ: the standard deviation of the
            probability of the row's best label. NaN where there is only one.
        uncertain: bool (T,), see ``Prediction``.
    """

    times: NDArray[np.float64]
    scores: Float32
    deviation: Float32
    uncertain: NDArray[np.bool_]


@dataclass(frozen=True)
class Prediction:
    """The answer for one span of one person.

    Attributes:
        span: when it is.
        who: the person; ``None`` when people could not be told apart.
        text: the words; "" when there are none.
        label: the most probable expressed emotion, or label of another task; see ``Timeline.task``.
        scores: calibrated probability of every label.
        valence: -1 (unpleasant) to 1 (pleasant); ``None`` where the labels are not emotions with a known valence.
        arousal: -1 (calm) to 1 (excited); ``None`` where ``valence`` is ``None``.
        shares: how much each modality that is present counted: absolute contributions, scaled to sum to 1.
        opinions: the answer of each modality alone, {modality: {label: probability}}.
        quality: measures of each input, {modality: {name: value}}.
        contributions: signed Shapley values, how far each modality moved the probability of ``label``. Their sum is the change
            from the bundle's answer without any input to its answer to all modalities. Empty when not computed.
        interactions: Shapley interaction index of each pair of modalities present. Empty when not computed.
        label_set: labels that include the right one at the bundle's coverage (90 % unless its card says otherwise), most
            probable first; empty when the bundle has no such sets.
        uncertain: whether ``label`` is only a guess, because it is not probable enough.
        reasons: codes of what makes the answer less sure, from ``mien.trust.guard.REASONS``.
        language: of the words, as an ISO 639 code; ``None`` when it is not known or there are no words.
        curves: how the answers of voice and face alone change within the span. Absent for a picture, or when not asked for.
        faces: where the face is in the pictures; ``None`` when it is not in view, or this was not asked for.
        subsets: {modalities: probabilities in the order of ``scores``}, the answer from every subset of the modalities.
        llm: what a language model says, and how much it counted; ``None`` when none was asked.
    """

    span: Span
    who: str | None
    text: str
    label: str
    scores: Mapping[str, float]
    valence: float | None
    arousal: float | None
    shares: Mapping[Modality, float]
    opinions: Mapping[Modality, Mapping[str, float]]
    quality: Mapping[Modality, Mapping[str, float]]
    contributions: Mapping[Modality, float] = field(default_factory=dict)
    interactions: Mapping[tuple[Modality, Modality], float] = field(default_factory=dict)
    label_set: tuple[str, ...] = ()
    uncertain: bool = False
    reasons: tuple[str, ...] = ()
    language: str | None = None
    curves: Mapping[Modality, Curve] = field(default_factory=dict)
    faces: FaceBoxes | None = None
    subsets: Mapping[frozenset[Modality], tuple[float, ...]] = field(default_factory=dict)
    llm: LlmOpinion | None = None

    @property
    def weight(self) -> float:
        """Its weight in means over the clip: its duration in seconds, at least 0.1, which is the weight of a still picture."""
        return max(self.span.duration, _SHORTEST)

    @property
    def said(self) -> Mapping[Source, Mapping[str, float]]:
        """What each modality alone says, and a language model that was asked; those that say nothing are left out."""
        said: dict[Source, Mapping[str, float]] = {m: self.opinions[m] for m in MODALITIES if self.opinions.get(m)}
        return said | ({"llm": self.llm.scores} if self.llm is not None and self.llm.scores else {})

    @property
    def conflict(self) -> tuple[Opinion, Opinion] | None:
        """The surest pair of modalities, or of one and a language model, that is in conflict (``opposed``); else ``None``."""
        return max(opposed(self.said), key=lambda pair: pair[0].probability + pair[1].probability, default=None)


def opposed(opinions: Mapping[S, Mapping[str, float]]) -> list[tuple[Opinion, Opinion]]:
    """The pairs of opinions that each give another label at least one half, and the other's label at most a quarter."""
    said = [(Opinion(source, top, o[top]), o) for source, o in opinions.items() if o for top in [best(o)]]
    return [
        (a, b)
        for (a, of_a), (b, of_b) in combinations(said, 2)
        if a.label != b.label
        and min(a.probability, b.probability) >= SURE
        and max(of_a.get(b.label, 0.0), of_b.get(a.label, 0.0)) <= _OTHER_AT_MOST
    ]


def best(scores: Mapping[str, float]) -> str:
    """The most probable label."""
    return max(scores, key=lambda label: scores[label])


def mean(predictions: Sequence[Prediction]) -> dict[str, float]:
    """The mean of the answers, weighted by duration, see ``pooled``; empty where there are no predictions."""
    return pooled([(p.weight, p.scores) for p in predictions])


@dataclass(frozen=True)
class Timeline:
    """All answers about one clip, in order of time.

    Attributes:
        source: name of the clip.
        duration: length of the clip in seconds.
        bundle: name of the bundle.
        bundle_sha256: hash of the bundle's JSON, which names all graphs.
        predictions: the answers.
        label: the most probable label of the whole clip; ``None`` when there are no answers.
        scores: geometric mean of the probabilities over the clip, weighted by duration; empty when there are no answers.
        valence, arousal: of the whole clip, see ``Prediction``; ``None`` also when there are no answers.
        notices: what was missing, each notice once.
        notes: what the user of the bundle must know.
        task: the task of the bundle whose labels these are.
        portraits: a small JPEG of the face of each person in view, upright.
        llm: which language model was asked, and what it cost; ``None`` when none was.
    """

    source: str
    duration: float
    bundle: str
    bundle_sha256: str
    predictions: tuple[Prediction, ...]
    label: str | None
    scores: Mapping[str, float]
    valence: float | None
    arousal: float | None
    notices: tuple[Notice, ...] = ()
    notes: tuple[str, ...] = ()
    task: str = EMOTION.name
    portraits: Mapping[str, bytes] = field(default_factory=dict)
    llm: LlmRecord | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the answers. Without answers, the seven emotions where these are the task, else nothing."""
        if self.predictions:
            return tuple(self.predictions[0].scores)
        return EMOTIONS if self.task == EMOTION.name else ()

    @property
    def influences(self) -> tuple[float, ...]:
        """How far each segment moved the summary: the probability of ``label`` minus what it would be without the segment.

        The values are exact, because the summary is a mean of logs. Empty when there is no summary; 0 for a segment that is
        alone.
        """
        if self.label is None:
            return ()
        total = sum(p.weight for p in self.predictions)
        sums = {k: sum(p.weight * log_of(p.scores[k]) for p in self.predictions) for k in self.labels}
        whole = mean(self.predictions)[self.label]
        found = []
        for p in self.predictions:
            rest = total - p.weight
            logs = (
                {k: (of_all - p.weight * log_of(p.scores[k])) / rest for k, of_all in sums.items()} if rest > 0 else {}
            )
            found.append(whole - normalised(logs)[self.label] if logs else 0.0)
        return tuple(found)

    # These methods are shortcuts for notebooks. They import mien.report late, because the nouns must not depend on it.

    def save(self, path: str | os.PathLike[str], lang: str = "en") -> None:
        """Write a file, completely or not at all. Its ending chooses the format: .json, .csv, .vtt, .html, .txt or a plugin's.

        Args:
            path: path of the file; an existing file is replaced.
            lang: language of the sentences, "en" or "zh".

        Raises:
            InputError: no exporter has this ending, the exporter lacks a package, or the file cannot be written.
        """
        from mien.report.files import save

        save(self, Path(path), lang)

    def to_dict(self) -> dict[str, Any]:
        """Plain values in the form `mien.timeline/1`; see docs/timeline.md."""
        from mien.report.exporters.json import as_table

        return as_table(self)

    def to_json(self) -> str:
        """JSON in the form `mien.timeline/1`."""
        from mien.report.files import text_of

        return text_of(self, "json")

    def to_html(self, lang: str = "en") -> str:
        """An HTML page that opens offline in any browser; it does not play the clip. It needs Jinja2, see ``save``."""
        from mien.report.files import text_of

        return text_of(self, "html", lang)

    def to_pandas(self) -> DataFrame:
        """A table with one row for each segment and the columns of the CSV file. Absent numbers are NaN.

        Raises:
            InputError: pandas is not installed.
        """
        from mien.report.notebook import frame

        return frame(self)

    def to_arrow(self) -> Table:
        """A table of Arrow with one row for each segment, as in `mien.segments/1` (docs/scale.md); it needs pyarrow."""
        from mien.report.segments import table_of

        return table_of(self)

    def _repr_html_(self) -> str:
        """HTML for a notebook: one line of summary, and the first segments."""
        from mien.report.notebook import fragment

        return fragment(self)
