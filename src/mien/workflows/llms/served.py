"""A language model that a server asks for all its clients: named by whoever runs the server, and never by a client.

When it cannot be reached, clips are answered without it, and a notice says so. Clients are not told its address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mien.errors import InputError
from mien.events import Finished, Notice, Work
from mien.explain.with_llm import Positions
from mien.explanation import Explanation
from mien.llms.base import Capabilities, Llm, Question, Reply, UnansweredError
from mien.llms.opinion.asker import Asker
from mien.recipe import strict
from mien.timeline import Timeline
from mien.workflows.llms.ask import LlmOptions, llm_of, with_llm

_UNREACHABLE = Notice("llm_unreachable")


class ServedLlm:
    """A language model that stays open as long as a server.

    Args:
        options: which one, and how it is asked.
        labels: of the task.

    Raises:
        InputError: the options cannot be used. Whether it can be reached is not tried.
    """

    def __init__(self, options: LlmOptions, labels: Sequence[str]) -> None:
        self._options, self._labels, self._llm = options, labels, _Hidden(llm_of(options))
        self._askers: dict[bool, Asker] = {}

    def asker(self, explaining: bool = False) -> Asker | None:
        """What asks it; ``None`` while it cannot be reached. It is tried again at the next call.

        Args:
            explaining: whether it is asked again without each input.
        """
        deletions = explaining or self._options.how.deletions
        if deletions not in self._askers:
            how = replace(self._options.how, deletions=deletions)
            try:
                self._askers[deletions] = Asker(self._llm, self._labels, how, self._options.calibration)
            except InputError:
                return None
        return self._askers[deletions]

    def joined(self, stream: Work[Timeline], positions: Positions) -> Work[Timeline]:
        """The events of a clip, whose answers hold its opinion; see ``with_llm``."""
        asker = self.asker()
        return _without(stream) if asker is None else with_llm(stream, asker, positions)

    def close(self) -> None:
        """Ends what is under way."""
        self._llm.close()

    def noted(self, found: Explanation) -> Explanation:
        """An explanation, which says so where the language model could not be asked."""
        return found if found.llm is not None else replace(found, notices=(*found.notices, _UNREACHABLE))


def _without(stream: Work[Timeline]) -> Work[Timeline]:
    """The same events, with the notice that the language model could not be asked."""
    yield _UNREACHABLE
    with closing(stream):
        for event in stream:
            if isinstance(event, Finished):
                timeline = replace(event.timeline, notices=(*event.timeline.notices, _UNREACHABLE))
                yield replace(event, timeline=timeline)
                return timeline
            yield event
    raise AssertionError("the stream of a clip ends with Finished")


def told(options: LlmOptions) -> str:
    """Options as text for the command line of a worker. They hold no secret: the key is in the environment."""
    table = {**strict.plain(replace(options, calibration=None)), "calibration": str(options.calibration or "")}
    return json.dumps(table)


def options_of(text: str) -> LlmOptions:
    """The options that ``told`` wrote."""
    table = json.loads(text)
    calibration = table.pop("calibration")
    found: LlmOptions = strict.build(LlmOptions, {**table, "calibration": None}, "the options of a language model")
    return replace(found, calibration=Path(calibration) if calibration else None)


class _Hidden(Llm):
    """The same language model without its address, whose failures cost single answers and never a clip."""

    def __init__(self, inner: Llm) -> None:
        self._inner = inner
        self.model, self.remote, self.at_once = inner.model, inner.remote, inner.at_once
        self.place = "elsewhere" if inner.remote else "here"

    @property
    def capabilities(self) -> Capabilities:
        """See ``Llm``."""
        return self._inner.capabilities

    def ask(self, question: Question) -> Reply:
        """See ``Llm``."""
        try:
            return self._inner.ask(question)
        except InputError as error:
            raise UnansweredError("it cannot be reached") from error

    def close(self) -> None:
        """See ``Llm``."""
        self._inner.close()
