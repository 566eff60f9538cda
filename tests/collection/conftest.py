"""Recordings that tests of collecting read: real voices, a text and what is no recording."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def recordings(tmp_path: Path, samples: Path) -> Path:
    """A folder with two voices, a text, and a file that cannot be read."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("emodb_03a01Wa", "emodb_03a02Ta"):
        shutil.copyfile(samples / "audio" / f"{name}.wav", folder / f"{name}.wav")
    (folder / "letter.txt").write_text("I am so glad that you came. I was afraid that you would not.")
    (folder / "broken.mp4").write_bytes(b"no video")
    return folder
