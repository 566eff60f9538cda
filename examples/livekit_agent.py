"""An agent of LiveKit that hears how something is said: ``python examples/livekit_agent.py [CLIP]``.

It needs ``pip install livekit-agents``, and here no network: a clip plays the caller. mien takes the place of speech to text,
so the agent knows with each transcript what was expressed, and tells its language model how to answer. In an application, take
a real language model in place of ``Rule``, add a voice, and start the session with a room.
"""

import asyncio
import sys
from typing import Any

from caller import HINTS, as_samples, hint, played
from livekit import rtc
from livekit.agents import Agent, AgentSession, APIConnectOptions, LanguageCode, llm, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.voice.io import AudioInput

from mien import Analyzer
from mien.samples import demo_clip
from mien.turns import Live, Turn, Turns
from mien.types import SAMPLE_RATE, Audio
from mien.workflows.live.session import SETTINGS


class Ears(stt.STT[Any]):
    """Words and expressed emotion. ``last`` is the last turn that is over."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=True, offline_recognize=False)
        )
        self.analyzer = analyzer
        self.last: Turn | None = None

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS, **_: Any) -> "Hearing":
        """Hears one caller."""
        return Hearing(self, conn_options)

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise RuntimeError("it hears streams alone")


class Hearing(stt.RecognizeStream):
    """One caller."""

    def __init__(self, ears: Ears, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=ears, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        self._ears, self._live = ears, Live()

    async def _run(self) -> None:
        hearing = asyncio.create_task(self._hear())
        try:
            async for turn in Turns(self._live, self._ears.analyzer):
                if turn.words:
                    self._tell(turn)
        finally:
            hearing.cancel()

    async def _hear(self) -> None:
        heard = 0
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                samples = as_samples(frame.data)
                await self._live.put(Audio(samples, heard / SAMPLE_RATE))
                heard += len(samples)
        self._live.stop()

    def _tell(self, turn: Turn) -> None:
        kind = stt.SpeechEventType
        found = stt.SpeechData(
            LanguageCode("en"), turn.words, turn.span.start, turn.span.end, metadata={"scores": dict(turn.scores)}
        )
        if turn.kind == "partial":
            self._event_ch.send_nowait(stt.SpeechEvent(kind.INTERIM_TRANSCRIPT, alternatives=[found]))
            return
        self._ears.last = turn
        print(f"heard: {turn.label} {turn.scores[turn.label]:.0%}{', uncertain' if turn.uncertain else ''}")
        self._event_ch.send_nowait(stt.SpeechEvent(kind.FINAL_TRANSCRIPT, alternatives=[found]))
        self._event_ch.send_nowait(stt.SpeechEvent(kind.END_OF_SPEECH))


class Considerate(Agent):
    """Adds a hint about the caller's tone, where mien is sure, before each answer."""

    def __init__(self, ears: Ears) -> None:
        super().__init__(instructions="You are a helpful assistant. Never tell people what they feel.")
        self._ears = ears

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        """Adds the hint."""
        if (text := hint(self._ears.last)) is not None:
            turn_ctx.add_message(role="system", content=text)


class Rule(llm.LLM[Any]):
    """In place of a language model: it says what it was told and how it was asked to answer."""

    def chat(self, *, chat_ctx: llm.ChatContext, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS, **_: Any) -> "Answer":
        """Answers the last thing said."""
        return Answer(self, chat_ctx=chat_ctx, tools=[], conn_options=conn_options)


class Answer(llm.LLMStream):
    """One answer."""

    async def _run(self) -> None:
        said = [m for m in self._chat_ctx.messages() if m.role == "user"][-1].text_content
        hints = [m.text_content for m in self._chat_ctx.messages() if m.text_content in HINTS.values()]
        text = f'"{said}" {hints[-1] if hints else "Answer as usual."}'
        self._event_ch.send_nowait(llm.ChatChunk(id="1", delta=llm.ChoiceDelta(role="assistant", content=text)))


class Caller(AudioInput):
    """A clip in real time, and then silence."""

    def __init__(self, clip: str) -> None:
        super().__init__(label="clip")
        self._sound = played(clip)

    async def __anext__(self) -> rtc.AudioFrame:
        content = await anext(self._sound)
        return rtc.AudioFrame(content, SAMPLE_RATE, 1, len(content) // 2)


async def main(clip: str, answers: int) -> None:
    """Talks until so many answers were given."""
    ears, done = Ears(Analyzer(asr="tiny.en", settings=SETTINGS)), asyncio.Event()
    session = AgentSession[None](stt=ears, llm=Rule(), vad=None, turn_handling={"turn_detection": "stt"})
    said: list[str] = []

    @session.on("conversation_item_added")
    def added(event: Any) -> None:
        if isinstance(event.item, llm.ChatMessage) and event.item.role == "assistant":
            said.append(event.item.text_content or "")
            print(said[-1], flush=True)
            if len(said) == answers:
                done.set()

    session.input.audio = Caller(clip)
    await session.start(Considerate(ears))
    await asyncio.wait_for(done.wait(), 90)
    await session.aclose()
    for line in Turns.limits():
        print(f"Not: {line}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else str(demo_clip()), 2))
