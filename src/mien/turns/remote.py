"""A live session of a server, seen from its client."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mien.client.connection import fault_of, no_server, parts_of
from mien.client.pieces import LONGEST, PICTURE, SCHEMA, SOUND, Piece, written
from mien.errors import InputError, MienError
from mien.media.decoding import decoder
from mien.runtime import extras
from mien.types import SAMPLE_RATE, Audio, Picture
from mien.workflows.live.incoming import Encoded

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_LARGEST = (960, 540)  # pixels of a picture that is sent; faces are found in smaller ones
_QUALITY = 90  # of its JPEG
_SAMPLES = LONGEST // 2  # of one message


class Remote:
    """A server that reads what you give (`mien serve`). ``Turns(remote)`` opens a session and tells its turns.

    Sound and pictures leave this process for the address that you name, never by way of a proxy.

    Args:
        address: of the server, as of ``mien.client.Client``.
        token: its token; ``None`` when it needs none.

    Raises:
        InputError: the address is none of HTTP, or the package for sockets is missing.
    """

    def __init__(self, address: str = "http://127.0.0.1:8000", token: str | None = None) -> None:
        extras.needs_socket()
        parts = parts_of(address)
        self._address = address
        scheme = "wss" if parts.scheme == "https" else "ws"
        self._socket_address = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/v1/live"
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._begun = asyncio.Event()  # or over
        self._socket: ClientConnection | None = None

    async def put(self, piece: decoder.Piece | Encoded) -> None:
        """Gives a piece; see ``Live.put``. It waits until the server listens. What comes after the end is left out."""
        await self._begun.wait()
        for message in await asyncio.to_thread(lambda: [written(p) for p in _pieces(piece)]):
            await self._send(message)

    async def stop(self) -> None:
        """Says that nothing more comes. What was said until now is still answered."""
        await self._begun.wait()
        await self._send(json.dumps({"type": "stop"}))

    async def messages(self) -> AsyncGenerator[dict[str, Any]]:
        """What the server tells, from its being ready to the end of the session.

        Raises:
            InputError: no server answers, or it refuses the session.
            MienError: it failed.
        """
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

        try:
            async with connect(self._socket_address, additional_headers=self._headers, proxy=None) as socket:
                await socket.send(json.dumps({"type": "start", "schema": SCHEMA}))
                async for text in socket:
                    message: dict[str, Any] = json.loads(text)
                    if message["type"] == "ready":
                        self._socket = socket
                        self._begun.set()
                    elif message["type"] == "problem":
                        raise fault_of(message["problem"]["status"], message["problem"]["detail"])
                    elif message["type"] == "end":
                        return
                    else:
                        yield message
                raise MienError("the server ended the session before it was over")
        except InvalidStatus as error:
            status = error.response.status_code
            raise InputError(f"the server at {self._address} refuses the session (status {status})") from error
        except ConnectionClosed as error:
            raise MienError(f"the connection to {self._address} was lost ({error})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise MienError(f"what answers at {self._address} does not speak {SCHEMA}") from error
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise no_server(self._address, error) from error
        finally:
            self._socket = None
            self._begun.set()

    async def _send(self, message: str | bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        if self._socket is not None:
            try:
                await self._socket.send(message)
            except ConnectionClosed:  # ``messages`` tells why
                self._socket = None


def _pieces(piece: decoder.Piece | Encoded) -> Iterator[Piece]:
    """A piece as the server takes it."""
    if isinstance(piece, Encoded):
        yield Piece(PICTURE, piece.time, piece.content)
    elif isinstance(piece, Picture):
        file = io.BytesIO()
        picture = Image.fromarray(piece.pixels)
        picture.thumbnail(_LARGEST)
        picture.save(file, "JPEG", quality=_QUALITY)
        yield Piece(PICTURE, piece.time, file.getvalue())
    elif isinstance(piece, Audio):
        samples = np.clip(np.round(piece.samples * 32768), -32768, 32767).astype("<i2")
        for at in range(0, len(samples), _SAMPLES):
            yield Piece(SOUND, piece.start + at / SAMPLE_RATE, samples[at : at + _SAMPLES].tobytes())
