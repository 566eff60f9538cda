"""Reads MMSA's layout of CMU-MOSI, CMU-MOSEI and CH-SIMS: one label.csv, and Raw/<video>/<clip>.mp4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mien.data.readers.base import LeftOut, found, mapped, table
from mien.data.rows import Row

_SENTIMENTS = {**{n.capitalize(): n for n in ("negative", "neutral", "positive")}, "": ""}
_SPLITS = {"train": "train", "valid": "valid", "test": "test"}


def clips(folder: Path, scores: Mapping[str, str], left_out: LeftOut, digits: int = 0) -> Iterator[Row]:
    """Rows of label.csv.

    Args:
        folder: of the set.
        scores: {column of a row: column of label.csv} for numbers.
        left_out: counts what is missing.
        digits: clip numbers get leading zeros up to so many digits, because spreadsheets remove them.
    """
    sheet = found(folder, "label.csv", "Raw/label.csv")
    raw = "Raw" if (folder / "Raw").is_dir() else ""
    if not raw:
        left_out["the folder 'Raw' of videos is not there"] += 1
    for line in table(sheet, "video_id", "clip_id", "text", "mode", *scores.values()):
        video, clip = line["video_id"], line["clip_id"].zfill(digits)
        yield {
            "id": f"{video}_{clip}",
            "video": f"{raw}/{video}/{clip}.mp4" if raw else "",
            "text": line["text"],
            "speaker": video,
            "split": mapped(line["mode"], _SPLITS, left_out),
            "dialogue": video,
            "turn": clip,
            "sentiment": mapped(line.get("annotation") or "", _SENTIMENTS, left_out),
            **{name: line[column] for name, column in scores.items()},
        }
