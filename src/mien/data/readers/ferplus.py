"""FER+: faces of FER2013, each with the votes of ten annotators."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from mien.data.readers.base import LeftOut, found, mapped, readers, table
from mien.data.rows import Row
from mien.errors import RecipeError
from mien.runtime.cache import cached_folder, content_key, file_sha256

_SPLITS = {"Training": "train", "PublicTest": "valid", "PrivateTest": "test"}
_EMOTIONS = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprised",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "contempt": "",
    "unknown": "",
    "NF": "",
}
_VOTES = {code: f"votes_{name or code}" for code, name in _EMOTIONS.items()}
_SIDE = 48


@readers.register
def ferplus(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """FER+ (Barsoum et al., ICMI 2016, arXiv 1608.01041) on FER2013 (Goodfellow et al. 2013): 35,887 grey faces, 48 x 48.

    Licence: MIT for the votes; the pictures were collected from the web and have no clear licence.
    To get it: fer2013.csv from the Kaggle challenge, fer2013new.csv from https://github.com/microsoft/FERPlus.
    Layout: both files in one folder. The pictures are written once as Parquet into mien's cache; ``image`` points there.
    Labels: ``emotion`` is the majority by the authors' rule: single votes are dropped, and more than half of the others must
    agree. Contempt has no counterpart. ``votes_<label>`` are the annotators' votes for training.
    Splits: the official ones, by picture. The people in the pictures are not known.
    """
    pixels, votes = found(folder, "fer2013.csv"), found(folder, "fer2013new.csv")
    pictures = _pictures(pixels)
    for row, line in enumerate(table(votes, "Usage", "Image name", *_EMOTIONS)):
        counts = {code: int(line[code]) for code in _EMOTIONS}
        label = _majority(counts)
        # Pictures without a name show no face. They still count in the numbers of rows.
        if not line["Image name"]:
            left_out["picture without a face"] += 1
            continue
        yield {
            "id": line["Image name"].removesuffix(".png"),
            "image": str(pictures),
            "row": row,
            "split": mapped(line["Usage"], _SPLITS, left_out),
            "label": label,
            "emotion": mapped(label, _EMOTIONS, left_out),
            **{_VOTES[code]: count for code, count in counts.items()},
        }


def _majority(counts: dict[str, int]) -> str:
    kept = {code: count if count > 1 else 0 for code, count in counts.items()}
    label = max(kept, key=lambda code: kept[code])
    return label if 2 * kept[label] > sum(kept.values()) else "unknown"


def _pictures(pixels: Path) -> Path:
    """The Parquet file of the pictures (PNG bytes in the column ``image``), in the order of fer2013.csv."""
    key = content_key(["fer2013", 1, file_sha256(pixels)])
    return cached_folder(f"pictures/fer2013-{key[:24]}", partial(_write, pixels)) / "faces.parquet"


def _write(pixels: Path, draft: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise RecipeError("the pictures of FER2013 need pyarrow; run: pip install 'mien[train]'") from error
    images = [_png(line["pixels"]) for line in table(pixels, "pixels")]
    parquet.write_table(pyarrow.table({"image": pyarrow.array(images, pyarrow.binary())}), draft / "faces.parquet")


def _png(pixels: str) -> bytes:
    from PIL import Image

    try:
        values = np.asarray(pixels.split(), np.int64).reshape(_SIDE, _SIDE)
    except ValueError as error:
        raise RecipeError(f"a picture of fer2013.csv is not of {_SIDE} x {_SIDE} numbers") from error
    file = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(file, "png")
    return file.getvalue()
