"""Many machines: clips of a Ray data set become rows of `mien.segments/1`. It needs the extra `ray`."""

from __future__ import annotations

from mien.ray.clips import analyze

__all__ = ["analyze"]
