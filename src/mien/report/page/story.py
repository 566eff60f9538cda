"""Tells a timeline in plain sentences. They say only what its numbers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.emotions import pooled
from mien.report.clock import clock
from mien.report.language import Language
from mien.timeline import SURE, Prediction, Timeline, best, mean
from mien.types import MODALITIES, Modality

_OUTSTANDING = 3  # moments that the summary names
_NAMED = 4  # people whose names the summary gives


@dataclass(frozen=True)
class Person:
    """One person of the clip: number of moments, seconds, and means over the moments, weighted by duration."""

    who: str | None
    count: int
    seconds: float
    scores: Mapping[str, float]
    valence: float | None
    arousal: float | None

    @property
    def label(self) -> str:
        """The most probable label over all moments."""
        return best(self.scores)


def people(timeline: Timeline) -> list[Person]:
    """All people in order of appearance. Unknown people count as one."""
    found = []
    for who in dict.fromkeys(p.who for p in timeline.predictions):
        mine = [p for p in timeline.predictions if p.who == who]
        weights = [p.weight for p in mine]
        valence, arousal = (_mean(weights, [getattr(p, k) for p in mine]) for k in ("valence", "arousal"))
        found.append(Person(who, len(mine), sum(p.span.duration for p in mine), mean(mine), valence, arousal))
    return found


def _mean(weights: Sequence[float], values: Sequence[float | None]) -> float | None:
    """The weighted mean; ``None`` when a value is ``None``, because labels that are not emotions have no valence."""
    known = [v for v in values if v is not None]
    if len(known) < len(values):
        return None
    return sum(w * v for w, v in zip(weights, known, strict=True)) / sum(weights)


def alone(timeline: Timeline) -> dict[Modality, dict[str, float]]:
    """What each modality alone says about the whole clip: its mean opinion, weighted by duration."""
    having = {m: [(p.weight, p.opinions[m]) for p in timeline.predictions if p.opinions.get(m)] for m in MODALITIES}
    return {m: pooled(opinions) for m, opinions in having.items() if opinions}


def shares(predictions: Sequence[Prediction]) -> dict[Modality, float]:
    """The mean share of each modality, weighted by duration. A modality that is always absent is left out."""
    total = sum(p.weight for p in predictions)
    found = {m: sum(p.weight * p.shares.get(m, 0.0) for p in predictions) / (total or 1.0) for m in MODALITIES}
    return {m: share for m, share in found.items() if any(m in p.shares for p in predictions)}


def summary(timeline: Timeline, say: Language) -> str:
    """One paragraph that sums up the whole timeline."""
    if timeline.label is None or not timeline.predictions:
        return say("story.nothing")
    sentences = [
        _overall(timeline, say),
        *_of_people(timeline, say),
        *_change(timeline, say),
        *_clearest(timeline, say),
    ]
    sentences += _counted(timeline, say)
    doubtful = sum(p.uncertain for p in timeline.predictions)
    many = say.count("moments", len(timeline.predictions))
    if doubtful:
        sentences.append(say("story.unsure", n=say.count("of_them", doubtful), all=many))
    opposed = sum(p.conflict is not None for p in timeline.predictions)
    if opposed:
        sentences.append(say("story.conflicts", n=say.count("moments", opposed)))
    return say("story.space").join(sentences)


def _overall(timeline: Timeline, say: Language) -> str:
    first, *others = sorted(timeline.scores, key=lambda k: -timeline.scores[k])
    key = "story.mostly" if timeline.scores[first] >= SURE else "story.mixed"
    sentence = say(key, label=say.name_of("labels", first), about=say.about(timeline.scores[first]))
    near = [_with_about(k, timeline.scores[k], say) for k in others[:2] if timeline.scores[k] >= 0.1]
    return sentence + (say("story.then", others=say.join(near)) if near else "") + say("story.stop")


def _with_about(label: str, probability: float, say: Language) -> str:
    return say("story.label", label=say.name_of("labels", label), about=say.about(probability))


def _of_people(timeline: Timeline, say: Language) -> list[str]:
    everybody = people(timeline)
    named = [p for p in everybody if p.who is not None]
    if len(everybody) < 2 or not named:
        return []
    most = sorted(named, key=lambda p: -p.seconds)[:_NAMED]
    said = [
        say("story.person", who=say.person(p.who), what=_with_about(p.label, p.scores[p.label], say))
        for p in everybody
        if p in most
    ]
    if len(most) < len(named) and not most[0].seconds:
        return []  # in a picture of many people nobody is seen longer than the others
    if len(most) < len(named):
        return [say("story.some", n=len(most), list=say.join(said))]
    return [say("story.people", list=say.join(said))]


def _change(timeline: Timeline, say: Language) -> list[str]:
    """A sentence on how the last third differs from the first, when both have a clear label; else empty."""
    third = timeline.duration / 3
    early = mean([p for p in timeline.predictions if p.span.end <= third])
    late = mean([p for p in timeline.predictions if p.span.start >= 2 * third])
    if not early or not late:
        return []
    before, after = best(early), best(late)
    if before == after or early[before] < SURE or late[after] < SURE:
        return []
    labels = {"before": say.name_of("labels", before), "after": say.name_of("labels", after)}
    return [say("story.change", **labels)]


def _clearest(timeline: Timeline, say: Language) -> list[str]:
    """A sentence on the surest moments that are not neutral; empty when there are too few moments to compare."""
    told = [p for p in timeline.predictions if p.label != "neutral" and p.scores[p.label] >= SURE]
    if timeline.duration == 0 or len(timeline.predictions) < 3 or not told:
        return []
    if timeline.label == "neutral":
        # Neutral is the ground; what matters is what stands out from it.
        first = sorted(sorted(told, key=lambda p: -p.scores[p.label])[:_OUTSTANDING], key=lambda p: p.span)
        moments = [
            say("story.moment", time=clock(p.span.start), what=_with_about(p.label, p.scores[p.label], say))
            for p in first
        ]
        return [say("story.outstanding", list=say.join(moments))]
    top = max(told, key=lambda p: p.scores[p.label])
    return [say("story.clearest", time=clock(top.span.start), what=_with_about(top.label, top.scores[top.label], say))]


def _counted(timeline: Timeline, say: Language) -> list[str]:
    found = shares(timeline.predictions)
    if len(found) < 2:
        return [say("story.only", modality=say.name_of("modalities", m)) for m in found]
    parts = [
        say("story.share", modality=say.name_of("modalities", m), about=say.about(share)) for m, share in found.items()
    ]
    return [say("story.shares", list=say.join(parts))]
