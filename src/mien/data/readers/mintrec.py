"""MIntRec: intents in lines of a TV series."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, found, mapped, readers, table
from mien.data.rows import Row

_PARTS = {"train": "train", "dev": "valid", "test": "test"}
_EXPRESS = (
    "Complain",
    "Praise",
    "Apologise",
    "Thank",
    "Criticize",
    "Care",
    "Agree",
    "Taunt",
    "Flaunt",
    "Joke",
    "Oppose",
)
_ACHIEVE = ("Inform", "Advise", "Arrange", "Introduce", "Comfort", "Leave", "Prevent", "Greet", "Ask for help")
_INTENTS = {name: name for name in (*_EXPRESS, *_ACHIEVE)}


@readers.register
def mintrec(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """MIntRec (Zhang et al., ACM Multimedia 2022, arXiv 2209.04355): 2,224 clips of *Superstore*; video with sound, and text.

    Licence: MIT for the annotations; the scenes are copyrighted television, for research only.
    To get it: linked from https://github.com/thuiar/MIntRec.
    Layout: {train,dev,test}.tsv (season, episode, clip, text, label) and raw_data/<season>/<episode>/<clip>.mp4.
    Labels: ``intent`` is one of twenty; there is no emotion. ``goal`` is one of the authors' two groups of intents.
    Splits: the official ones, drawn by clip. The characters are in all three, so results are for known people.
    """
    raw = "raw_data" if (folder / "raw_data").is_dir() else ""
    if not raw:
        left_out["the folder 'raw_data' of videos is not there"] += 1
    for part, split in _PARTS.items():
        for line in table(found(folder, f"{part}.tsv"), "season", "episode", "clip", "text", "label", delimiter="\t"):
            season, episode, clip = line["season"], line["episode"], line["clip"]
            intent = mapped(line["label"], _INTENTS, left_out)
            yield {
                "id": f"{season}_{episode}_{clip}",
                "video": f"{raw}/{season}/{episode}/{clip}.mp4" if raw else "",
                "text": line["text"],
                "split": split,
                "label": line["label"],
                "intent": intent,
                "goal": "express" if intent in _EXPRESS else "achieve",
            }
