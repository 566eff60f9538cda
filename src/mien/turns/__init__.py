"""One event per turn of a conversation, for an assistant: ``async for turn in Turns(source)``."""

from __future__ import annotations

from mien.turns.live import Live
from mien.turns.remote import Remote
from mien.turns.turn import Turn
from mien.turns.turns import Turns

__all__ = ["Live", "Remote", "Turn", "Turns"]
