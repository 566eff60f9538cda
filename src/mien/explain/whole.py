"""Joins the answers to all moments into the timeline of a clip."""

from __future__ import annotations

from collections.abc import Sequence

from mien.bundle.bundle import Bundle
from mien.emotions import expected
from mien.events import Notice
from mien.explain.tracked import Portraits
from mien.media.segmenting import Opened
from mien.person import numbered
from mien.timeline import Prediction, Timeline, best, mean
from mien.types import Task


def whole(
    bundle: Bundle,
    task: Task,
    clip: Opened,
    predictions: Sequence[Prediction],
    notices: Sequence[Notice],
    portraits: Portraits,
) -> Timeline:
    """The timeline of a clip.

    Args:
        bundle: gave the answers.
        task: the task that was answered.
        clip: its name and length.
        predictions: the answers, in any order.
        notices: what was missing.
        portraits: of its people.
    """
    scores = mean(predictions)
    valence, arousal = expected(scores, bundle.positions)
    return Timeline(
        source=clip.name,
        duration=max([clip.duration, *(p.span.end for p in predictions)]),
        bundle=bundle.name,
        bundle_sha256=bundle.sha256,
        predictions=tuple(sorted(predictions, key=lambda p: (p.span, numbered(p.who)))),
        label=best(scores) if scores else None,
        scores=scores,
        valence=valence,
        arousal=arousal,
        notices=tuple(notices),
        notes=bundle.notes,
        task=task.name,
        portraits={who: portraits.found[who] for who in sorted(portraits.found, key=numbered)},
    )
