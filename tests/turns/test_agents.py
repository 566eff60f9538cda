"""The agents of examples/, with the real classes of LiveKit and Pipecat; tests/test_examples.py lets both talk."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from mien.turns import Turn
from mien.types import Span

from ..conftest import ROOT

Load = Callable[[str], Any]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    known = set(sys.modules)
    yield import_module
    for name in {"livekit_agent", "pipecat_agent", "caller"} - known:
        sys.modules.pop(name, None)


def turn(probability: float, uncertain: bool = False) -> Turn:
    scores = {"angry": probability, "neutral": 1 - probability}
    return Turn(
        "final", None, Span(0, 1), "x", "angry", scores, "angry", False, -0.6, 0.7, uncertain, (), ("text",), 0.1
    )


HEARD = pytest.mark.parametrize(
    ("heard", "hints"),
    [(turn(0.8), 1), (turn(0.45), 0), (turn(0.8, uncertain=True), 0)],
    ids=["sure", "improbable", "uncertain"],
)


@HEARD
def test_livekit_tells_its_model_when_it_is_sure(example: Load, heard: Turn, hints: int) -> None:
    llm: Any = pytest.importorskip("livekit.agents.llm", reason="needs pip install livekit-agents")
    agents = example("livekit_agent")

    async def asked() -> tuple[int, str]:
        ears = agents.Ears(None)
        ears.last = heard
        agent, context = agents.Considerate(ears), llm.ChatContext()
        message = context.add_message(role="user", content="Where is it?")
        await agent.on_user_turn_completed(context, message)
        chunks = [chunk async for chunk in agents.Rule().chat(chat_ctx=context)]
        text = "".join(chunk.delta.content for chunk in chunks if chunk.delta)
        return sum(m.role == "system" for m in context.messages()), text

    count, text = asyncio.run(asked())
    assert count == hints
    assert ("Stay calm" in text) == bool(hints)


@HEARD
@pytest.mark.filterwarnings("default:'audioop' is deprecated:DeprecationWarning")
def test_pipecat_tells_its_model_when_it_is_sure(example: Load, heard: Turn, hints: int) -> None:
    pytest.importorskip(
        "pipecat", reason="needs pip install pipecat-ai, in an environment of its own: protobuf below 7"
    )
    frames, running = import_module("pipecat.frames.frames"), import_module("pipecat.tests.utils")
    agents = example("pipecat_agent")
    said = frames.TranscriptionFrame("Where is it?", "person-1", "2026-11-30T00:00:00Z", result=heard)

    async def passed() -> list[Any]:
        down, _ = await running.run_test(agents.Considerate(), frames_to_send=[said])
        return list(down)

    *before, last = asyncio.run(passed())
    assert last is said
    assert [m["content"].split()[0] for frame in before for m in frame.messages] == ["Stay"] * hints


def test_nothing_heard_gives_no_hint(example: Load) -> None:
    assert example("caller").hint(None) is None
