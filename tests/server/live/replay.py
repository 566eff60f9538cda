"""Replays a clip to a live session, as a camera and a microphone would send it."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mien.client.pieces import PICTURE, SCHEMA, SOUND, Piece, written
from mien.events import Notice
from mien.media.decoding.open import stream
from mien.types import SAMPLE_RATE, Picture

from ..running import Running

STEP = SAMPLE_RATE // 10


def pieces(clip: Path, fps: float = 5.0) -> Iterator[Piece]:
    """A clip as pieces of 0.1 s and JPEG pictures, in order of time."""
    for piece in stream(clip, fps):
        if isinstance(piece, Notice):
            continue
        if isinstance(piece, Picture):
            file = io.BytesIO()
            Image.fromarray(piece.pixels).save(file, "JPEG", quality=92)
            yield Piece(PICTURE, piece.time, file.getvalue())
            continue
        samples = np.clip(np.round(piece.samples * 32768), -32768, 32767).astype("<i2")
        for at in range(0, len(samples), STEP):
            yield Piece(SOUND, piece.start + at / SAMPLE_RATE, samples[at : at + STEP].tobytes())


@contextmanager
def session(server: Running, **headers: str) -> Iterator[Any]:
    """An open socket that has begun, and been told that the server listens."""
    from websockets.sync.client import connect

    address = server.address.replace("http", "ws") + "/v1/live"
    token = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    with connect(address, additional_headers={**token, **headers}, open_timeout=30, max_size=2**24) as socket:
        yield socket


def begin(socket: Any, **fields: str) -> Any:
    """Sends the first message, and gives the answer."""
    socket.send(json.dumps({"type": "start", "schema": SCHEMA, **fields}))
    return json.loads(socket.recv(timeout=120))


def replayed(server: Running, clip: Path) -> tuple[str, list[Any]]:
    """The job of a session that was sent a clip, no faster than it was read, and all that the session told."""
    told: list[Any] = []
    with session(server) as socket:
        ready = begin(socket)
        assert ready["type"] == "ready", ready
        done = [0.0]

        def follow() -> None:
            for event in server.client.events(ready["job"]):
                if event["event"] == "progress":
                    done[0] = event["data"]["done"]

        threading.Thread(target=follow, daemon=True).start()
        for piece in pieces(clip):
            end = time.monotonic() + 60
            while piece.time > done[0] + 1.0 and time.monotonic() < end:
                time.sleep(0.01)
            socket.send(written(piece))
        socket.send(json.dumps({"type": "stop"}))
        for message in socket:
            told.append(json.loads(message))
    return ready["job"], told
