"""What the two agents share: a clip that plays the caller in real time, and the rule that turns expression into a hint."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from mien.media.decoding.open import stream
from mien.turns import Turn
from mien.types import SAMPLE_RATE, Audio

SURE = 0.5  # docs/turns.md shows what a threshold is worth
HINTS = {"angry": "Stay calm and brief, and offer help from a person.", "happy": "Be cheerful."}
STEP = SAMPLE_RATE // 20


def hint(turn: Turn | None) -> str | None:
    """How to answer a turn; ``None`` where it is not sure that something special was expressed."""
    return None if turn is None else next((text for label, text in HINTS.items() if turn.sure(label, SURE)), None)


def as_samples(content: bytes | memoryview) -> np.ndarray:
    """Sound as mien takes it, float32, of sound as agents carry it, 16-bit."""
    return (np.frombuffer(content, np.int16) / 32768).astype(np.float32)


async def played(clip: str) -> AsyncIterator[bytes]:
    """The sound of a clip, 16-bit, one channel, 16 kHz, in real time; and then silence."""
    for piece in stream(Path(clip), 1.0):
        samples = piece.samples if isinstance(piece, Audio) else np.zeros(0, np.float32)  # of a picture, none
        for at in range(0, len(samples), STEP):
            content = (np.clip(samples[at : at + STEP], -1, 1) * 32767).astype(np.int16)
            await asyncio.sleep(len(content) / SAMPLE_RATE)
            yield content.tobytes()
    while True:
        await asyncio.sleep(STEP / SAMPLE_RATE)
        yield bytes(2 * STEP)
