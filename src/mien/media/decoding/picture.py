"""Reads still pictures, and checks a file before anything is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media.decoding import door


def read_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB (H, W, 3), turned upright by its EXIF entry.

    Raises:
        MediaError: it cannot be decoded, or has more than 100 megapixels.
    """
    from PIL import Image, ImageOps

    if picture_size(path) is None:
        raise MediaError(f"'{path}' is not a picture that can be read")
    try:
        with door.picture(path) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise MediaError(f"the picture '{path}' is damaged and cannot be decoded") from error


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a still picture in pixels; ``None`` when the file is not a still picture.

    Raises:
        MediaError: it has more than 100 megapixels.
    """
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with door.picture(path) as picture:
                size = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise MediaError(
                f"'{path}' is too large a picture; scale it below {door.MAX_PIXELS // 10**6} megapixels"
            ) from error
        return None
    check_pixels(path, *size)
    return size


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuses very large pictures before anything is decoded.

    Raises:
        MediaError: above 100 megapixels.
    """
    check_size(width, height, f"'{path}'")


def check_size(width: int, height: int, whose: str = "this clip") -> None:
    """The same as ``check_pixels``, for a picture that may have no file.

    Raises:
        MediaError: above 100 megapixels.
    """
    if width * height > door.MAX_PIXELS:
        raise MediaError(
            f"{whose} has pictures of {width} x {height}; scale them below {door.MAX_PIXELS // 10**6} megapixels"
        )
