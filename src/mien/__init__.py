"""mien reads the emotion a person expresses in words, voice and face, together, from raw media, on a laptop."""

from __future__ import annotations

__version__ = "0.1.0"
