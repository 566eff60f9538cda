"""Turns the packets of a file into sound and pictures on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mien.media.decoding.clock import Clock
from mien.media.decoding.pictures.aperture import Aperture
from mien.media.decoding.pictures.showing import Showing
from mien.media.decoding.pictures.upright import Upright
from mien.media.decoding.samples import Samples
from mien.runtime import threads
from mien.types import Audio, Picture

if TYPE_CHECKING:
    from av.container import InputContainer

Piece = Audio | Picture
_NO_STAMPS = 0x80  # AVFMT_NOTIMESTAMPS
_BARE = frozenset({"aac", "ac3", "eac3", "amr", "dts", "mp3"})  # FFmpeg counts time by the first packet's rate
_RATE = 30.0  # pictures a second where nothing tells how many there are
_RATES = (1.0, 240.0)  # other rates in a header are wrong


class Timed:
    """Gives frames of video their times.

    Args:
        video: the stream.
        clock: of the clip.
        bare: whether the file has no time stamps; see ``without_stamps``.
    """

    def __init__(self, video: Any, clock: Clock, bare: bool) -> None:
        rates = [float(r) for r in (video.codec_context.framerate, *(() if bare else (video.average_rate,))) if r]
        self._step = 1.0 / next((r for r in rates if _RATES[0] <= r <= _RATES[1]), _RATE)
        self._clock, self._bare, self._last = clock, bare, -self._step

    def time(self, frame: Any) -> float:
        """When a frame is shown, seconds. Without a time stamp it follows the frame before at the rate of the video."""
        if self._bare or frame.time is None:
            self._last = max(0.0, self._last + self._step)
        else:
            self._last = self._clock.at("pictures", frame.time, max(0.0, self._last))
        return self._last


class Decoder:
    """Turns packets into pieces on the clock of the clip.

    Args:
        origin: the time stamp at which the clip begins, seconds.
        fps: pictures a second.
        video, audio: the streams; ``None`` for what is not wanted.
        length: of the clip, seconds, where its header says so; else 0.
        bare: whether the file has no time stamps.
        shown: the part of the pictures that is shown; ``None`` for all of them.
    """

    def __init__(
        self,
        origin: float,
        fps: float,
        video: Any,
        audio: Any,
        length: float,
        bare: bool = False,
        shown: Aperture | None = None,
    ) -> None:
        self.video, self.audio, self._bare = video, audio, bare
        self.origin, self.step = origin, 1.0 / fps
        self.begun = 0.0
        """Where decoding begins, seconds."""
        self._clock, self._showing = Clock(origin, length), Showing(fps)
        self._samples: Samples | None = None
        self._shown = 0.0  # seconds; until when the last picture is shown
        if video is not None:
            self._timed = Timed(video, self._clock, bare)
            self._upright = Upright(video.sample_aspect_ratio, shown=shown)
            video.thread_type = "AUTO"
            video.codec_context.thread_count = threads.count()
            if float(video.average_rate or 0) >= 3 * fps and not bare:
                # Frames that no other frame refers to need not be decoded: there are enough others.
                video.codec_context.skip_frame = "NONREF"

    @property
    def reached(self) -> float:
        """How far the clip has been decoded, seconds."""
        return self._clock.reached

    @property
    def cancelled(self) -> bool:
        """Whether the two channels of the sound cancelled each other anywhere."""
        return self._samples is not None and self._samples.cancelled

    def decode(self, packet: Any) -> Iterator[Piece]:
        """The pieces in one packet."""
        for frame in packet.decode():
            if packet.stream is self.audio:
                yield from self._sound(frame)
            else:
                yield from self._picture(frame)

    def rest(self) -> Iterator[Piece]:
        """The sound that is still held, and the last picture for as long as it is shown."""
        if self._samples is not None:
            yield from self._samples.rest()
        if self.video is not None:
            yield from self._showing.end(self.reached, self._shown)
            self._clock.heard(self._shown)

    def _sound(self, frame: Any) -> Iterator[Piece]:
        if self._samples is None:
            self._samples = Samples(self._clock, self.begun)
        if self._bare:
            frame.pts = None
        yield from self._samples.take(frame)
        if self.video is not None:
            yield from self._showing.heard(self.reached)

    def _picture(self, frame: Any) -> Iterator[Picture]:
        time = self._timed.time(frame)
        self._clock.heard(time)
        duration = getattr(frame, "duration", None)  # PyAV has it from 14.4 on
        self._shown = time + float((duration or 0) * frame.time_base) if frame.time_base else time
        yield from self._showing.show(time, lambda: self._upright(frame))


def without_stamps(container: InputContainer) -> bool:
    """Whether a file has no time stamps at all, as raw H.264 and AAC have none. Then those that FFmpeg invents are not used."""
    return bool(container.format.flags & _NO_STAMPS) or container.format.name in _BARE
