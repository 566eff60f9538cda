"""A sample clip, and sentences to learn from, that may be shared."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from mien.errors import InputError


def demo_clip() -> Path:
    """A video in which an actor says one sentence three times: neutral, happy, sad (CREMA-D; see CARD.md)."""
    return sample("demo.mp4")


def sample(name: str) -> Path:
    """A file of this folder.

    Raises:
        InputError: there is no such file.
    """
    with as_file(files(__name__).joinpath(name)) as path:
        found = Path(path)
    if name != found.name or not found.is_file():
        raise InputError(f"mien has no sample '{name}'")
    return found
