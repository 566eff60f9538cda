"""What a client of a live session sends, inside its worker: it becomes sound and pictures for the stream."""

from __future__ import annotations

import base64
from threading import Thread

import numpy as np

from mien.client.pieces import RECORDING, SOUND
from mien.errors import MienError
from mien.media.decoding.chunks import Chunks
from mien.runtime.messages import Table
from mien.types import Audio
from mien.workflows.live.incoming import Encoded, Incoming


class Pieces:
    """The pieces of one session.

    Attributes:
        incoming: takes them to the stream.
    """

    def __init__(self) -> None:
        self.incoming = Incoming()
        self._chunks: Chunks | None = None

    def put(self, table: Table) -> None:
        """Takes a piece, as ``{"kind", "time", "content"}`` with the content in base64."""
        content = base64.b64decode(table["content"])
        if table["kind"] == SOUND:
            self.incoming.put(Audio(np.frombuffer(content, "<i2").astype(np.float32) / 32768.0, table["time"]))
        elif table["kind"] == RECORDING:
            if self._chunks is None:
                self._chunks = Chunks()
                Thread(target=self._decode, args=(self._chunks, table["time"]), name="mien-sound", daemon=True).start()
            self._chunks.put(content)
        else:
            self.incoming.put(Encoded(content, table["time"]))

    def stop(self) -> None:
        """Ends the session after what waits."""
        if self._chunks is not None:
            self._chunks.stop()  # then its sound ends, and with it the session
        else:
            self.incoming.stop()

    def end(self) -> None:
        """Ends the session at once, for nobody reads it any more."""
        self.stop()
        self.incoming.stop()

    def _decode(self, chunks: Chunks, start: float) -> None:
        """Decodes a recording on a thread of its own, because it comes in bit by bit."""
        fault: Exception | None = None
        try:
            for sound in chunks:
                self.incoming.put(Audio(sound.samples, start + sound.start))
        except MienError as error:
            fault = error
        chunks.stop()
        self.incoming.stop(fault)
