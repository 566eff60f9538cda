"""GoEmotions: Reddit comments with 27 emotions and neutral."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from mien.data.readers.base import LeftOut, found, readers
from mien.data.rows import Row
from mien.errors import RecipeError

_EMOTIONS = {
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "disgust": "disgusted",
    "surprise": "surprised",
}
_PARTS = {"train": "train", "dev": "valid", "test": "test"}


@readers.register
def goemotions(folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """GoEmotions (Demszky et al., ACL 2020, arXiv 2005.00547): 54,263 comments in English; text.

    Licence: CC BY 4.0.
    To get it: the folder goemotions/ of https://github.com/google-research/google-research.
    Layout: data/{train,dev,test}.tsv (text, numbers of labels, comment; no header), data/emotions.txt and
    data/ekman_mapping.json, or all of them without data/.
    Labels: ``label`` holds the published labels, and ``emotion`` their groups by the authors' ekman_mapping.json. Several
    are joined by "|".
    Splits: the official ones. They were drawn at random, because the authors of comments are not published.
    """
    data = found(folder, "data/emotions.txt", "emotions.txt").parent
    names = data.joinpath("emotions.txt").read_text(encoding="utf-8").split()
    groups = _groups(found(data, "ekman_mapping.json"), names)
    for part, split in _PARTS.items():
        with found(data, f"{part}.tsv").open(encoding="utf-8", newline="\n") as file:
            for line in file:
                text, numbers, comment = _fields(part, line)
                labels = [_name(names, n, part) for n in numbers.split(",")]
                yield {
                    "id": comment,
                    "text": text,
                    "split": split,
                    "label": "|".join(labels),
                    "emotion": "|".join(dict.fromkeys(groups[label] for label in labels)),
                }


def _fields(part: str, line: str) -> tuple[str, str, str]:
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) != 3:
        raise RecipeError(
            f"'{part}.tsv' has a line of {len(fields)} fields, not text, labels and comment: '{line[:40]}'"
        )
    return fields[0], fields[1], fields[2]


def _name(names: list[str], number: str, part: str) -> str:
    if not number.isdecimal() or int(number) >= len(names):
        raise RecipeError(f"'{part}.tsv' has a label '{number}'; emotions.txt names 0 to {len(names) - 1}")
    return names[int(number)]


def _groups(path: Path, names: list[str]) -> dict[str, str]:
    found_groups = json.loads(path.read_text(encoding="utf-8"))
    groups = {"neutral": "neutral"}
    for group, members in found_groups.items():
        if group not in _EMOTIONS:
            raise RecipeError(f"'{path}' has a group '{group}', which the reader does not know")
        groups |= dict.fromkeys(members, _EMOTIONS[group])
    missing = [name for name in names if name not in groups]
    if missing:
        raise RecipeError(f"'{path}' has no group for '{missing[0]}'")
    return groups
