"""Data made up for the examples: features of words and voices of sixteen people, and what each clip expresses."""

from pathlib import Path

import numpy as np

RECIPE = Path(__file__).with_name("made_up.toml")


def write(file: Path, clips: int = 320) -> None:
    """Write a manifest: an .npz file with a row for each clip. Words tell the label better than the voice does."""
    noise = np.random.default_rng(0)
    sad = np.arange(clips) % 2
    person = np.arange(clips) // 2 % 16
    told = 2 * sad[:, None, None] - 1
    np.savez(
        file,
        id=np.arange(clips),
        speaker=np.asarray([f"person-{number}" for number in person]),
        split=np.asarray(["train", "train", "valid", "test"])[person % 4],
        emotion=np.where(sad, "sad", "happy"),
        text=(0.4 * told + noise.normal(0, 1, (clips, 3, 4))).astype(np.float32),
        voice=(0.2 * told + noise.normal(0, 1, (clips, 6, 2))).astype(np.float32),
    )
