"""A sample clip that may be shared."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path


def demo_clip() -> Path:
    """A video in which an actor says one sentence three times: neutral, happy, sad (CREMA-D; see CARD.md)."""
    with as_file(files(__name__).joinpath("demo.mp4")) as path:
        return Path(path)
