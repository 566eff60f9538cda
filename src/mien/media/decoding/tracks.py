"""Chooses which streams of a file are read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.errors import InputError
from mien.media.decoding import door
from mien.media.decoding.clock import Clock
from mien.media.decoding.samples import Samples
from mien.types import SAMPLE_RATE, Float32

if TYPE_CHECKING:
    from av.container import InputContainer

_PROBES = (0.0, 0.25, 0.5, 0.75)  # where the tracks are compared, as shares of the length
_LISTEN = 10.0  # seconds at each place
_MORE = 2.0  # another track is read when it holds this many times as much speech as the usual one
_LEAST = 0.5  # seconds of speech that count as some
_TEXT = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})


def video_stream(container: InputContainer) -> Any:
    """The first video stream that has a decoder and is not the cover picture of a sound file; ``None`` without one."""
    from av.stream import Disposition

    for candidate in container.streams.video:
        if _decodable(candidate) and not candidate.disposition & Disposition.attached_pic:
            return candidate
    return None


def audio_streams(container: InputContainer) -> list[Any]:
    """The audio streams that have a decoder, in the order of the file."""
    return [s for s in container.streams.audio if _decodable(s)]


def subtitle_streams(container: InputContainer) -> list[Any]:
    """The streams of subtitles that are text and not pictures of text; those that are shown by default come first."""
    from av.stream import Disposition

    found = [s for s in container.streams.subtitles if _decodable(s) and s.codec_context.name in _TEXT]
    # A forced stream holds only what is said in other languages.
    shown = {id(s): (bool(s.disposition & Disposition.forced), not s.disposition & Disposition.default) for s in found}
    return sorted(found, key=lambda s: shown[id(s)])


def chosen_track(opened: door.Opened, name: str, track: int | None) -> tuple[int, bool]:
    """Which of the audio streams is read, counted from 0, and whether mien made this choice; -1 when there is none.

    Of several, it is the one that players choose. But when another one holds much more speech, or the usual one is silent and
    another is not, it is that one: recorders write an empty track for a microphone that was not there.

    Args:
        opened: an open file. When tracks are compared, it is read, so the caller must open the file again.
        name: of the file, for messages.
        track: the wish of the user, counted from 1; ``None`` without one.

    Raises:
        InputError: the wished track does not exist.
    """
    streams = audio_streams(opened.container)
    if track is not None:
        if not 1 <= track <= len(streams):
            count = f"it has {len(streams)}" if streams else "it has none"
            raise InputError(f"there is no sound track {track} in '{name}'; {count}")
        return track - 1, False
    if len(streams) < 2:
        return len(streams) - 1, False
    usual = _usual(opened.container, streams)
    speech, sound = _content(opened, streams)
    best = max(range(len(streams)), key=lambda i: (speech[i], i == usual))
    if speech[best] >= max(_LEAST, _MORE * speech[usual]):
        return best, True
    loudest = max(range(len(streams)), key=lambda i: (sound[i], i == usual))
    return (loudest if not sound[usual] and sound[loudest] else usual), True


def _usual(container: InputContainer, streams: list[Any]) -> int:
    try:
        best = container.streams.best("audio")
    except (IndexError, ValueError):
        # In damaged files FFmpeg counts streams that PyAV does not list.
        best = None
    return next((i for i, s in enumerate(streams) if s is best), 0)


def _content(opened: door.Opened, streams: list[Any]) -> tuple[list[float], list[bool]]:
    """Seconds of speech in each stream, and whether it holds anything louder than silence, at a few places of the file."""
    from mien.media.speech.activity import speech_spans

    speech, sound = [0.0] * len(streams), [False] * len(streams)
    length = float(opened.container.duration or 0) / 1e6
    for share in _PROBES if length > _LISTEN * len(_PROBES) else _PROBES[:1]:
        for i, samples in enumerate(_heard(opened, streams, share * length)):
            speech[i] += sum(s.duration for s in speech_spans(samples, _LISTEN)) if len(samples) else 0.0
            sound[i] = sound[i] or bool(np.abs(samples).max(initial=0.0) > 1e-3)
    return speech, sound


def _heard(opened: door.Opened, streams: list[Any], start: float) -> list[Float32]:
    """Ten seconds of each stream from ``start`` on, float32 (N,) at 16 kHz. Damaged packets tell nothing."""
    import av

    decoders = {s.index: Samples(Clock(start)) for s in streams}
    heard: dict[int, list[Float32]] = {index: [np.zeros(0, np.float32)] for index in decoders}
    faults = (av.FFmpegError, OSError, ValueError, IndexError)
    begun: float | None = None
    with suppress(*faults):
        opened.container.seek(int(start * 1e6))
        for packet in opened.packets(streams):
            time = begun if packet.pts is None else float(packet.pts * packet.time_base)
            begun = time if begun is None else begun
            own = heard[packet.stream.index]
            if sum(map(len, own)) > _LISTEN * SAMPLE_RATE or (time or 0.0) - (begun or 0.0) > _LISTEN:
                break
            with suppress(*faults):
                frames: list[Any] = list(packet.decode())
                for frame in frames:
                    frame.pts = None
                    own += [a.samples for a in decoders[packet.stream.index].take(frame)]
    for index, decoder in decoders.items():
        heard[index] += [a.samples for a in decoder.rest()]
    return [np.concatenate(heard[s.index]) for s in streams]


def _decodable(candidate: Any) -> bool:
    return getattr(candidate, "codec_context", None) is not None
