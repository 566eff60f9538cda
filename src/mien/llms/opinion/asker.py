"""Asks a language model about moments: several times where shares are wanted, again after an answer that is not valid."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.events import Notice
from mien.llms.base import Llm, Part, Picture, Question, Reply, Text, Token, UnansweredError
from mien.llms.opinion.answer import NotValidError, Said, Wanted, read, schema_of
from mien.llms.opinion.calibration import WEIGHT, LlmCalibration
from mien.llms.opinion.claims import doubts
from mien.llms.opinion.distribution import from_samples, from_tokens
from mien.llms.opinion.nouns import Cost, LlmOpinion, LlmRecord, Method
from mien.llms.opinion.prompt import Asked, Subject, ask_about, kinds, prompt_key, repair
from mien.runtime.cache import cached_folder, content_key, write_atomic
from mien.types import Modality

_REPLY = "reply.json"


@dataclass(frozen=True)
class HowToAsk:
    """How a language model is asked.

    Attributes:
        samples: answers to each question, of which the shares are probabilities; 0 takes the probabilities of the tokens of
            one answer.
        temperature: of the samples.
        seed: of the first sample; the others count up.
        frames: most pictures of the face.
        deletions: whether it is asked again without each input.
        words: whether free words for emotions are asked for.
        reason: whether a reason is asked for.
        alone: whether its answers replace those of the small models, instead of joining them.
        blind: whether it is not told what the small models measured.
        wording: which of ``prompt.WORDINGS`` asks.
    """

    samples: int = 5
    temperature: float = 1.0
    seed: int = 0
    frames: int = 4
    deletions: bool = False
    words: bool = False
    reason: bool = True
    alone: bool = False
    blind: bool = False
    wording: int = 0

    @property
    def method(self) -> Method:
        """How probabilities come about."""
        return "samples" if self.samples else "logprobs"


class Asker:
    """Asks one language model about the moments of clips. ``about`` may be called by several threads at once.

    Args:
        llm: the language model.
        labels: of the task.
        how: see ``HowToAsk``. Where token probabilities are wanted and not given, five samples are taken.
        calibration: a file of ``LlmCalibration``; ``None`` without one.

    Raises:
        InputError: the server cannot be reached, or the calibration is for something else.
    """

    def __init__(self, llm: Llm, labels: Sequence[str], how: HowToAsk, calibration: Path | None = None) -> None:
        self.llm, self.able, self.notices = llm, llm.capabilities, list[Notice]()
        if not how.samples and not self.able.logprobs:
            how = replace(how, samples=5)
            self.notices.append(Notice("llm_no_logprobs"))
        self.how, self.wanted = how, Wanted(tuple(labels), how.words, how.reason)
        self.prompt = prompt_key(self.wanted, how.blind, how.wording)
        self.calibration = (
            None
            if calibration is None
            else LlmCalibration.load(calibration, llm.model, self.prompt, how.method, labels)
        )
        if self.calibration is None:
            self.notices.append(Notice("llm_uncalibrated"))
        self._lock = threading.Lock()
        self._left: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._sent: set[str] = set()

    @property
    def weight(self) -> float:
        """Of its opinions in the pool."""
        return WEIGHT if self.calibration is None else self.calibration.weight

    def record(self, opinions: Sequence[LlmOpinion]) -> LlmRecord:
        """What it did for the moments of a clip."""
        how = self.how
        return LlmRecord(
            self.llm.model,
            self.llm.place,
            self.prompt,
            how.samples,
            how.temperature if how.samples else 0.0,
            how.seed,
            how.alone,
            self.weight,
            self.calibration is not None,
            tuple(sorted(self._sent)),
            len(opinions),
            sum(bool(o.scores) for o in opinions),
            sum((o.cost for o in opinions), Cost()),
        )

    def told(self, record: LlmRecord) -> list[Notice]:
        """What the user should know at the end of a clip. The counts begin anew with the next clip."""
        notices = [*self.notices]
        if self._left["audio"]:
            notices.append(Notice("llm_without_audio", {"model": self.llm.model, "count": self._left["audio"]}))
        if self._left["image"]:
            notices.append(Notice("llm_without_image", {"model": self.llm.model, "count": self._left["image"]}))
        for why, count in self._failures.most_common(1):
            notices.append(Notice("llm_failed", {"why": why, "count": count, "all": record.cost.asked}))
        silent = record.moments - record.answered
        if silent:
            notices.append(Notice("llm_silent", {"count": silent, "all": record.moments}))
        self._left.clear()
        self._failures.clear()
        self._sent.clear()
        return notices

    def about(self, subject: Subject) -> LlmOpinion:
        """The opinion about a moment. It has no scores where there was no valid answer.

        Raises:
            InputError: the server cannot be reached, or refuses the key or the model.
        """
        measured = subject.measured or {}
        if self.how.blind:
            subject = replace(subject, measured=None)
        asked = ask_about(subject, self.wanted, self.able, self.how.frames, wording=self.how.wording)
        with self._lock:
            self._left.update(asked.left_out)
            self._sent |= kinds(asked)
        scores, said, cost = self._answered(asked)
        if not said:
            return LlmOpinion(given=asked.given, cost=cost)
        without: dict[Modality, Mapping[str, float]] = {}
        if self.how.deletions and len(asked.given) > 1:
            for m in asked.given:
                less = ask_about(subject, self.wanted, self.able, self.how.frames, m, self.how.wording)
                other, _, more = self._answered(less)
                cost += more
                if other:
                    without[m] = other
        first = next((s for s in said if s.label == max(scores, key=lambda k: scores[k])), said[0])
        named = Counter(word for s in said for word in s.words)
        opinion = LlmOpinion(
            scores,
            self.how.method,
            len(said),
            {word: count / len(said) for word, count in named.most_common()},
            first.claim,
            first.because,
            without,
            asked.given,
            cost=cost,
        )
        return replace(opinion, doubts=doubts(opinion, measured))

    def _answered(self, asked: Asked) -> tuple[dict[str, float], list[Said], Cost]:
        """The probabilities, the valid answers behind them, and the cost. All is empty without a valid answer."""
        said, cost, tokens = list[Said](), Cost(), tuple[Token, ...]()
        for number in range(max(1, self.how.samples)):
            found, reply, more = self._one(asked, number)
            cost += more
            if found is not None and reply is not None:
                said.append(found)
                tokens = reply.tokens
        if not said:
            return {}, [], cost
        labels = [s.label for s in said]
        told = None if self.how.samples else from_tokens(self.wanted.labels, tokens)
        scores = told or from_samples(self.wanted.labels, labels)
        return (scores if self.calibration is None else self.calibration.apply(scores)), said, cost

    def _one(self, asked: Asked, number: int) -> tuple[Said | None, Reply | None, Cost]:
        """One answer, with one repair where it is not valid."""
        question = Question(
            asked.messages,
            schema_of(self.wanted),
            self.how.temperature if self.how.samples else 0.0,
            self.how.seed + number,
            logprobs=not self.how.samples,
        )
        cost, repaired = Cost(), 0
        for tried in range(2):
            try:
                reply, paid = self._reply(question)
            except UnansweredError as error:
                with self._lock:
                    self._failures[error.why] += 1
                return None, None, cost + Cost(asked=1, failed=1)
            cost += paid
            try:
                return read(reply.text, self.wanted), reply, cost + Cost(repaired=repaired)
            except NotValidError as error:
                if not tried:
                    again = repair(asked, reply.text, error.code, self.wanted)
                    question, repaired = replace(question, messages=again), 1
        return None, None, cost + Cost(invalid=1)

    def _reply(self, question: Question) -> tuple[Reply, Cost]:
        """The answer to a question, from the cache where it was asked before."""
        fresh: list[Reply] = []

        def fill(folder: Path) -> None:
            fresh.append(self.llm.ask(question))
            write_atomic(folder / _REPLY, json.dumps(_table(fresh[-1]), ensure_ascii=False))

        key = content_key([self.llm.model, self.llm.place, _content(question)])
        folder = cached_folder(f"llm/{key[:2]}/{key}", fill)
        if fresh:
            reply = fresh[-1]
            return reply, Cost(1, 0, reply.read or 0, reply.written or 0, reply.seconds)
        return _reply_of(json.loads((folder / _REPLY).read_text(encoding="utf-8"))), Cost(asked=1, cached=1)


def _content(question: Question) -> list[Any]:
    """Everything in a question, for its key."""
    messages = [[m.role, [_part(p) for p in m.parts]] for m in question.messages]
    rest = [question.schema, question.temperature, question.seed, question.tokens, question.logprobs]
    return [messages, *rest]


def _part(part: Part) -> list[str]:
    if isinstance(part, Text):
        return ["text", part.text]
    content = part.jpeg if isinstance(part, Picture) else part.wav
    return [type(part).__name__, hashlib.sha256(content).hexdigest()]


def _table(reply: Reply) -> dict[str, Any]:
    return {**vars(reply), "tokens": [[t.text, [list(pair) for pair in t.alternatives]] for t in reply.tokens]}


def _reply_of(table: Mapping[str, Any]) -> Reply:
    tokens = tuple(Token(text, tuple((a, float(log)) for a, log in pairs)) for text, pairs in table["tokens"])
    return Reply(**{**table, "tokens": tokens})
