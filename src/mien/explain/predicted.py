"""Puts the answer of a bundle into the form of the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.bundle.answer import Answer
from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.emotions import expected
from mien.explain import contributions
from mien.explain.tracked import boxes_of
from mien.timeline import Prediction, best
from mien.types import Modality, Segment, Task


def predicted(
    bundle: Bundle,
    task: Task,
    segment: Segment,
    answer: Answer,
    encoded: Mapping[Modality, EncodedTracks],
    missing: Sequence[str],
) -> Prediction:
    """An answer as the timeline holds it, with what each modality contributed.

    Args:
        bundle: gave the answer.
        task: a task of the bundle that is answered with one label.
        segment: what was answered; its boxes are told where it still has its pictures.
        answer: the answer.
        encoded: the encoded tracks of the segment, for their quality.
        missing: reasons that the bundle does not know, such as words in a language that it cannot read.
    """
    labels = task.labels
    scores = dict(zip(labels, map(float, answer.scores[task.name]), strict=True))
    valence, arousal = expected(scores, bundle.positions)
    label = best(scores)
    values = {s: float(found[task.name][labels.index(label)]) for s, found in answer.subsets.items()}
    contributed = contributions.contributions(values)
    uncertain = task.name in answer.uncertain
    return Prediction(
        span=segment.span,
        who=segment.who,
        text=segment.words.text if segment.words is not None else "",
        language=segment.words.language if segment.words is not None else None,
        label=label,
        scores=scores,
        valence=valence,
        arousal=arousal,
        shares=contributions.shares(contributed),
        opinions={m: dict(zip(labels, map(float, o[task.name]), strict=True)) for m, o in answer.opinions.items()},
        quality={
            m: dict(zip(bundle.encoders[m].quality_names, map(float, e.quality[0]), strict=True))
            for m, e in encoded.items()
        },
        contributions=contributed,
        interactions=contributions.interactions(values),
        label_set=answer.label_sets[task.name],
        subsets={s: tuple(map(float, found[task.name])) for s, found in answer.subsets.items()},
        uncertain=uncertain,
        faces=boxes_of(segment.frames),
        reasons=(*(["low_confidence"] if uncertain else ()), *answer.reasons, *missing),
    )
