"""Writes times of a clip as people read them."""

from __future__ import annotations


def clock(seconds: float, digits: int = 0) -> str:
    """A time: 0:03, 1:02:03; with tenths of seconds 0:03.2, 1:02:03.0.

    Args:
        seconds: from the start of the clip.
        digits: decimals. Without decimals the time is cut off and not rounded, as players do.
    """
    scale = 10**digits
    ticks = round(seconds * scale) if digits else int(seconds + 1e-6)
    minutes, rest = divmod(ticks, 60 * scale)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest // scale:02d}" + (f".{rest % scale:0{digits}d}" if digits else "")
    return f"{hours}:{minutes:02d}:{shown}" if hours else f"{minutes}:{shown}"
