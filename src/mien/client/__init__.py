"""A client for ``mien serve``: ``Client().analyze("talk.mp4")``. It needs nothing but the base install."""

from __future__ import annotations

from mien.client.connection import Client
from mien.client.tables import Explained, Segment, Timeline, Told, Version

__all__ = ["Client", "Explained", "Segment", "Timeline", "Told", "Version"]
