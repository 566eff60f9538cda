"""Reads still pictures, and checks a file before anything is decoded."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media.decoding.depth import eight_bits

if TYPE_CHECKING:
    from PIL import Image

_MAX_PIXELS = 100_000_000  # of videos, and of pictures that cannot be scaled while they are decoded
_MAX_SCALED = 500_000_000  # of JPEG pictures, which are decoded at a half, a quarter or an eighth of their size
_WANTED = 24_000_000  # pixels; a larger picture is scaled down
_LARGE = 40_000_000  # pixels; a larger picture that is no JPEG is decoded by FFmpeg, which needs less memory
_PICTURES = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "HEIF", "AVIF")
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError)
_LIMIT = Lock()


def read_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB (H, W, 3), turned upright by its EXIF entry, at most about 24 megapixels.

    Any number of bits, grey, floating point and CMYK become 8 bits of RGB; see ``depth``. Of a video it is the first picture.

    Raises:
        MediaError: it cannot be decoded, or is too large.
    """
    from PIL import Image, ImageOps

    check_file(path)
    size = picture_size(path)
    if size is None:
        return _by_ffmpeg(path, turn=True)
    try:
        with opened_picture(path) as picture:
            if picture.format == "JPEG" and size[0] * size[1] > _WANTED:
                picture.draft(picture.mode, _within(size, 2 * _WANTED))
            elif size[0] * size[1] > _LARGE and picture.mode in ("RGB", "RGBA", "L", "LA"):
                turned = ImageOps.exif_transpose(_marked(_by_ffmpeg(path, turn=False), picture))
                return np.asarray(turned)
            upright = ImageOps.exif_transpose(eight_bits(picture))
            if upright.width * upright.height > _WANTED:
                # `draft` takes the next larger size, and the rest is averaged.
                upright = upright.resize(_within(upright.size, _WANTED), Image.Resampling.BOX)
            return np.asarray(upright)
    except (*_FAULTS, Image.DecompressionBombError) as error:
        raise MediaError(f"the picture '{path}' is damaged and cannot be decoded") from error


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a still picture in pixels; ``None`` when Pillow does not know the file as a picture.

    Raises:
        MediaError: it is too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with opened_picture(path) as picture:
            size, scaled = picture.size, picture.format == "JPEG" and not picture.info.get("progressive")
    except (UnidentifiedImageError, Image.DecompressionBombError, *_FAULTS):
        return None
    limit = _MAX_SCALED if scaled else _MAX_PIXELS
    if size[0] * size[1] > limit:
        raise MediaError(f"'{path}' has {size[0]} x {size[1]} pixels; scale it below {limit // 10**6} megapixels")
    return size


@contextmanager
def opened_picture(path: Path) -> Iterator[Image.Image]:
    """A picture whose header is read. Its size is not checked here.

    Raises:
        UnidentifiedImageError: Pillow does not know it.
    """
    from PIL import Image

    _with_heif()
    with _LIMIT, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Pillow's own limit holds for all formats, and it is one for the whole process.
        usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            picture = Image.open(path, formats=[f for f in _PICTURES if f in Image.OPEN])
        finally:
            Image.MAX_IMAGE_PIXELS = usual
    with picture:
        yield picture


def _with_heif() -> None:
    """Makes Pillow read HEIC. FFmpeg would read only one tile of a photo of an iPhone."""
    from PIL import Image

    Image.init()
    if "HEIF" not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)


def _within(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """The largest size of the same shape with at most so many pixels."""
    scale = min(1.0, (pixels / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _by_ffmpeg(path: Path, turn: bool) -> NDArray[np.uint8]:
    """The first picture that FFmpeg finds, uint8 RGB (H, W, 3), at most about 24 megapixels.

    Raises:
        MediaError: there is none.
    """
    from mien.media.decoding.open import first_picture

    return first_picture(path, _WANTED, turn)


def _marked(pixels: NDArray[np.uint8], like: Image.Image) -> Image.Image:
    """Pixels as a picture that is turned like another one."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.getexif()[0x0112] = like.getexif().get(0x0112, 1)
    return picture


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
