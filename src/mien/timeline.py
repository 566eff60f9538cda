"""The nouns of an answer: what is said of each span of a clip, and of the whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.events import Notice
from mien.types import EMOTION, EMOTIONS, MODALITIES, Modality, Span

if TYPE_CHECKING:
    from pandas import DataFrame

SURE = 0.5
"""A label less probable than this is no clear answer."""
_SHORTEST = 0.1  # seconds
_OTHER_AT_MOST = 0.25  # what a modality in conflict may give to the other's label


@dataclass(frozen=True)
class Opinion:
    """What one modality alone says most, and how surely."""

    modality: Modality
    label: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The answer for one span of one person.

    Attributes:
        span: what it is about.
        who: the person, or ``None``.
        text: the words said; empty when there are none.
        label: the most probable expressed emotion, or label of another task; see ``Timeline.task``.
        scores: calibrated probability of every label.
        valence: -1 (unpleasant) to 1 (pleasant); ``None`` where labels are no emotions and have no place there.
        arousal: -1 (calm) to 1 (excited); ``None`` like ``valence``.
        shares: how much each modality that is present counted: absolute contributions as parts of 1.
        opinions: what each modality alone says: {modality: {label: probability}}.
        quality: what was measured of each input: {modality: {name: value}}.
        contributions: signed Shapley values: how far each modality moved the probability of ``label``; together, from what the
            bundle answers to nothing to what it answers to all. Empty when not asked for.
        interactions: Shapley interaction index of each pair of modalities present.
        label_set: labels that hold the right one at the bundle's coverage (90 % unless its card says otherwise), most
            probable first; empty when the bundle has no such sets.
        uncertain: ``label`` is a best guess only, not probable enough to be relied on.
        reasons: what makes the answer less sure, by ``mien.trust.guard.REASONS``.
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

    @property
    def weight(self) -> float:
        """How much it counts in means over the clip: its seconds; a still counts as a tenth of one."""
        return max(self.span.duration, _SHORTEST)

    @property
    def conflict(self) -> tuple[Opinion, Opinion] | None:
        """Two modalities that point to different emotions: each at least half sure of its own, and giving the other's at most
        a quarter. Of several such pairs the surest; ``None`` when they agree, or are too unsure to disagree.
        """
        said = {m: self.opinions[m] for m in MODALITIES if self.opinions.get(m)}
        tops = [Opinion(m, top, o[top]) for m, o in said.items() for top in [best(o)]]
        pairs = [
            (a, b)
            for a, b in combinations(tops, 2)
            if a.label != b.label
            and min(a.probability, b.probability) >= SURE
            and said[a.modality].get(b.label, 0.0) <= _OTHER_AT_MOST
            and said[b.modality].get(a.label, 0.0) <= _OTHER_AT_MOST
        ]
        return max(pairs, key=lambda pair: pair[0].probability + pair[1].probability, default=None)


def best(scores: Mapping[str, float]) -> str:
    """The most probable label."""
    return max(scores, key=lambda label: scores[label])


def mean(predictions: Sequence[Prediction]) -> dict[str, float]:
    """Mean probabilities, weighted by duration; empty where there are no predictions."""
    total = sum(p.weight for p in predictions)
    labels = predictions[0].scores if predictions else ()
    return {label: sum(p.weight * p.scores[label] for p in predictions) / total for label in labels}


@dataclass(frozen=True)
class Timeline:
    """All answers about one clip, in order of time.

    ``label`` and ``scores`` summarise the clip (means weighted by duration); ``None`` and empty when nothing could be
    read. ``notices`` say what was missing, each once; ``notes`` what the user of the bundle must know. ``task`` is the task of
    the bundle that the labels are of.
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

    @property
    def labels(self) -> tuple[str, ...]:
        """Those of the answers; where there are none, the seven emotions if those were asked for, else nothing."""
        if self.predictions:
            return tuple(self.predictions[0].scores)
        return EMOTIONS if self.task == EMOTION.name else ()

    @property
    def influences(self) -> tuple[float, ...]:
        """How far each segment moved the summary: probability of ``label`` on the whole, minus what it would be without this
        segment. Exact, since the summary is a mean; empty when there is none, 0 for a segment that is alone.
        """
        if self.label is None:
            return ()
        weights = [p.weight for p in self.predictions]
        values = [p.scores[self.label] for p in self.predictions]
        total, mean = sum(weights), self.scores[self.label]
        rests = [total - w for w in weights]
        # What the others' mean is without w * v: (total * mean - w * v) / rest.
        return tuple(
            mean - (total * mean - w * v) / rest if rest > 0 else 0.0
            for w, v, rest in zip(weights, values, rests, strict=True)
        )

    # Doors to the room of the reports, for a notebook. They are lazy: nothing here needs that room.

    def save(self, path: str | os.PathLike[str], lang: str = "en") -> None:
        """Write a file, whole or not at all. Its ending says what: .json, .csv, .vtt, .html, .txt, or that of a plugin.

        Args:
            path: of the file; one that is there is replaced.
            lang: the language for sentences: "en" or "zh".

        Raises:
            InputError: no exporter has this ending, it lacks something, or the file cannot be written.
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
        """A page that opens offline in any browser; it does not play the clip.

        Raises:
            InputError: what the page needs is not installed, or there is no such language.
        """
        from mien.report.files import text_of

        return text_of(self, "html", lang)

    def to_pandas(self) -> DataFrame:
        """One row for each segment, with the columns of the CSV file. Absent numbers are NaN.

        Raises:
            InputError: pandas is not installed.
        """
        from mien.report.notebook import frame

        return frame(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: one line of summary, and the first segments."""
        from mien.report.notebook import fragment

        return fragment(self)
