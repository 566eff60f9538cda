"""A tiny real training problem: pictures with a bright half, left or right, and a recipe for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mien.recipe import EncoderTable, Recipe, Source, Target, Training


def write_pictures(root: Path, count: int = 40) -> None:
    """``root/pictures``: PNG files and a manifest with train, valid and test splits."""
    folder = root / "pictures"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = ["path,label,split,speaker"]
    for i in range(count):
        pixels = rng.integers(0, 120, (48, 48), dtype=np.uint8)
        label = ("happy", "sad")[i % 2]
        pixels[: 24 if label == "happy" else 48, 24 if label == "sad" else 0 :] += 100
        Image.fromarray(pixels).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{label},{('train', 'train', 'valid', 'test')[i // 2 % 4]},s{i // 2 % 4}")
    (folder / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")


def recipe(**training: object) -> Recipe:
    """Two epochs of a very small face network."""
    how: dict[str, object] = {"epochs": 2, "batch": 5, "lr": 0.01, "keep": "last", **training}
    return Recipe(
        "tiny",
        {"face": EncoderTable("face_cnn", {"width": 4})},
        (Source("pictures", "pictures/manifest.csv", {"image": "path"}, {"emotion": Target("label")}),),
        train=Training(**how),  # type: ignore[arg-type]
    )
