"""A tiny real training problem: pictures with a bright half, left or right, and a recipe for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from mien.data.corpus import Corpus
from mien.data.own import Purpose, own_data
from mien.events import Event, Notice, finish
from mien.recipe.recipe import FeatureTable, Recipe, Source, Target
from mien.recipe.sections import EncoderTable, Training
from mien.report.sentences import sentence
from mien.types import Modality

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.training.result import Run


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


@contextmanager
def pictures(factory: pytest.TempPathFactory, count: int = 40) -> Iterator[Path]:
    """A new folder with ``write_pictures``. In the ``with`` block, the cache is a folder in it."""
    root = factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(root / "cache"))
        write_pictures(root, count)
        yield root


def recipe(**training: object) -> Recipe:
    """Two epochs of a very small face network."""
    how: dict[str, object] = {"epochs": 2, "batch": 5, "lr": 0.01, "keep": "last", **training}
    return Recipe(
        "tiny",
        {"face": EncoderTable("face_cnn", {"width": 4})},
        (Source("pictures", "pictures/manifest.csv", {"image": "path"}, {"emotion": Target("label")}),),
        train=Training(**how),  # type: ignore[arg-type]
    )


def recipe_text(name: str, epochs: int) -> str:
    """A recipe like ``recipe``, as a file of TOML has it."""
    return f'''
name = "{name}"
[encoders.face]
name = "face_cnn"
options = {{ width = 4 }}
[train]
epochs = {epochs}
batch = 5
lr = 0.01
keep = "last"
[[data]]
name = "pictures"
manifest = "pictures/manifest.csv"
clip = {{ image = "path" }}
targets.emotion.column = "label"
'''


def write_clips(root: Path, count: int = 160, text: float = 1.0) -> None:
    """``root/clips.npz``: features of three modalities, some missing; ``text`` says how clearly words tell the label."""
    rng = np.random.default_rng(0)
    label = np.arange(count) % 2
    told = {"text": (3, 4, text), "voice": (6, 3, 0.7), "face": (4, 2, 0.2)}
    arrays: dict[str, Any] = {}
    for name, (rows, size, how_much) in told.items():
        values = rng.normal(0, 1, (count, rows, size)).astype(np.float32)
        values[:, :, 0] += how_much * (2 * label[:, None] - 1)
        arrays[name] = values
        arrays[f"has_{name}"] = np.where(rng.random(count) < 0.8, "1", "") if name != "text" else np.full(count, "1")
    np.savez(
        root / "clips.npz",
        id=np.arange(count),
        speaker=np.asarray([f"s{i // 4}" for i in range(count)]),
        emotion=np.where(label, "happy", "sad"),
        intensity=np.where(rng.random(count) < 0.5, (label + rng.normal(0, 0.1, count)).astype(str), ""),
        split=np.asarray(["train", "train", "valid", "test"])[np.arange(count) // 4 % 4],
        **arrays,
    )


def clips_recipe(name: str = "clips", fusion: str = "concat", **training: object) -> Recipe:
    """Three modalities, ready-made features of each."""
    sizes: dict[Modality, int] = {"text": 4, "voice": 3, "face": 2}
    how: dict[str, object] = {"epochs": 4, "batch": 16, "lr": 0.01, "keep": "last", **training}
    tables = {
        m: EncoderTable("features", {"modality": m, "size": n, "network": "linear", "hidden": 8, "dropout": 0.0})
        for m, n in sizes.items()
    }
    features = {m: FeatureTable(m, f"has_{m}") for m in sizes}
    source = Source("clips", "clips.npz", {"id": "id"}, {"emotion": Target("emotion")}, features)
    return Recipe(name, tables, (source,), fusion={"name": fusion}, train=Training(**how))  # type: ignore[arg-type]


def trained(plan: Recipe, root: Path, runs: Path, resume: bool = False) -> Run:
    """Train a recipe on its data in ``root``, to the end."""
    from mien.training.loop import train

    return finish(train(plan, Corpus.of(plan, root), runs, resume))


def bundle_of(
    plan: Recipe, seeds: Sequence[int], root: Path, runs: Path, resume: bool = False, command: str = ""
) -> Bundle:
    """Train a recipe on its data in ``root``, export, calibrate and evaluate: the bundle of the first seed."""
    from mien.workflows.train_bundle import train_bundle

    return finish(train_bundle(plan, Corpus.of(plan, root), seeds, runs, resume, command=command)).bundle


def own(
    plan: Recipe, manifest: Path, said: list[str] | None = None, purpose: Purpose = "train"
) -> tuple[Recipe, Corpus]:
    """A recipe on a manifest of one's own. What was noticed is added to ``said``, as sentences."""
    return finish(own_data(plan, manifest, purpose), None if said is None else hearing(said))


def hearing(said: list[str]) -> Callable[[Event], None]:
    """Adds the sentence of every notice to ``said``."""

    def tell(event: Event) -> None:
        if isinstance(event, Notice):
            said.append(sentence(event))

    return tell


def own_recipe(plan: Recipe, manifest: Path, said: list[str] | None = None, purpose: Purpose = "train") -> Recipe:
    """The recipe alone of ``own``."""
    return own(plan, manifest, said, purpose)[0]
