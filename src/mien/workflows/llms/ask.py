"""Asks a language model about every moment of a clip, while the clip is being read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from mien.errors import InputError, closest
from mien.events import Answered, Finished, Notice, Progress, Work
from mien.explain.with_llm import Positions, joined, whole
from mien.llms.base import Llm, llms
from mien.llms.openai import leaves
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.nouns import LlmOpinion, LlmRecord
from mien.llms.opinion.prompt import Subject, Utterance
from mien.timeline import Prediction, Timeline
from mien.types import Span

_BEFORE = 6  # utterances before a moment that a question holds

_Key = tuple[Span, str | None, str]


@dataclass(frozen=True)
class LlmOptions:
    """Which language model a user wants to ask, and how.

    Attributes:
        where: the address of a server, or the name of a back end such as "transformers".
        model: name of the model; its folder for "transformers".
        how: see ``HowToAsk``.
        can: what the model can do, in place of finding out; see ``mien.llms.openai``.
        at_once: how many questions a server is asked at the same time.
        seconds: longest time of one question.
        calibration: a file of ``mien calibrate --llm``; ``None`` without one.
    """

    where: str
    model: str
    how: HowToAsk = field(default_factory=HowToAsk)
    can: str = ""
    at_once: int = 4
    seconds: float = 600.0
    calibration: Path | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether what is asked leaves this machine."""
        return "://" in self.where and leaves(self.where)


def llm_of(options: LlmOptions) -> Llm:
    """The back end of a language model. Nothing is sent to it yet.

    Raises:
        InputError: the address or the name is none, or a package is missing.
    """
    if not options.model:
        raise InputError("--llm needs the name of a model; give it with --llm-model")
    if "://" not in options.where:
        others = [name for name in llms if name != "openai"]
        if options.where not in others:
            known = closest(options.where, others)
            raise InputError(
                f"--llm takes an address such as http://localhost:8000/v1, or a back end, not '{options.where}'; {known}"
            )
        return llms.build({"name": options.where, "model": options.model})
    from mien.runtime.extras import needs_llm

    needs_llm()
    given = {"address": options.where, "can": options.can, "at_once": options.at_once, "seconds": options.seconds}
    return llms.build({"name": "openai", "model": options.model, **given})


def with_llm(stream: Work[Timeline], asker: Asker, positions: Positions) -> Work[Timeline]:
    """The events of a clip, whose answers hold the opinion of a language model.

    Answers come in the same order. Several moments are asked about at once, so an answer may come a few moments later than
    without a language model. Closing the generator stops the reading, and no further question is sent.

    Args:
        stream: of ``Analyzer.stream``.
        asker: asks the language model.
        positions: valence and arousal of the labels, of the bundle.

    Raises:
        InputError: the language model cannot be reached, or the clip cannot be used.
    """
    work = _Asking(asker, positions)
    try:
        with closing(stream):
            for event in stream:
                if isinstance(event, Answered):
                    work.ask(event)
                    yield from work.answered(asker.llm.at_once - 1)
                elif isinstance(event, Finished):
                    yield from work.answered(0)
                    break
                else:
                    yield event
            else:
                raise AssertionError("the stream of a clip ends with Finished")
        timeline, told = work.whole(event.timeline)
        yield from told
        yield replace(event, timeline=timeline)
        return timeline
    finally:
        work.stop()


def asked_about(
    event: Answered, before: Iterable[Prediction], asker: Asker, positions: Positions
) -> tuple[Answered, LlmRecord]:
    """One moment of a clip, whose answer holds the opinion of a language model, and what was done for it.

    Args:
        event: the moment.
        before: the answers before it, the latest last.
        asker: asks the language model.
        positions: valence and arousal of the labels, of the bundle.

    Raises:
        InputError: the language model cannot be reached.
    """
    opinion = asker.about(_subject(event, before))
    record = asker.record([opinion])
    return replace(event, prediction=joined(event.prediction, opinion, positions, record.weight, record.alone)), record


def _subject(event: Answered, before: Iterable[Prediction]) -> Subject:
    """What a language model is told of a moment, and of what was said before it."""
    said = [Utterance(p.span, p.who, p.text) for p in before if p.text]
    return Subject(event.moment.segment, tuple(said[-_BEFORE:]), event.prediction.opinions)


class _Asking:
    """The questions about one clip that are under way, and the opinions so far."""

    def __init__(self, asker: Asker, positions: Positions) -> None:
        self._asker, self._positions = asker, positions
        self._pool = ThreadPoolExecutor(asker.llm.at_once, thread_name_prefix="mien-ask")
        self._waiting: deque[tuple[Answered, Future[LlmOpinion]]] = deque()
        self._before: deque[Prediction] = deque(maxlen=_BEFORE)
        self._known: dict[_Key, LlmOpinion] = {}
        self._asked = 0

    def ask(self, event: Answered) -> None:
        """Asks about a moment."""
        subject = _subject(event, self._before)
        self._waiting.append((event, self._pool.submit(self._asker.about, subject)))
        self._asked += 1
        if event.prediction.text:
            self._before.append(event.prediction)

    def answered(self, most: int) -> Work[None]:
        """The answers that are there, in order, and as many more that no more than ``most`` questions are under way."""
        while self._waiting and (len(self._waiting) > most or self._waiting[0][1].done()):
            event, future = self._waiting.popleft()
            opinion = future.result()
            self._known[_key(event.prediction)] = opinion
            yield Progress("ask", self._asker.llm.model, len(self._known), self._asked)
            how, weight = self._asker.how, self._asker.weight
            yield replace(event, prediction=joined(event.prediction, opinion, self._positions, weight, how.alone))

    def whole(self, timeline: Timeline) -> tuple[Timeline, list[Notice]]:
        """The timeline with the opinions in it, and what the user should know of them."""
        opinions = [self._known.get(_key(p)) for p in timeline.predictions]
        record = self._asker.record([o for o in opinions if o is not None])
        told = self._asker.told(record)
        joint = whole(timeline, opinions, self._positions, record)
        return replace(joint, notices=(*joint.notices, *told)), told

    def stop(self) -> None:
        """Sends no further question."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _key(p: Prediction) -> _Key:
    return p.span, p.who, p.text
