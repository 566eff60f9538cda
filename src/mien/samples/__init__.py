"""A sample clip that may be shared, and what its actors were asked to show."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

DEMO_LABELS = ((3.27, "neutral"), (6.39, "happy"), (9.2, "happy"))
"""When each part of the demo clip ends, in seconds, and its true label."""


def demo_clip() -> Path:
    """A video in which an actor says one sentence twice, neutral and happy, and a photo is shown (see CARD.md)."""
    with as_file(files(__name__).joinpath("demo.mp4")) as path:
        return Path(path)


def demo_label(time: float) -> str:
    """The true label of the demo clip at a time in seconds; "" after its end."""
    return next((label for end, label in DEMO_LABELS if time < end), "")
