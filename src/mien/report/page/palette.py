"""How labels and modalities look. Each has a colour, a sign and a pattern, so that nobody depends on colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.types import Modality

SIGNS = {
    "circle": "M8 2.2a5.8 5.8 0 1 0 .01 0z",
    "triangle-up": "M8 1.8 14.4 13.4H1.6z",
    "triangle-down": "M8 14.2 1.6 2.6h12.8z",
    "diamond": "M8 1 15 8l-7 7-7-7z",
    "x": "M4.4 1.6 8 5.2l3.6-3.6 2.8 2.8L10.8 8l3.6 3.6-2.8 2.8L8 10.8l-3.6 3.6-2.8-2.8L5.2 8 1.6 4.4z",
    "square": "M2.6 2.6h10.8v10.8H2.6z",
    "star": "M8 .8l2.1 4.9 5.3.5-4 3.5 1.2 5.2L8 12.2l-4.6 2.7 1.2-5.2-4-3.5 5.3-.5z",
    "hexagon": "M8 1.2 13.9 4.6v6.8L8 14.8 2.1 11.4V4.6z",
}
"""{name of a sign: its SVG path in a box of 16 x 16}."""


PATTERNS = {
    "": "",
    ".": "M1.5 2.5h2M5.5 6.5h2",
    "\\": "M-1-1 9 9M-1 7 1 9M7-1l2 2",
    "x": "M0 0 8 8M8 0 0 8",
    "|": "M2 0v8M6 0v8",
    "-": "M0 2h8M0 6h8",
    "+": "M4 0v8M0 4h8",
    "/": "M-1 9 9-1M-1 1l2-2M7 9l2-2",
}
"""{name of a pattern: SVG path of its lines in a tile of 8 x 8}."""


@dataclass(frozen=True)
class Look:
    """A colour (CSS), a sign (a key of ``SIGNS``) and a pattern (a key of ``PATTERNS``; "" for a plain area)."""

    colour: str
    sign: str
    pattern: str


# Okabe and Ito 2008, "Color universal design". People with any common colour blindness can tell these apart.
_EMOTIONS = {
    "neutral": Look("#9a9a9a", "circle", ""),
    "happy": Look("#e69f00", "triangle-up", "."),
    "sad": Look("#0072b2", "triangle-down", "\\"),
    "angry": Look("#d55e00", "diamond", "x"),
    "fearful": Look("#cc79a7", "x", "|"),
    "disgusted": Look("#009e73", "square", "-"),
    "surprised": Look("#56b4e9", "star", "+"),
}
# Tol 2021, "Colour schemes", the muted scheme. It is used for the labels of other tasks.
_OTHERS = ("#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499")
_PATTERNS = ("", ".", "\\", "x", "|", "-", "+", "/")

MODALITY_LOOKS: dict[Modality, Look] = {
    "text": Look("#3f5673", "square", ""),
    "voice": Look("#7f9bbd", "circle", "/"),
    "face": Look("#c3d3e6", "diamond", "."),
}
"""Looks of modalities. Their colours are shades of one hue, so that nobody takes a modality for an emotion."""


def looks(labels: Sequence[str]) -> list[Look]:
    """A look for each label, in order. Labels that are not emotions of mien get looks by their place."""
    signs = list(SIGNS)
    return [
        _EMOTIONS.get(label)
        or Look(_OTHERS[i % len(_OTHERS)], signs[i % len(signs)], _PATTERNS[i // len(_OTHERS) % len(_PATTERNS)])
        for i, label in enumerate(labels)
    ]
