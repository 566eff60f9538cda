"""Opens the camera and the microphone of this machine by FFmpeg, and gives what they see and hear as it comes."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mien.errors import InputError
from mien.media.decoding.clock import Clock
from mien.media.decoding.decoder import Piece
from mien.media.decoding.pictures.upright import Upright
from mien.media.decoding.samples import Samples
from mien.types import Audio, Picture

if TYPE_CHECKING:
    from av.container import InputContainer

Kind = Literal["camera", "microphone"]
_SIZE = {"video_size": "640x480"}
_USUAL: Mapping[str, Mapping[Kind, tuple[str, str, Mapping[str, str]]]] = {
    "linux": {"camera": ("v4l2", "/dev/video0", _SIZE), "microphone": ("alsa", "default", {})},
    "darwin": {
        "camera": ("avfoundation", "default:none", {**_SIZE, "framerate": "30"}),
        "microphone": ("avfoundation", "none:default", {}),
    },
    "win32": {"camera": ("dshow", "", _SIZE), "microphone": ("dshow", "", {})},
}
_NAMED = {"v4l2": "{}", "alsa": "{}", "dshow": "{kind}={}"}  # how FFmpeg writes the name of a device
_ALSA = "/usr/share/alsa/alsa.conf"  # the ALSA inside PyAV looks for it where PyAV was built
_DRIFT = 0.3  # seconds; sound that stays further behind was lost in part, and the rest goes on where it belongs
_EARLIER = 0.08  # seconds; a piece that is earlier than the earliest ones by more tells the clocks anew
_RECENT = 5.0  # seconds of sound over which it must stay behind


@dataclass(frozen=True)
class Device:
    """A camera or a microphone.

    Attributes:
        kind: which of them.
        form: FFmpeg's name of how it is reached: "v4l2", "alsa", "avfoundation", "dshow", and others.
        name: what FFmpeg calls it.
        options: for FFmpeg. Without them it is tried again.
    """

    kind: Kind
    form: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: Kind, name: str | None = None, platform: str = sys.platform) -> Device:
        """The usual device of a platform, or the one of a name.

        Args:
            kind: camera or microphone.
            name: as the system calls it ("/dev/video2", "hw:1", "FaceTime HD Camera"), or FORM:NAME for another form of
                FFmpeg; ``None`` for the usual one.
            platform: as in ``sys.platform``.

        Raises:
            InputError: this platform has no usual one.
        """
        form, usual, options = _USUAL.get(platform, _USUAL["linux"])[kind]
        if name is None and not usual:
            raise InputError(f"Windows has no usual {kind}; name it with --{kind}, as it is called in the settings")
        if name is None:
            return cls(kind, form, usual, options)
        other, colon, rest = name.partition(":")
        if colon and other.isalnum() and other.islower() and other not in ("hw", "plughw"):
            return cls(kind, other, rest)
        if form == "avfoundation":
            return cls(kind, form, f"{name}:none" if kind == "camera" else f"none:{name}", options)
        part = "video" if kind == "camera" else "audio"
        return cls(kind, form, _NAMED[form].format(name, kind=part), options)

    def open(self) -> Opened:
        """Opens it. From then on it may show a light.

        Raises:
            InputError: it is not there, or may not be used.
        """
        import av

        av.logging.set_level(None)
        if self.form == "alsa" and Path(_ALSA).is_file():
            os.environ.setdefault("ALSA_CONFIG_PATH", _ALSA)
        why = ""
        for options in [dict(self.options), {}] if self.options else [{}]:
            try:
                found = av.open(self.name, format=self.form, options=options)
                break
            except (av.FFmpegError, OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
        else:
            raise InputError(
                f"the {self.kind} '{self.name}' ({self.form}) cannot be opened: {why}; connect it and allow its use, "
                f"name another one with --{self.kind}, or leave it out with --no-{self.kind}"
            )
        streams = found.streams.video if self.kind == "camera" else found.streams.audio
        if not streams:
            found.close()
            raise InputError(f"'{self.name}' ({self.form}) is no {self.kind}; name another one with --{self.kind}")
        return Opened(self, found, streams[0])


class Opened:
    """An open device. One thread reads it."""

    def __init__(self, device: Device, container: InputContainer, stream: Any) -> None:
        self._device, self._container, self._stream = device, container, stream

    def close(self) -> None:
        """Closes it without having read it."""
        self._container.close()

    def pieces(self, fps: float, clock: Callable[[], float], stopped: Callable[[], bool]) -> Generator[Piece]:
        """What it gives, until it ends or is stopped; then it is closed.

        Args:
            fps: at most so many pictures a second.
            clock: the time of the session, seconds. Devices have clocks of their own, so pieces get the time of arrival.
            stopped: whether to stop; it is asked at every packet.

        Raises:
            InputError: it was taken away.
        """
        import av

        take = self._pictures(fps, clock) if self._device.kind == "camera" else self._sound(clock)
        try:
            for packet in self._container.demux([self._stream]):
                if stopped():
                    return
                for frame in packet.decode():
                    yield from take(frame)
        except (av.FFmpegError, OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"the {self._device.kind} '{self._device.name}' has ended: {why}; connect it again"
            ) from error
        finally:
            self._container.close()

    def _pictures(self, fps: float, clock: Callable[[], float]) -> Callable[[Any], Generator[Piece]]:
        upright, arrival, due = Upright(self._stream.sample_aspect_ratio), _Arrival(clock), 0.0

        def take(frame: Any) -> Generator[Piece]:
            nonlocal due
            now = clock() if frame.time is None else arrival.time(float(frame.time))
            if now >= due - 1e-3:
                due = max(due, now - 0.5 / fps) + 1.0 / fps
                yield Picture(upright(frame), now)

        return take

    def _sound(self, clock: Callable[[], float]) -> Callable[[Any], Generator[Piece]]:
        samples, arrival = Samples(Clock(0.0)), _Arrival(clock)

        def take(frame: Any) -> Generator[Piece]:
            frame.pts = None
            for sound in samples.take(frame):
                yield Audio(sound.samples, max(0.0, arrival.time(sound.span.end) - sound.span.duration))

        return take


class _Arrival:
    """Brings the clock of a device to that of the session, by when its pieces arrive.

    Pieces may be late, when the machine has other work, but none is early. So the earliest ones tell how the clocks differ.
    Sound counts time by its samples; where all of it stays behind, some was lost.

    Args:
        clock: the time of the session, seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: deque[tuple[float, float]] = deque()  # (time of the device, how much later it is in the session)
        self._shift: float | None = None

    def time(self, own: float) -> float:
        """The time of the session, seconds, of a piece that arrives now and has this time on the clock of its device."""
        self._recent.append((own, self._clock() - own))
        while own - self._recent[0][0] > _RECENT:
            self._recent.popleft()
        shift = min(later for _, later in self._recent)
        lost = self._shift is not None and shift - self._shift > _DRIFT and own - self._recent[0][0] > _RECENT / 2
        # The first pieces may be late, too, while the device starts.
        if self._shift is None or lost or shift < self._shift - _EARLIER:
            self._shift = shift
        return max(0.0, own + self._shift)


def session_clock() -> Callable[[], float]:
    """A clock that starts now, in seconds."""
    begun = time.monotonic()
    return lambda: time.monotonic() - begun
