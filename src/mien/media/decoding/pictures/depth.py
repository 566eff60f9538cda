"""Brings the pixels of any kind of picture to 8 bits of red, green and blue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

_WHITES = (
    1.0,
    255.0,
    1023.0,
    4095.0,
    16383.0,
    65535.0,
)  # what white may be, by the number of bits; 1 in floating point


def eight_bits(picture: Image.Image) -> Image.Image:
    """A picture in the mode RGB, with its EXIF entry. What is transparent is shown on white."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        shown = Image.fromarray(_scaled(np.asarray(picture))).convert("RGB")
    elif picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    else:
        shown = picture.convert("RGB")
    if (turn := picture.getexif().get(0x0112)) is not None:
        shown.getexif()[0x0112] = turn
    return shown


def _scaled(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of any range as uint8. White is the usual white of the least number of bits that holds the brightest pixel.

    Cameras write 10, 12 and 14 bits into 16, and programs for science write floating point from 0 to 1 or to 255.
    """
    clean = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    brightest, darkest = float(clean.max(initial=0.0)), float(clean.min(initial=0.0))
    whole = values.dtype.kind in "iu"
    whites = _WHITES[1:] if whole else _WHITES
    white = next((w for w in whites if brightest <= w), brightest)
    low = darkest if darkest < 0 else 0.0
    return np.asarray(np.clip((clean - low) * (255.0 / (white - low)), 0, 255).round(), np.uint8)
