"""One turn: what somebody said and showed, and what that expresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mien.errors import MienError
from mien.types import MODALITIES, Modality, Span
from mien.workflows.live.session import Said


@dataclass(frozen=True)
class Turn:
    """An utterance, or a stretch with a face and no speech.

    Attributes:
        kind: "final" when it is over; "partial" is the answer so far, and the next one about the person takes its place.
        who: the person; ``None`` when people could not be told apart.
        span: when it is, in seconds from the start of the source.
        words: what was said; "" where nothing was said, or nothing is known yet.
        label: the most probable expressed emotion of this turn.
        scores: calibrated probability of every label.
        shown: what to show of the person now. It is steadier than ``label``: the label of a running mean, with hysteresis.
        changed: whether ``shown`` has just changed.
        valence: -1 (unpleasant) to 1 (pleasant); ``None`` where the labels have no known valence.
        arousal: -1 (calm) to 1 (excited); ``None`` where ``valence`` is ``None``.
        uncertain: whether ``label`` is only a guess.
        reasons: codes of what makes the answer less sure, from ``mien.trust.guard.REASONS``.
        modalities: what was read, in the usual order.
        latency: seconds from the arrival of the turn's last piece to its answer (of a partial one: of the newest piece that
            had been read); ``None`` for a source that does not come in live, and where it is not known.
    """

    kind: Literal["partial", "final"]
    who: str | None
    span: Span
    words: str
    label: str
    scores: Mapping[str, float]
    shown: str
    changed: bool
    valence: float | None
    arousal: float | None
    uncertain: bool
    reasons: tuple[str, ...]
    modalities: tuple[Modality, ...]
    latency: float | None

    def sure(self, label: str, threshold: float) -> bool:
        """Whether ``label`` is the most probable one, is no guess, and has at least the probability ``threshold``."""
        return self.label == label and not self.uncertain and self.scores[label] >= threshold


def turn_of(said: Said) -> Turn:
    """The turn of an answer of a live session."""
    p = said.prediction
    return Turn(
        "final" if said.final else "partial",
        p.who,
        p.span,
        p.text,
        p.label,
        p.scores,
        said.shown.label,
        said.shown.changed,
        p.valence,
        p.arousal,
        p.uncertain,
        p.reasons,
        tuple(m for m in MODALITIES if m in p.opinions),
        said.latency,
    )


def turn_of_message(message: Mapping[str, Any]) -> Turn:
    """The turn of a ``partial`` or ``final`` message of `mien.live/1`.

    Raises:
        MienError: it has not that form.
    """
    try:
        answer, shown = message["answer"], message["shown"]
        return Turn(
            message["type"],
            answer["who"],
            Span(answer["start"], answer["end"]),
            answer["text"],
            answer["emotion"]["label"],
            answer["emotion"]["scores"],
            shown["label"],
            shown["changed"],
            answer["valence"],
            answer["arousal"],
            answer["uncertain"],
            tuple(answer["reasons"]),
            tuple(m for m in MODALITIES if m in answer["opinions"]),
            message["latency"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MienError(
            "the server told an answer that is none of mien.live/1; it may be of another version"
        ) from error
