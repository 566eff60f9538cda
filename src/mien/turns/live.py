"""A microphone and a camera whose pieces the caller gives."""

from __future__ import annotations

import asyncio

from mien.media.decoding.decoder import Piece
from mien.workflows.live.incoming import Encoded, Incoming


class Live:
    """Sound and pictures that come in, in order of time. ``Turns(live)`` reads them; a stopped one cannot be used again.

    Attributes:
        incoming: what waits to be read: at most 30 s of sound, and 8 pictures, of which the oldest is dropped.
    """

    def __init__(self) -> None:
        self.incoming = Incoming()

    async def put(self, piece: Piece | Encoded) -> None:
        """Gives a piece. It waits while more than 30 s of sound have not been read."""
        await asyncio.to_thread(self.incoming.put, piece)

    def stop(self) -> None:
        """Says that nothing more comes. What was said until now is still answered."""
        self.incoming.stop()
