"""Reads still pictures, and checks a file before anything is decoded."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media.decoding import door
from mien.media.decoding.pictures.aperture import aperture
from mien.media.decoding.pictures.depth import eight_bits
from mien.media.decoding.pictures.upright import Upright
from mien.media.decoding.tracks import video_stream

if TYPE_CHECKING:
    from PIL import Image

_MAX_SCALED = 500_000_000  # of JPEG pictures, which are decoded at a half, a quarter or an eighth of their size
_MAX_HEIF = 70_000_000  # libheif needs 12.5 bytes a pixel: 610 MB for one of 49 megapixels
_WANTED = 24_000_000  # pixels; a larger picture is scaled down
_LARGE = 40_000_000  # pixels; a larger picture that is no JPEG is decoded by FFmpeg, which needs less memory
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError)


def read_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB (H, W, 3), turned upright by its EXIF entry, at most about 24 megapixels.

    Any number of bits, grey, floating point and CMYK become 8 bits of RGB; see ``depth``. Of a video it is the first picture.

    Raises:
        MediaError: it cannot be decoded, or is too large.
    """
    from PIL import Image, ImageOps

    size = picture_size(path)
    if size is None:
        return _by_ffmpeg(path, turn=True)
    try:
        with door.picture(path) as picture:
            if picture.format == "JPEG" and size[0] * size[1] > _WANTED:
                picture.draft(picture.mode, _within(size, 2 * _WANTED))
            elif size[0] * size[1] > _LARGE and picture.format != "HEIF" and picture.mode in ("RGB", "RGBA", "L", "LA"):
                # Of a HEIC of an iPhone, FFmpeg would read one tile.
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
        with door.picture(path) as picture:
            size, limit = picture.size, _limit(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, *_FAULTS):
        return None
    if size[0] * size[1] > limit:
        raise MediaError(f"'{path}' has {size[0]} x {size[1]} pixels; scale it below {limit // 10**6} megapixels")
    return size


def _limit(picture: Image.Image) -> int:
    """How many pixels a picture of this format may have."""
    if picture.format == "JPEG" and not picture.info.get("progressive"):
        return _MAX_SCALED
    return _MAX_HEIF if picture.format == "HEIF" else door.MAX_PIXELS


def _within(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """The largest size of the same shape with at most so many pixels."""
    scale = min(1.0, (pixels / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _by_ffmpeg(path: Path, turn: bool) -> NDArray[np.uint8]:
    """The first picture that FFmpeg finds, uint8 RGB (H, W, 3), at most about 24 megapixels.

    Args:
        path: the file.
        turn: whether the picture is put upright.

    Raises:
        MediaError: there is none that can be decoded.
    """
    import av

    with door.container(path) as opened:
        video = video_stream(opened.container)
        if video is not None:
            check_pixels(path, video.width, video.height)
            upright = Upright(video.sample_aspect_ratio, _WANTED, turn, aperture(path, opened.container, video))
            with suppress(av.FFmpegError, OSError, ValueError, IndexError):
                for packet in opened.packets([video]):
                    for frame in packet.decode():
                        return upright(frame)
    raise MediaError(f"'{path}' is not a picture that can be read")


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
    if width * height > door.MAX_PIXELS:
        raise MediaError(
            f"{whose} has pictures of {width} x {height}; scale them below {door.MAX_PIXELS // 10**6} megapixels"
        )
