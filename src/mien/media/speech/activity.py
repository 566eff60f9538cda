"""Finds when somebody speaks, with Silero's voice activity detector, which comes with faster-whisper."""

from __future__ import annotations

from mien.types import SAMPLE_RATE, Float32, Span


def speech_spans(audio: Float32, longest: float) -> list[Span]:
    """Stretches of speech in a sound, in seconds from its start.

    Args:
        audio: float32 (N,), mono, 16 kHz.
        longest: seconds; no stretch is longer.
    """
    if len(audio) < SAMPLE_RATE // 20:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_speech_duration_ms=150,
        max_speech_duration_s=longest,
        min_silence_duration_ms=450,
        speech_pad_ms=120,
    )
    end = len(audio) / SAMPLE_RATE
    found = get_speech_timestamps(audio, options)
    return [Span(s["start"] / SAMPLE_RATE, min(end, s["end"] / SAMPLE_RATE)) for s in found]
