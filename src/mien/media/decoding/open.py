"""The only codec user: files to sound and pictures, in one pass, in order of time."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.events import Notice
from mien.media.decoding.picture import check_file, check_pixels, picture_size
from mien.media.decoding.upright import Upright
from mien.runtime import threads
from mien.types import SAMPLE_RATE, Audio, Picture

if TYPE_CHECKING:
    from av.container import InputContainer

Piece = Audio | Picture
_LONGEST_GAP = 600.0  # seconds; a longer hole in the sound is taken for a damaged time stamp
_RUN_UP = (
    1.0  # seconds decoded before what is wanted: pictures come out of order, and a change of rate begins with an echo
)
_TIMED = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
)  # containers whose index leads to key pictures, with their own times
_GAP = 0.05  # seconds by which sound may drift from its time stamps before silence is put in or sound left out


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds. ``duration`` in seconds, 0 when the file does not say (or is a picture)."""

    kind: Literal["video", "audio", "image"]
    duration: float
    has_audio: bool = False


def probe(path: Path) -> MediaInfo:
    """What a file holds, without decoding it.

    Raises:
        MediaError: if it is not media that can be read.
    """
    check_file(path)
    if picture_size(path) is not None:
        return MediaInfo("image", 0.0)
    with _container(path) as container:
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
    """Decode once; sound in pieces and about ``fps`` pictures a second, on one clock that starts with the file.

    Damage is stepped over. A file that is cut short gives what could be decoded. A notice at the end tells both.

    Args:
        path: the file.
        fps: pictures a second.
        pictures: whether they are wanted.
        sound: whether it is wanted.
        start: seconds; of pictures alone or sound alone, what lies before is left out where nothing after it changes by that.

    Raises:
        MediaError: if it cannot be opened, or nothing in it could be decoded.
    """
    check_file(path)
    with _container(path) as container:
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
        packets = _packets(container, decoder, start)
        if packets is not None:
            yield from _decode(path, container, packets, decoder)
            return
    yield from stream(path, fps, pictures, sound)


def _packets(container: InputContainer, decoder: _Decoder, start: float) -> Iterator[Any] | None:
    """All packets, or those from shortly before ``start`` on; ``None`` when the index leads astray: then open it anew.

    Pictures are the same after any key picture. Sound is counted from its first sample on, and so go the change of its rate
    and the noise that decoders make up (AAC): it is the same only where its samples lie in the file as they are, and from a
    full second on, where the samples of all rates meet.
    """
    import av

    video, audio = decoder.video, decoder.audio
    packets: Iterator[Any] = container.demux([s for s in (video, audio) if s is not None])
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
    """Packets to pieces on the clip's clock."""

    def __init__(self, origin: float, fps: float, video: Any, audio: Any, length: float) -> None:
        import av

        self.video, self.audio = video, audio
        # A damaged time stamp may say anything; what lies beyond the file's own length is not believed.
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
                # Pictures nobody refers to can be left undecoded: there are enough others.
                video.codec_context.skip_frame = "NONREF"

    def decode(self, packet: Any) -> Iterator[Piece]:
        """The pieces in one packet."""
        for frame in packet.decode():
            if packet.stream is self.audio:
                yield from self._sound(frame)
            else:
                yield from self._picture(frame)

    def rest(self) -> Iterator[Audio]:
        """What the resampler still holds."""
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
            # Time stamps jitter by a packet; a lasting difference is a gap (silence) or an overlap (left out).
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
        # The next one is due on the grid, so that the rate holds however the pictures fall.
        self._next = (math.floor(time / self.step + 1e-6) + 1) * self.step
        yield Picture(self._upright(frame), time)


@contextmanager
def _container(path: Path) -> Iterator[InputContainer]:
    import av

    av.logging.set_level(None)
    # PyAV 19 keeps broken bytes of titles and names by itself and has no option for it; before, they stop the opening.
    lenient: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
    try:
        container = av.open(str(path), **lenient)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"'{path}' is not media that can be read, or it is too damaged to open") from error
    with container:
        yield container


def _video_stream(container: InputContainer) -> Any:
    """The first video stream with a decoder that is not a cover picture of a sound file."""
    for candidate in container.streams.video:
        cover = "attached_pic" in str(getattr(candidate, "disposition", "")).lower()
        if _decodable(candidate) and not cover:
            return candidate
    return None


def _audio_stream(container: InputContainer) -> Any:
    """The best audio stream with a decoder."""
    candidates = list(container.streams.audio)
    try:
        best = container.streams.best("audio")
    except (IndexError, ValueError):
        # FFmpeg counts streams of damaged files that PyAV does not list.
        best = None
    candidates.sort(key=lambda s: s is not best)
    return next((s for s in candidates if _decodable(s)), None)


def _decodable(candidate: Any) -> bool:
    return getattr(candidate, "codec_context", None) is not None
