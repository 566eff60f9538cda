"""Finds when somebody speaks, with Silero's voice activity detector, which comes with faster-whisper."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path

from mien.events import Notice
from mien.runtime.cache import file_sha256
from mien.types import SAMPLE_RATE, Float32, Span

_SILERO = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"  # of faster-whisper 1.2.1, Silero 6
_FITTED = "1.2.1"
SILENCE = 0.45
"""Seconds; a shorter silence ends no stretch of speech."""


@cache
def other_detector() -> Notice | None:
    """A notice if the installed detector is not the one that the thresholds of the shipped bundles were fitted with.

    Another one works, too, but it cuts the speech elsewhere, so answers and their probabilities change.
    """
    from faster_whisper.utils import get_assets_path

    if {file_sha256(file) for file in Path(get_assets_path()).glob("silero*.onnx")} == {_SILERO}:
        return None
    return Notice("other_detector", {"installed": version("faster-whisper"), "fitted": _FITTED})


def speech_spans(audio: Float32, longest: float, silence: float = SILENCE) -> list[Span]:
    """Stretches of speech in a sound, in seconds from its start.

    Args:
        audio: float32 (N,), mono, 16 kHz.
        longest: seconds; no stretch is longer.
        silence: seconds; a shorter silence ends no stretch.
    """
    if len(audio) < SAMPLE_RATE // 20:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_speech_duration_ms=150,
        max_speech_duration_s=longest,
        min_silence_duration_ms=round(1000 * silence),
        speech_pad_ms=120,
    )
    end = len(audio) / SAMPLE_RATE
    found = get_speech_timestamps(audio, options)
    return [Span(s["start"] / SAMPLE_RATE, min(end, s["end"] / SAMPLE_RATE)) for s in found]
