"""What speaks against the reason that a language model states. A reason is a claim; it is compared with what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from mien.llms.opinion.nouns import LlmOpinion
from mien.timeline import SURE, best
from mien.types import MODALITIES, Modality

DOUBTS = ("claims_absent", "claims_unused", "uses_unclaimed", "against_measured")
"""Codes of doubts: the claim names an input that was not there; leaving out an input that it names changes nothing; leaving out
one that it does not name changes the answer; small models clearly read something else in every input that it names."""

_STILL = 0.05  # a change of the label's probability below this is none
_MOVED = 0.2  # a change above this is clear
_OTHER_AT_MOST = 0.25  # largest probability that a clear other opinion gives to the label


def doubts(opinion: LlmOpinion, measured: Mapping[Modality, Mapping[str, float]]) -> tuple[str, ...]:
    """The codes that hold for an opinion, in the order of ``DOUBTS``.

    Args:
        opinion: of the language model.
        measured: what small models said, {input: {label: probability}}.
    """
    if not opinion.scores or not opinion.because:
        return ()
    label = best(opinion.scores)
    moved = {m: opinion.scores[label] - scores[label] for m, scores in opinion.without.items()}
    clear = [o for m in opinion.because if (o := measured.get(m))]
    found = {
        "claims_absent": any(m not in opinion.given for m in opinion.because),
        "claims_unused": any(abs(moved[m]) < _STILL for m in opinion.because if m in moved),
        "uses_unclaimed": any(abs(moved[m]) > _MOVED for m in MODALITIES if m in moved and m not in opinion.because),
        "against_measured": bool(clear) and all(_against(scores, label) for scores in clear),
    }
    return tuple(code for code in DOUBTS if found[code])


def _against(scores: Mapping[str, float], label: str) -> bool:
    top = best(scores)
    return top != label and scores[top] >= SURE and scores.get(label, 0.0) <= _OTHER_AT_MOST
