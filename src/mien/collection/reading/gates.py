"""Measures a clip, and says why it is not good enough to be labelled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.collection.reading.overlap import two_voices
from mien.collection.settings import Gates
from mien.timeline import Prediction
from mien.types import Frames, Segment

CODES = ("too_short", "too_noisy", "face_too_small", "no_face", "two_voices")
"""Why a clip is refused. ``report/catalogues`` has words for each."""


def measured(segment: Segment, prediction: Prediction) -> dict[str, float]:
    """What was measured in a clip.

    Returns:
        "seconds"; of a sound "snr_db", "voiced" (seconds) and "two_voices" (share of the voiced time); of a face "side_px",
        "sharpness" and "light" (mean brightness of the face, 0 to 1); of words "confidence". What is absent has no entry.
    """
    found = {"seconds": round(segment.span.duration, 3)}
    voice, face = prediction.quality.get("voice", {}), prediction.quality.get("face", {})
    if segment.audio is not None:
        found["two_voices"] = two_voices(segment.audio.samples)
        found |= {name: voice[key] for name, key in (("snr_db", "snr_db"), ("voiced", "seconds")) if key in voice}
    if segment.frames is not None:
        found["light"] = light(segment.frames)
        found |= {name: face[name] for name in ("side_px", "sharpness") if name in face}
    if segment.words is not None and len(segment.words):
        found["confidence"] = float(np.mean([word.confidence for word in segment.words.items]))
    return {name: round(float(value), 4) for name, value in found.items()}


def light(frames: Frames) -> float:
    """Mean brightness of the faces, 0 (black) to 1 (white), with the weights of ITU-R BT.601 for red, green and blue."""
    return float((frames.pixels.reshape(-1, 3).mean(axis=0) @ np.asarray([0.299, 0.587, 0.114])) / 255)


def refused(quality: Mapping[str, float], modalities: tuple[str, ...], still: bool, gates: Gates) -> list[str]:
    """The codes of the gates that a clip fails, from ``CODES``; empty for a good clip.

    A clip is only as bad as its best input: noise refuses a voice without a face, and a small face one without a voice.

    Args:
        quality: see ``measured``.
        modalities: those that were read.
        still: whether it is a picture or a text, which have no length.
        gates: the limits.
    """
    noisy = "voice" in modalities and quality.get("snr_db", gates.snr_db) < gates.snr_db
    small = "face" in modalities and quality.get("side_px", gates.side_px) < gates.side_px
    voice_alone, face_alone = "face" not in modalities, "voice" not in modalities
    failed = {
        "too_short": not still and quality["seconds"] < gates.seconds,
        "too_noisy": noisy and (voice_alone or small),
        "face_too_small": small and (face_alone or noisy),
        "no_face": gates.face and voice_alone,
        "two_voices": quality.get("two_voices", 0.0) > gates.two_voices,
    }
    return [code for code in CODES if failed[code]]
