"""The agent of examples/livekit_agent.py, with the real classes of LiveKit; tests/test_examples.py lets it talk."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from typing import Any

import pytest

from mien.turns import Turn
from mien.types import Span

from ..conftest import ROOT

llm = pytest.importorskip("livekit.agents.llm", reason="needs pip install livekit-agents")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    yield import_module("livekit_agent")
    sys.modules.pop("livekit_agent")


def turn(probability: float, uncertain: bool = False) -> Turn:
    scores = {"angry": probability, "neutral": 1 - probability}
    return Turn(
        "final", None, Span(0, 1), "x", "angry", scores, "angry", False, -0.6, 0.7, uncertain, (), ("text",), 0.1
    )


@pytest.mark.parametrize(
    ("heard", "hints"),
    [(turn(0.8), 1), (turn(0.45), 0), (turn(0.8, uncertain=True), 0), (None, 0)],
    ids=["sure", "improbable", "uncertain", "nothing heard"],
)
def test_the_agent_tells_its_model_when_it_is_sure(example: Any, heard: Turn | None, hints: int) -> None:
    async def asked() -> tuple[int, str]:
        ears = example.Ears(None)
        ears.last = heard
        agent, context = example.Considerate(ears), llm.ChatContext()
        message = context.add_message(role="user", content="Where is it?")
        await agent.on_user_turn_completed(context, message)
        chunks = [chunk async for chunk in example.Rule().chat(chat_ctx=context)]
        text = "".join(chunk.delta.content for chunk in chunks if chunk.delta)
        return sum(m.role == "system" for m in context.messages()), text

    count, text = asyncio.run(asked())
    assert count == hints
    assert ("Stay calm" in text) == bool(hints)
