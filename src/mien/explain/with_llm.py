"""Joins the opinion of a language model with an answer: one more opinion in the log-linear pool, or the only one.

The pool is p(y) ~ v_S(y) * p_llm(y) ** weight, where v_S is the answer of the bundle to the modalities S (Genest and Zidek
1986). Answers expect every label as often, so the prior of the language model's probabilities is even, too. The Shapley values
are exact: the language model is one more player, beside the modalities, in all subsets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mien.emotions import expected
from mien.explain import contributions
from mien.llms.opinion.calibration import pooled
from mien.llms.opinion.nouns import LlmOpinion, LlmRecord
from mien.timeline import SURE, Prediction, Source, Timeline, best, mean
from mien.types import MODALITIES

Positions = Mapping[str, tuple[float, float]]

NO_ANSWER = "llm_no_answer"
"""The reason of a moment about which the language model gave no valid answer. The answer of the small models stands."""


def joined(prediction: Prediction, opinion: LlmOpinion, positions: Positions, weight: float, alone: bool) -> Prediction:
    """An answer with the opinion of a language model in it.

    Label sets are left out, because their coverage was fitted without a language model. The answer is uncertain where its
    label is less probable than one half.

    Args:
        prediction: the answer of the bundle.
        opinion: about the same moment. Without scores, the answer stays as it is, with the reason ``NO_ANSWER``.
        positions: valence and arousal of the labels; see ``mien.emotions.expected``.
        weight: of the opinion in the pool.
        alone: whether the opinion replaces the answer.
    """
    if not opinion.scores:
        return replace(prediction, llm=opinion, reasons=(*prediction.reasons, NO_ANSWER))
    scores = dict(opinion.scores) if alone else pooled(prediction.scores, opinion.scores, weight)
    scores = {label: scores[label] for label in prediction.scores}
    label = best(scores)
    values = {} if alone else values_of(prediction, opinion, weight, label)
    contributed: dict[Source, float] = contributions.contributions(values) if values else {"llm": 0.0}
    shares = contributions.shares(contributed)
    pairs = contributions.interactions(values) if values else {}
    valence, arousal = expected(scores, positions)
    uncertain = scores[label] < SURE
    others = tuple(r for r in prediction.reasons if r != "low_confidence")
    return replace(
        prediction,
        label=label,
        scores=scores,
        valence=valence,
        arousal=arousal,
        shares={m: shares[m] for m in MODALITIES if m in shares},
        contributions={m: contributed[m] for m in MODALITIES if m in contributed},
        interactions={(a, b): v for (a, b), v in pairs.items() if a != "llm" and b != "llm"},
        label_set=(),
        uncertain=uncertain,
        reasons=(*(["low_confidence"] if uncertain else ()), *others),
        llm=replace(opinion, share=shares["llm"], contribution=contributed["llm"]),
    )


def values_of(prediction: Prediction, opinion: LlmOpinion, weight: float, label: str) -> dict[frozenset[Source], float]:
    """The probability of a label for every subset of the modalities, without the language model and with it.

    Args:
        prediction: the answer of the bundle, with its ``subsets``.
        opinion: with scores.
        weight: of the opinion in the pool.
        label: one of the labels.
    """
    found: dict[frozenset[Source], float] = {}
    for subset, row in prediction.subsets.items():
        scores = dict(zip(prediction.scores, row, strict=True))
        found[frozenset(subset)] = scores[label]
        found[frozenset({*subset, "llm"})] = pooled(scores, opinion.scores, weight)[label]
    return found


def whole(
    timeline: Timeline, opinions: Sequence[LlmOpinion | None], positions: Positions, record: LlmRecord
) -> Timeline:
    """A timeline with the opinions of a language model in it.

    Args:
        timeline: of a bundle.
        opinions: about its moments, in the same order; ``None`` where there is none.
        positions: valence and arousal of the labels.
        record: of the language model.
    """
    pairs = zip(timeline.predictions, opinions, strict=True)
    predictions = tuple(p if o is None else joined(p, o, positions, record.weight, record.alone) for p, o in pairs)
    scores = mean(predictions)
    valence, arousal = expected(scores, positions)
    label = best(scores) if scores else None
    return replace(
        timeline, predictions=predictions, scores=scores, label=label, valence=valence, arousal=arousal, llm=record
    )
