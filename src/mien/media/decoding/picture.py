"""Reads still pictures, and checks a file before anything is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError

_MAX_PIXELS = 100_000_000
_PICTURES = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")


def read_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB (H, W, 3), turned upright by its EXIF entry.

    Raises:
        MediaError: it cannot be decoded, or has more than 100 megapixels.
    """
    from PIL import Image, ImageOps

    check_file(path)
    if picture_size(path) is None:
        raise MediaError(f"'{path}' is not a picture that can be read")
    try:
        with Image.open(path, formats=_PICTURES) as picture:
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
            with Image.open(path, formats=_PICTURES) as picture:
                size = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise MediaError(
                f"'{path}' is too large a picture; scale it below {_MAX_PIXELS // 10**6} megapixels"
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
    if width * height > _MAX_PIXELS:
        raise MediaError(
            f"{whose} has pictures of {width} x {height}; scale them below {_MAX_PIXELS // 10**6} megapixels"
        )


def check_file(path: Path) -> None:
    """Refuses a path that is not a readable file with content.

    Raises:
        MediaError: the path is missing, a folder, empty or not readable.
    """
    try:
        if path.is_dir():
            raise MediaError(f"'{path}' is a folder, not a media file")
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaError(f"'{path}' is empty")
    except FileNotFoundError:
        raise MediaError(f"there is no file '{path}'") from None
    except PermissionError:
        raise MediaError(f"there is no permission to read '{path}'") from None
    except OSError as error:
        raise MediaError(f"'{path}' cannot be read: {error.strerror}") from error
    except ValueError as error:  # the name holds a zero byte
        raise MediaError(f"{str(path)!r} is no name of a file") from error
