"""Asking about a moment: samples, repairs, the cache, deletion tests, and answers that never come."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mien.llms.base import Capabilities, Llm, Question, Reply, Text, Token, UnansweredError
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.claims import doubts
from mien.llms.opinion.nouns import Cost, LlmOpinion
from mien.llms.opinion.prompt import Subject
from mien.types import EMOTION, Segment, Span, Word, Words

LABELS = EMOTION.labels
SPAN = Span(0.0, 1.0)
SUBJECT = Subject(
    Segment(SPAN, None, Words((Word("oh no", SPAN),), "en")),
    (),
    {"text": {"sad": 0.9, "happy": 0.1}, "voice": {"sad": 1.0}},
)


class Scripted(Llm):
    """Answers from a function; keeps what it was asked."""

    def __init__(self, answer: Callable[[Question], str], logprobs: bool = False) -> None:
        self.model, self.place, self.asked = "scripted", "here", list[Question]()
        self._answer, self._logprobs = answer, logprobs

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(logprobs=self._logprobs)

    def ask(self, question: Question) -> Reply:
        self.asked.append(question)
        text = self._answer(question)
        odds = (("sad", math.log(0.9)), ("happy", math.log(0.1)))
        return Reply(text, (Token('{"label": "', ()), Token("sad", odds)) if question.logprobs else (), 50, 10, 0.5)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))


def said(label: str, *because: str) -> str:
    return json.dumps({"label": label, "because": list(because), "reason": f"It is {label}."})


def each(*answers: str) -> Callable[[Question], str]:
    left: Iterator[str] = iter(answers)
    return lambda _: next(left)


def test_samples_have_their_own_seeds_and_give_shares() -> None:
    llm = Scripted(each(said("sad", "text"), said("happy"), said("sad", "text")))
    found = Asker(llm, LABELS, HowToAsk(samples=3, seed=7)).about(SUBJECT)
    assert [q.seed for q in llm.asked] == [7, 8, 9]
    assert {q.temperature for q in llm.asked} == {1.0}
    assert found.scores["sad"] == pytest.approx((2 + 1 / 7) / 4)
    assert sum(found.scores.values()) == pytest.approx(1.0)
    assert (found.claim, found.because, found.valid) == ("It is sad.", ("text",), 3)
    assert found.cost == Cost(asked=3, read=150, written=30, seconds=1.5)


def test_token_probabilities_need_one_answer() -> None:
    llm = Scripted(lambda _: said("sad"), logprobs=True)
    found = Asker(llm, LABELS, HowToAsk(samples=0)).about(SUBJECT)
    assert found.method == "logprobs"
    assert found.scores["sad"] == pytest.approx(0.9 / (1 + 5e-4))
    assert len(llm.asked) == 1
    asker = Asker(Scripted(lambda _: said("sad")), LABELS, HowToAsk(samples=0))
    assert asker.how.samples == 5, "without token probabilities, samples are taken"
    assert [n.code for n in asker.notices] == ["llm_no_logprobs", "llm_uncalibrated"]


def test_an_answer_that_is_not_valid_is_repaired_once() -> None:
    llm = Scripted(each("I think sad", said("sad")))
    found = Asker(llm, LABELS, HowToAsk(samples=1)).about(SUBJECT)
    assert found.valid == 1
    assert (found.cost.asked, found.cost.repaired, found.cost.invalid) == (2, 1, 0)
    assert [m.role for m in llm.asked[1].messages] == ["system", "user", "assistant", "user"]


def test_no_answer_is_made_up() -> None:
    llm = Scripted(lambda _: "happy happy")
    asker = Asker(llm, LABELS, HowToAsk(samples=2))
    found = asker.about(SUBJECT)
    assert (found.scores, found.valid, found.method, found.claim) == ({}, 0, "", "")
    assert (found.cost.asked, found.cost.invalid) == (4, 2)
    record = asker.record([found])
    assert (record.moments, record.answered) == (1, 0)
    silent = next(n for n in asker.told(record) if n.code == "llm_silent")
    assert dict(silent.values) == {"count": 1, "all": 1}


def test_a_question_without_an_answer_is_counted_with_its_reason() -> None:
    def refuse(_: Question) -> str:
        raise UnansweredError("context is too long")

    asker = Asker(Scripted(refuse), LABELS, HowToAsk(samples=2))
    found = asker.about(SUBJECT)
    assert (found.valid, found.cost.failed) == (0, 2)
    told = next(n for n in asker.told(asker.record([found])) if n.code == "llm_failed")
    assert dict(told.values) == {"why": "context is too long", "count": 2, "all": 2}


def test_what_was_asked_before_is_known() -> None:
    llm = Scripted(lambda _: said("sad"))
    first = Asker(llm, LABELS, HowToAsk(samples=2)).about(SUBJECT)
    again = Asker(llm, LABELS, HowToAsk(samples=3)).about(SUBJECT)
    assert len(llm.asked) == 3, "two of the three answers are from before"
    assert (again.cost.asked, again.cost.cached, again.cost.read) == (3, 2, 50)
    assert first.cost.cached == 0
    Asker(llm, LABELS, HowToAsk(samples=2, temperature=0.5)).about(SUBJECT)
    assert len(llm.asked) == 5, "another temperature is another question"


def test_blind_questions_tell_nothing_that_was_measured() -> None:
    llm = Scripted(lambda _: said("sad"))
    Asker(llm, LABELS, HowToAsk(samples=1, blind=True)).about(SUBJECT)
    text = "".join(p.text for m in llm.asked[0].messages for p in m.parts if isinstance(p, Text))
    assert "measured" not in text.partition("<data>\n")[2]


def test_deletion_tests_tell_what_is_used() -> None:
    def answer(question: Question) -> str:
        text = "".join(p.text for m in question.messages for p in m.parts if isinstance(p, Text))
        return said("sad" if "oh no" in text else "happy", "voice")

    llm = Scripted(answer)
    found = Asker(llm, LABELS, HowToAsk(samples=1, deletions=True)).about(SUBJECT)
    assert found.given == ("text", "voice")
    assert {m: max(s, key=lambda k: s[k]) for m, s in found.without.items()} == {"text": "happy", "voice": "sad"}
    assert found.doubts == ("claims_unused", "uses_unclaimed"), "it names the voice, and uses the words"
    assert len(llm.asked) == 3


def test_doubts_by_hand() -> None:
    base = LlmOpinion({"sad": 0.8, "happy": 0.2}, "samples", 1, because=("face",), given=("text", "face"))
    assert doubts(base, {}) == ()
    assert doubts(base, {"face": {"happy": 0.9, "sad": 0.1}}) == ("against_measured",)
    assert doubts(base, {"face": {"happy": 0.6, "sad": 0.4}}) == (), "a modality that is unsure contradicts nothing"
    absent = LlmOpinion({"sad": 0.8, "happy": 0.2}, "samples", 1, because=("voice",), given=("text",))
    assert doubts(absent, {"voice": {"sad": 1.0}}) == ("claims_absent",)
    assert doubts(LlmOpinion(because=("face",)), {}) == (), "without an answer there is nothing to doubt"
