"""Makes text safe for the terminal."""

from __future__ import annotations

from mien.errors import harmless

__all__ = ["harmless"]
