"""Which label is shown of each person: one that does not flicker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mien.timeline import Prediction, best

_HALF = 1.5  # seconds after which an old answer counts half beside a new one
_MARGIN = 0.12  # how much more probable another label must be to replace the one that is shown
_HALF_SOFAR = 0.5  # the same for answers so far about one utterance, beside one another
_SAME = 0.1  # seconds; answers so far that begin closer together are about one utterance
_SHORTEST = 0.2  # seconds that an answer counts at least


class Shown(NamedTuple):
    """What is shown of a person: a label, the mean of the probabilities, and whether the label has just changed."""

    label: str
    scores: Mapping[str, float]
    changed: bool


class Steady:
    """Keeps a running mean of the answers of each person, and shows its label with hysteresis.

    A label replaces the one that is shown only when the mean gives it clearly more. So an answer of a short moment, or two
    labels that are about as probable, do not make what is shown jump.
    """

    def __init__(self) -> None:
        self._means: dict[str | None, dict[str, float]] = {}
        self._labels: dict[str | None, str] = {}
        self._sofar: dict[
            str | None, tuple[float, float, Mapping[str, float]]
        ] = {}  # start, end, mean of answers so far

    def show(self, p: Prediction) -> Shown:
        """What is shown of the person after this answer."""
        self._sofar.pop(p.who, None)
        self._means[p.who] = mean = self._mean(p, p.scores)
        return self._shown(p.who, mean)

    def glance(self, p: Prediction) -> Shown:
        """What is shown of the person after this answer, which is one so far: the next one takes its place in the mean.

        The first answers about an utterance jump, so they count as the mean of the last half second or so.
        """
        start, end, before = self._sofar.get(p.who, (p.span.start, p.span.end, p.scores))
        if abs(start - p.span.start) > _SAME or end > p.span.end:
            start, end, before = p.span.start, p.span.end, p.scores
        kept = 0.5 ** ((p.span.end - end) / _HALF_SOFAR)
        scores = {label: kept * before.get(label, 0.0) + (1 - kept) * score for label, score in p.scores.items()}
        self._sofar[p.who] = start, p.span.end, scores
        return self._shown(p.who, self._mean(p, scores))

    def _mean(self, p: Prediction, scores: Mapping[str, float]) -> dict[str, float]:
        old = self._means.get(p.who)
        kept = 0.0 if old is None else 0.5 ** (max(p.span.duration, _SHORTEST) / _HALF)
        return {label: kept * (old or {}).get(label, 0.0) + (1 - kept) * score for label, score in scores.items()}

    def _shown(self, who: str | None, mean: Mapping[str, float]) -> Shown:
        top, before = best(mean), self._labels.get(who)
        changes = before is None or mean[top] > mean.get(before, 0.0) + _MARGIN
        self._labels[who] = label = top if changes or before is None else before
        return Shown(label, mean, label != before)
