"""A sample clip, what its people were asked to show, and sentences to learn from, that may be shared."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from mien.errors import InputError

DEMO_LABELS = ((3.27, "neutral"), (6.39, "happy"), (9.2, "happy"))
"""When each part of the demo clip ends, in seconds, and its true label."""


def demo_clip() -> Path:
    """A video in which an actor says one sentence twice, neutral and happy, and a photo is shown (see CARD.md)."""
    return sample("demo.mp4")


def demo_label(time: float) -> str:
    """The true label of the demo clip at a time in seconds; "" after its end."""
    return next((label for end, label in DEMO_LABELS if time < end), "")


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
