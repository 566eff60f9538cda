"""Decodes files into sound and pictures, in one pass and in order of time."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.events import Notice
from mien.media.decoding import door
from mien.media.decoding.picture import check_pixels, picture_size
from mien.media.decoding.upright import Upright
from mien.runtime import threads
from mien.types import SAMPLE_RATE, Audio, Picture

if TYPE_CHECKING:
    from av.container import InputContainer

Piece = Audio | Picture
_LONGEST_GAP = 600.0  # seconds; a longer hole in the sound counts as a damaged time stamp
# Seconds decoded before the wanted start: pictures come out of order, and resampled sound begins with an echo.
_RUN_UP = 1.0
_TIMED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # containers whose index leads to key frames with exact times
_GAP = 0.05  # seconds; when sound drifts further from its time stamps, silence is put in or sound is left out


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds. ``duration`` is in seconds; it is 0 for a picture, and when the file does not say."""

    kind: Literal["video", "audio", "image"]
    duration: float
    has_audio: bool = False


def probe(path: Path) -> MediaInfo:
    """What a file holds, without decoding it.

    Raises:
        MediaError: it is not media that can be read.
    """
    if picture_size(path) is not None:
        return MediaInfo("image", 0.0)
    with door.container(path) as opened:
        container = opened.container
        video, audio = _video_stream(container), _audio_stream(container)
        if video is None and audio is None:
            raise MediaError(f"'{path}' holds neither sound nor pictures that can be decoded")
        duration = float(container.duration or 0) / 1e6
        if video is None:
            return MediaInfo("audio", duration, has_audio=True)
        check_pixels(path, video.width, video.height)
        return MediaInfo("video", duration, audio is not None)


def stream(
    path: Path, fps: float, pictures: bool = True, sound: bool = True, start: float = 0.0
) -> Generator[Piece | Notice]:
    """Sound in pieces and about ``fps`` pictures a second, on one clock that starts with the file.

    Damaged packets are skipped. A file that is cut short gives what can be decoded. A notice at the end tells of both.

    Args:
        path: the file.
        fps: pictures a second.
        pictures: whether pictures are wanted.
        sound: whether sound is wanted.
        start: seconds; pieces before it may be left out. This happens only when one of pictures and sound is wanted, and
            when the pieces after it stay exactly the same.

    Raises:
        MediaError: the file cannot be opened, or nothing in it can be decoded.
    """
    with door.container(path) as opened:
        container = opened.container
        video, audio = _video_stream(container), _audio_stream(container)
        starts = [
            float(s.start_time * s.time_base) for s in (video, audio) if s is not None and s.start_time is not None
        ]
        video, audio = video if pictures else None, audio if sound else None
        if video is None and audio is None:
            raise MediaError(f"'{path}' holds neither sound nor pictures that can be decoded")
        if video is not None:
            check_pixels(path, video.width, video.height)
        length = float(container.duration or 0) / 1e6
        decoder = _Decoder(min(starts, default=0.0), fps, video, audio, length)
        packets = _packets(opened, decoder, start)
        if packets is not None:
            yield from _decode(path, container, packets, decoder)
            return
    yield from stream(path, fps, pictures, sound)


def _packets(opened: door.Opened, decoder: _Decoder, start: float) -> Iterator[Any] | None:
    """All packets, or those from shortly before ``start`` on; ``None`` when the index is wrong and the file must be reopened.

    Pictures are the same whichever key frame decoding starts from. Sound is not: resampling, and the noise that decoders add
    (AAC), depend on the first sample. It stays the same only when the file holds plain samples (PCM), and when decoding
    starts at a full second, where the samples of all rates coincide.
    """
    import av

    video, audio = decoder.video, decoder.audio
    container = opened.container
    packets = opened.packets([s for s in (video, audio) if s is not None])
    plain = audio is not None and audio.codec_context.name.startswith("pcm_") and container.format.name == "wav"
    if audio is None and container.format.name in _TIMED:
        latest = start - decoder.step
    elif video is None and plain:
        latest = math.floor(start)
    else:
        return packets
    if latest <= _RUN_UP:
        return packets
    wanted = video or audio
    try:
        container.seek(math.floor((latest - _RUN_UP + decoder.origin) / wanted.time_base), stream=wanted)
        first = next(packets)
    except (av.FFmpegError, OSError, ValueError, StopIteration):
        return None
    if first.pts is None or not first.is_keyframe:
        return None
    decoder.begun = float(first.pts * wanted.time_base) - decoder.origin
    there = decoder.begun <= latest and (audio is None or decoder.begun.is_integer())
    return chain([first], packets) if there else None


def _decode(
    path: Path, container: InputContainer, packets: Iterator[Any], decoder: _Decoder
) -> Iterator[Piece | Notice]:
    import av

    given, damaged, short = 0, 0, False
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except (av.FFmpegError, OSError, ValueError, IndexError):
            short = True
            break
        try:
            for piece in decoder.decode(packet):
                given += 1
                yield piece
        except (av.FFmpegError, OSError, ValueError, IndexError):
            damaged += 1
    for piece in decoder.rest():
        given += 1
        yield piece
    if not given:
        raise MediaError(f"nothing in '{path}' could be decoded; it is damaged or not finished")
    length = float(container.duration or 0) / 1e6
    if short or decoder.reached < 0.9 * length - 1.0:
        yield Notice("cut_short", {"reached": round(decoder.reached, 1), "length": round(length, 1)})
    elif damaged:
        yield Notice("damaged_packets", {"count": damaged})


class _Decoder:
    """Turns packets into pieces on the clock of the clip."""

    def __init__(self, origin: float, fps: float, video: Any, audio: Any, length: float) -> None:
        import av

        self.video, self.audio = video, audio
        # A damaged time stamp may have any value, so times beyond the length of the file are ignored.
        self._latest = length + 5.0 if length else math.inf
        self.origin, self.step, self._next = origin, 1.0 / fps, 0.0
        self.begun = 0.0  # seconds; where decoding begins
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        self._samples: int | None = None  # samples given so far, counted from time 0
        self.reached = 0.0
        if video is not None:
            self._upright = Upright(video.sample_aspect_ratio)
            video.thread_type = "AUTO"
            video.codec_context.thread_count = threads.count()
            if float(video.average_rate or 0) >= 3 * fps:
                # Frames that no other frame refers to need not be decoded: there are enough others.
                video.codec_context.skip_frame = "NONREF"

    def decode(self, packet: Any) -> Iterator[Piece]:
        """The pieces in one packet."""
        for frame in packet.decode():
            if packet.stream is self.audio:
                yield from self._sound(frame)
            else:
                yield from self._picture(frame)

    def rest(self) -> Iterator[Audio]:
        """The sound that the resampler still holds."""
        import av

        if self._samples is None:
            return
        try:
            frames = self._resampler.resample(None)
        except (av.FFmpegError, ValueError):
            return
        for frame in frames:
            yield self._piece(frame.to_ndarray().reshape(-1))

    def _sound(self, frame: Any) -> Iterator[Audio]:
        time = None if frame.time is None else frame.time - self.origin
        if time is not None and not 0 <= time <= self._latest:
            time = None
        if self._samples is None:
            self._samples = round(min(time or 0.0, self.begun + _LONGEST_GAP) * SAMPLE_RATE)
        frame.pts = None
        for part in self._resampler.resample(frame):
            samples = part.to_ndarray().reshape(-1)
            missing = 0 if time is None else round(time * SAMPLE_RATE) - self._samples
            # Time stamps jitter by up to a packet. A larger difference is a gap, which is filled with silence, or an
            # overlap, which is left out.
            if _GAP * SAMPLE_RATE < missing < _LONGEST_GAP * SAMPLE_RATE:
                self._samples += missing
            elif -missing > max(_GAP * SAMPLE_RATE, 2 * len(samples)):
                continue
            yield self._piece(samples)
            time = None

    def _piece(self, samples: NDArray[Any]) -> Audio:
        start = (self._samples or 0) / SAMPLE_RATE
        self._samples = (self._samples or 0) + len(samples)
        self.reached = max(self.reached, self._samples / SAMPLE_RATE)
        clean = np.nan_to_num(samples.astype(np.float32, copy=True), posinf=1.0, neginf=-1.0)
        return Audio(np.clip(clean, -1.0, 1.0), start)

    def _picture(self, frame: Any) -> Iterator[Picture]:
        if frame.time is None:
            return
        time = max(0.0, frame.time - self.origin)
        if time > self._latest:
            return
        self.reached = max(self.reached, time)
        if time + 1e-6 < self._next:
            return
        # The next picture is due on a fixed grid, so the rate holds whatever the times of the frames are.
        self._next = (math.floor(time / self.step + 1e-6) + 1) * self.step
        yield Picture(self._upright(frame), time)


def _video_stream(container: InputContainer) -> Any:
    """The first video stream that has a decoder and is not the cover picture of a sound file; ``None`` without one."""
    for candidate in container.streams.video:
        cover = "attached_pic" in str(getattr(candidate, "disposition", "")).lower()
        if _decodable(candidate) and not cover:
            return candidate
    return None


def _audio_stream(container: InputContainer) -> Any:
    """The best audio stream that has a decoder; ``None`` without one."""
    candidates = list(container.streams.audio)
    try:
        best = container.streams.best("audio")
    except (IndexError, ValueError):
        # In damaged files FFmpeg counts streams that PyAV does not list.
        best = None
    candidates.sort(key=lambda s: s is not best)
    return next((s for s in candidates if _decodable(s)), None)


def _decodable(candidate: Any) -> bool:
    return getattr(candidate, "codec_context", None) is not None
