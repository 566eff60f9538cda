"""A live session with the camera and the microphone of this machine."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from threading import Event as Flag
from threading import Thread

from mien.errors import MienError
from mien.events import Event
from mien.media.decoding.devices import Device, Opened, session_clock
from mien.media.watching import FPS
from mien.pipeline import Analyzer
from mien.workflows.live.incoming import Incoming
from mien.workflows.live.session import Dropped, Said, listen


class Capture:
    """Reads devices, each on a thread of its own, and puts what they give into ``incoming``.

    Args:
        devices: what is opened, all of it or nothing.

    Raises:
        InputError: a device cannot be opened.
    """

    def __init__(self, devices: Sequence[Device]) -> None:
        self.incoming = Incoming()
        self._stopped = Flag()
        opened: list[Opened] = []
        try:
            for device in devices:
                opened.append(device.open())
        except MienError:
            for one in opened:
                one.close()
            raise
        self._left = len(opened)
        self._clock = session_clock()
        self._threads = [Thread(target=self._read, args=(one,), name="mien-device", daemon=True) for one in opened]

    def start(self) -> None:
        """Begins to read."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Closes the devices. What was said until now is still answered."""
        self._stopped.set()
        self.incoming.stop()

    @property
    def elapsed(self) -> float:
        """Seconds since the devices were opened."""
        return self._clock()

    def _read(self, device: Opened) -> None:
        fault: Exception | None = None
        try:
            with closing(device.pieces(FPS, self._clock, self._stopped.is_set)) as pieces:
                for piece in pieces:
                    self.incoming.put(piece)
        except MienError as error:
            fault = error
        self._left -= 1
        if fault is not None or self._left == 0:
            # One that is left goes on alone, as when a camera shows a film that ends; one that was taken away ends the session.
            self._stopped.set()
            self.incoming.stop(fault)


def listen_here(
    analyzer: Analyzer, capture: Capture, seconds: float | None = None
) -> Generator[Said | Dropped | Event]:
    """A session with devices, until ``capture`` is stopped; see ``listen``.

    Args:
        analyzer: cuts by ``session.SETTINGS``.
        capture: the devices.
        seconds: how long; ``None`` until it is stopped.
    """
    capture.start()
    try:
        with closing(listen(analyzer, capture.incoming)) as session:
            for told in session:
                if seconds is not None and capture.elapsed >= seconds:
                    capture.stop()
                yield told
    finally:
        capture.stop()
