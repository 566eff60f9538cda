"""An agent of Pipecat that hears how something is said: ``python examples/pipecat_agent.py [CLIP]``.

It needs ``pip install pipecat-ai``, and here no network: a clip plays the caller. mien takes the place of speech to text, so
each transcript comes with what was expressed, and a processor tells the language model how to answer. In an application, take a
transport in place of the clip, a real language model in place of ``Rule``, and add a voice.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime

from caller import HINTS, as_samples, hint, played
from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    ProposedUserStartedSpeakingFrame,
    ProposedUserStoppedSpeakingFrame,
    StartFrame,
    TranscriptionFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from mien import Analyzer
from mien.samples import demo_clip
from mien.turns import Live, Turn, Turns
from mien.types import SAMPLE_RATE, Audio
from mien.workflows.live.session import SETTINGS


class Ears(STTService):
    """Words and expressed emotion: the ``result`` of each transcription is the whole ``Turn``."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE, settings=STTSettings(model="mien", language=None), ttfs_p99_latency=2.0
        )
        self._analyzer, self._live, self._heard = analyzer, Live(), 0
        self._hearing: asyncio.Task[None] | None = None
        self._speaking = False

    async def start(self, frame: StartFrame) -> None:
        """Begins to hear."""
        await super().start(frame)
        self._hearing = self.create_task(self._hear())

    async def stop(self, frame: EndFrame) -> None:
        """Ends, when all that was said is read."""
        self._live.stop()
        if self._hearing is not None:
            await self._hearing
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Ends at once."""
        if self._hearing is not None:
            await self.cancel_task(self._hearing)
        await super().cancel(frame)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Hands sound on; turns come when they are decided."""
        samples = as_samples(audio)
        await self._live.put(Audio(samples, self._heard / self.sample_rate))
        self._heard += len(samples)
        yield None

    async def _hear(self) -> None:
        async for turn in Turns(self._live, self._analyzer):
            if turn.words:
                await self._tell(turn)

    async def _tell(self, turn: Turn) -> None:
        if not self._speaking:
            self._speaking = True
            await self.broadcast_frame(ProposedUserStartedSpeakingFrame)
        kind = TranscriptionFrame if turn.kind == "final" else InterimTranscriptionFrame
        await self.push_frame(kind(turn.words, turn.who or "", datetime.now(UTC).isoformat(), result=turn))
        if turn.kind == "final":
            self._speaking = False
            await self.broadcast_frame(ProposedUserStoppedSpeakingFrame)


class Considerate(FrameProcessor):
    """Puts a hint about the tone before what was said, where mien is sure."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Adds the hint, and hands the frame on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            turn: Turn = frame.result
            print(f"heard: {turn.label} {turn.scores[turn.label]:.0%}{', uncertain' if turn.uncertain else ''}")
            if (text := hint(turn)) is not None:
                message = {"role": "developer", "content": text}
                await self.push_frame(LLMMessagesAppendFrame([message], run_llm=False))
        await self.push_frame(frame, direction)


class Rule(FrameProcessor):
    """In place of a language model: it says what it was told and how it was asked to answer."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        self._left, self.done = answers, asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answers the last thing said."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        messages = [m for m in frame.context.get_messages() if isinstance(m, dict)]
        said = [m["content"] for m in messages if m["role"] == "user"][-1]
        hints = [m["content"] for m in messages if m["content"] in HINTS.values()]
        text = f'"{said}" {hints[-1] if hints else "Answer as usual."}'
        print(text, flush=True)
        for part in (LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame()):
            await self.push_frame(part)
        self._left -= 1
        if self._left == 0:
            self.done.set()


def agent(analyzer: Analyzer, rule: Rule) -> Pipeline:
    """The pipeline of the agent."""
    turns = LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
    user, assistant = LLMContextAggregatorPair(LLMContext([]), user_params=turns)
    return Pipeline([Ears(analyzer), Considerate(), user, rule, assistant])


async def main(clip: str, answers: int) -> None:
    """Talks until so many answers were given."""
    logger.remove()
    rule = Rule(answers)
    worker = PipelineWorker(agent(Analyzer(asr="tiny.en", settings=SETTINGS), rule), params=PipelineParams())

    async def call() -> None:
        async for content in played(clip):
            await worker.queue_frame(InputAudioRawFrame(content, SAMPLE_RATE, 1))

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running, calling = asyncio.create_task(runner.run()), asyncio.create_task(call())
    try:
        await asyncio.wait_for(rule.done.wait(), 90)
    finally:
        calling.cancel()
        await worker.cancel()
        with suppress(asyncio.CancelledError):
            await running
    for line in Turns.limits():
        print(f"Not: {line}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else str(demo_clip()), 2))
