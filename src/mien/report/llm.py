"""What a language model said, as plain values for files, and as sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mien.llms.opinion.nouns import LlmOpinion, LlmRecord
from mien.report.clock import clock
from mien.report.language import Language
from mien.timeline import Prediction, Timeline, best
from mien.vocabulary.words import coverage, family_of, place_of

_SHOWN = 8  # free words that a table shows


def record_table(record: LlmRecord | None, predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Which language model worked on a clip, how, and what it cost; ``LlmRecord`` as plain values, with its free words."""
    if record is None:
        return {}
    table = {**vars(record), "sent": list(record.sent), "cost": _cost(record)}
    said = [word for p in predictions if p.llm is not None for word in p.llm.words]
    if said:
        known, count = coverage(said)
        table["vocabulary"] = {"words": count, "known": known}
    return {"llm": table}


def _cost(record: LlmRecord) -> dict[str, Any]:
    return {**vars(record.cost), "seconds": round(record.cost.seconds, 3)}


def opinion_table(p: Prediction) -> dict[str, Any]:
    """What a language model said about a moment, as plain values; empty where none was asked."""
    said = p.llm
    if said is None:
        return {}
    place = place_of(said.words)
    table = {
        "scores": _rounded(said.scores),
        "method": said.method or None,
        "valid": said.valid,
        "share": round(said.share, 6),
        "contribution": round(said.contribution, 6) + 0.0,
        "given": list(said.given),
        "claim": said.claim,
        "because": list(said.because),
        "without": {m: _rounded(scores) for m, scores in said.without.items()},
        "doubts": list(said.doubts),
        "words": [_word(word, share) for word, share in said.words.items()],
        "words_valence": None if place is None else round(place[0], 6) + 0.0,
        "words_arousal": None if place is None else round(place[1], 6) + 0.0,
        "tokens": {"read": said.cost.read, "written": said.cost.written},
        "seconds": round(said.cost.seconds, 3),
    }
    return {"llm": table}


def _word(word: str, share: float) -> dict[str, Any]:
    family = family_of(word)
    if family is None:
        return {"word": word, "share": round(share, 6), "known": False, "label": None, "valence": None, "arousal": None}
    valence, arousal = family.place
    return {
        "word": word,
        "share": round(share, 6),
        "known": True,
        "label": family.label or None,
        "valence": valence,
        "arousal": arousal,
    }


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {label: round(value, 6) for label, value in scores.items()}


def words_of(p: Prediction, say: Language) -> str:
    """The free words of a moment; those that mien does not know stand in brackets."""
    words = [] if p.llm is None else list(p.llm.words)[:_SHOWN]
    return say("numbers.comma").join(word if family_of(word) is not None else f"({word})" for word in words)


def summary(timeline: Timeline, say: Language) -> list[str]:
    """Lines on what a language model did for a clip; none where none was asked."""
    record = timeline.llm
    if record is None:
        return []
    cost = record.cost
    facts = {
        "model": record.model,
        "place": record.place,
        "answered": record.answered,
        "all": record.moments,
        "asked": cost.asked,
        "cached": cost.cached,
        "tokens": f"{cost.read + cost.written:,}",
        "time": say.span_of_time(cost.seconds),
    }
    lines = [
        say("llm.summary", **facts),
        say("llm.alone" if record.alone else "llm.joined", weight=f"{record.weight:.2g}"),
    ]
    lines += [say("llm.unknown")] if any("(" in words_of(p, say) for p in timeline.predictions) else []
    return lines


def opinion(p: Prediction, record: LlmRecord, say: Language) -> list[str]:
    """Lines on what a language model says of one moment: its label, its words, its claim, and the tests of that."""
    said, facts = p.llm, {"model": record.model, "place": record.place}
    if said is None or not said.scores:
        return [say("llm.silent", **facts)]
    label = best(said.scores)
    how = say(f"llm.by_{said.method}", n=said.valid)
    lines = [say("llm.says", label=say.label(label), share=say.about(said.scores[label]), how=how, **facts)]
    lines += [say("llm.its_words", list=words_of(p, say))] if said.words else []
    lines += [say("llm.claims", claim=said.claim)] if said.claim else []
    because = say("numbers.comma").join(say.modality(m) for m in said.because)
    lines.append(say("llm.rests", list=because) if because else say("llm.rests_on_nothing"))
    lines.append(say("llm.tested", list=deletions(said, say)) if said.without else say("llm.untested"))
    lines += [f"{say('llm.disagree')} {doubts(said, say)}"] if said.doubts else []
    return lines


def claims(timeline: Timeline, say: Language, most: int) -> list[str]:
    """Lines on the moments whose stated reason and evidence disagree, at most so many."""
    found = [(p, p.llm) for p in timeline.predictions if p.llm is not None and p.llm.doubts]
    lines = [say("llm.doubted", where=clock(p.span.start, 1), why=doubts(said, say)) for p, said in found[:most]]
    return lines + ([say("llm.more_doubts", n=len(found) - most)] if len(found) > most else [])


def doubts(said: LlmOpinion, say: Language) -> str:
    """Why a stated reason is in doubt."""
    return say("numbers.comma").join(say(f"llm.{code}") for code in said.doubts)


def deletions(said: LlmOpinion, say: Language) -> str:
    """What the answer becomes without each input; "" where this was not tested."""
    label = best(said.scores) if said.scores else ""
    parts = [
        say("llm.without", modality=say.modality(m), label=say.label(label), share=say.about(scores[label]))
        for m, scores in said.without.items()
    ]
    return say("numbers.comma").join(parts)
