"""How sound and pictures are written on the socket of a live session, `mien.live/1`."""

from __future__ import annotations

import struct
from typing import NamedTuple

SCHEMA = "mien.live/1"
SOUND, PICTURE, RECORDING = 1, 2, 3
"""Kinds of binary messages."""
HEAD = struct.Struct("<B7xd")
"""Of a binary message: the kind, seven zero bytes, and the time in seconds."""
LONGEST = 32_000
"""Bytes of sound in one message: one second."""
LARGEST = 600_000
"""The largest picture, bytes."""


class Piece(NamedTuple):
    """A piece of sound (PCM, 16 bits, little-endian, mono, 16 kHz), a picture (JPEG or WebP), or a chunk of a recording
    (WebM, Ogg or MP4, as MediaRecorder gives it)."""

    kind: int
    time: float
    content: bytes


def written(piece: Piece) -> bytes:
    """The binary message of a piece."""
    return HEAD.pack(piece.kind, piece.time) + piece.content
