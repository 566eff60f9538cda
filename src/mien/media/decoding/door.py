"""The one door to media files: nothing but the named file is opened, as one of the formats that are listed here.

FFmpeg takes a name for an address ("http:/server/x.mp4" may be a file of an unpacked archive), and some of its formats are
lists of other files (playlists, concat scripts, manifests). So FFmpeg never sees a name here. It gets the bytes of a file
that Python has opened, and whatever else it asks for is refused.
"""

from __future__ import annotations

import errno
import io
import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from mien.errors import MediaError
from mien.files.ordinary import open_file
from mien.runtime.memory import bounded

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL.Image import Image

FORMATS = (
    *(
        "mov",
        "matroska",
        "avi",
        "flv",
        "asf",
        "mpeg",
        "mpegts",
        "mxf",
        "nut",
        "ogg",
        "ivf",
        "dv",
        "yuv4mpegpipe",
        "gif",
        "apng",
    ),
    *("webp", "webp_anim", "jpegxl_anim"),
    *("h261", "h263", "h264", "hevc", "vvc", "vc1", "av1", "obu", "m4v", "mpegvideo", "mjpeg"),
    *(
        "wav",
        "w64",
        "aiff",
        "au",
        "caf",
        "flac",
        "mp3",
        "aac",
        "loas",
        "ac3",
        "eac3",
        "amr",
        "amrnb",
        "amrwb",
        "dts",
        "dsf",
    ),
    *("ape", "mpc", "mpc8", "tak", "truehd", "tta", "voc", "wv"),
    *("bmp_pipe", "jpeg_pipe", "jpegxl_pipe", "pgm_pipe", "png_pipe", "ppm_pipe", "tiff_pipe", "webp_pipe"),
)
"""FFmpeg's names of the formats that may be read. Each holds all of its media itself. Which one a file has is found out from
its first bytes; its name only helps to choose between formats that begin alike."""
PICTURES = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "HEIF", "AVIF")
"""Pillow's names of the formats of pictures that may be read."""
_OPENING = 20.0  # seconds; to open a file of two hours takes less than one
_PROBED = 64_000_000  # bytes read to open a file, or for one packet; the index of a long video has up to 20 million
MAX_PIXELS = 100_000_000
"""The largest picture, still or in a video."""
_MAX_SAMPLES = 20_000_000  # of one packet, for each channel
_MEMORY = 700_000_000  # bytes that opening, or one packet, may add
_LIMIT = Lock()
_BLOCK = 1 << 16  # bytes FFmpeg reads at a time
_BRANDS = 64  # bytes at the start of a file, in which its brands stand
_HEIF = (b"mif1", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


class Opened:
    """An open media file.

    Attributes:
        container: of PyAV. Packets are read by ``packets`` only, which keeps the limits.
    """

    def __init__(self, container: InputContainer, source: _Source) -> None:
        self.container, self._source = container, source

    def packets(self, streams: Sequence[Any]) -> Iterator[Any]:
        """The packets of some streams in the order of the file.

        Raises:
            av.FFmpegError, OSError, ValueError: the rest cannot be read, or costs too much.
        """
        packets = self.container.demux(list(streams))
        while True:
            self._source.read_so_far = 0
            with bounded(_MEMORY):
                packet = next(packets, None)
            if packet is None:
                if self._source.cost is not None:
                    raise OSError(self._source.cost)
                return
            yield packet


@contextmanager
def container(path: Path) -> Iterator[Opened]:
    """An open media file. It is read up to the length that it has now, so that a file that grows has an end.

    Raises:
        MediaError: it is not an ordinary file, not in one of the ``FORMATS``, or too damaged or too costly to open.
    """
    import av

    av.logging.set_level(None)
    # PyAV before 19 needs an option to open files with broken bytes in titles and names. PyAV 19 has no such option.
    lenient: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
    with ordinary(path) as file:
        source = _Source(file, path.name)
        try:
            with bounded(_MEMORY):
                opened = av.open(
                    source,
                    container_options={"format_whitelist": ",".join(FORMATS)},
                    buffer_size=_BLOCK,
                    io_open=_refuse,
                    timeout=(_OPENING, None),
                    **lenient,
                )
        except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
                source.cost = "it asks for too much memory"
            source.check(path)
            raise MediaError(f"'{path}' is not media that can be read, or it is too damaged to open") from error
        with opened:
            source.check(path)
            source.latest = math.inf
            for found in (*opened.streams.video, *opened.streams.audio):
                _bound(found)
            yield Opened(opened, source)


def _bound(stream: Any) -> None:
    """Sets the largest picture and the longest piece of sound for a stream. Both may change in the middle of a file."""
    context = getattr(stream, "codec_context", None)
    if context is not None:
        # Decoders widen a picture to whole blocks of pixels before they compare.
        pixels = MAX_PIXELS + MAX_PIXELS // 50
        key, most = ("max_pixels", pixels) if stream.type == "video" else ("max_samples", _MAX_SAMPLES)
        context.options = {**context.options, key: str(most)}


@contextmanager
def picture(path: Path) -> Iterator[Image]:
    """An open picture, whose pixels are not yet decoded.

    The caller checks its size.

    Raises:
        MediaError: it is not an ordinary file.
        UnidentifiedImageError, OSError, ValueError, SyntaxError: of Pillow; it is not a picture in one of the ``PICTURES``
            formats, or is damaged.
    """
    from PIL import Image

    with ordinary(path) as file:
        _with_heif(file)
        with _LIMIT, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Pillow's own limit is the same for all formats, but JPEG is scaled while it is decoded.
            usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                opened = Image.open(file, formats=[f for f in PICTURES if f in Image.OPEN])
            finally:
                Image.MAX_IMAGE_PIXELS = usual
        with opened:
            yield opened


def _with_heif(file: BinaryIO) -> None:
    """Makes Pillow read HEIC, where a file looks like it. FFmpeg would read only one tile of a photo of an iPhone."""
    from PIL import Image

    Image.init()
    begin = file.read(_BRANDS)
    file.seek(0)
    # A video needs neither the library nor its memory.
    if "HEIF" not in Image.OPEN and begin[4:8] == b"ftyp" and any(brand in begin for brand in _HEIF):
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)


@contextmanager
def ordinary(path: Path) -> Iterator[BinaryIO]:
    """An ordinary file with content, open for reading.

    Raises:
        MediaError: the path is missing, a folder, a pipe or a device, empty or not readable.
    """
    with open_file(path, kind=MediaError) as file:
        if not file.read(1):
            raise MediaError(f"'{path}' is empty")
        file.seek(0)
        yield file


class _Source:
    """What FFmpeg may do with a file: read and seek, within limits.

    Args:
        file: an ordinary file.
        name: of the file, without folders. FFmpeg looks at its ending only, because ``file`` is already open.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name.encode("utf-8", "replace").decode("utf-8")
        self.cost: str | None = None  # why reading was stopped
        self.latest = time.monotonic() + _OPENING  # when the file must be open
        self.read_so_far = 0  # bytes, since the file or the packet before was complete
        self._file, self._end = file, file.seek(0, io.SEEK_END)
        file.seek(0)

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end of the file, and from when opening it or finding a packet costs too much."""
        found = self._file.read(max(0, min(size, self._end - self._file.tell())))
        self.read_so_far += len(found)
        if self.read_so_far > _PROBED:
            self.cost = f"{_PROBED // 10**6} MB were read without finding media"
        if time.monotonic() > self.latest:
            self.cost = f"it took longer than {_OPENING:.0f} s"
        return found if self.cost is None else b""

    def check(self, path: Path) -> None:
        """Raises:
        MediaError: opening was stopped.
        """
        if self.cost is not None:
            raise MediaError(f"'{path}' cannot be opened: {self.cost}; it is damaged, or made to do harm")

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves in the file. Returns the new position in bytes."""
        return (
            self._file.seek(offset + self._end, io.SEEK_SET)
            if whence == io.SEEK_END
            else self._file.seek(offset, whence)
        )

    def tell(self) -> int:
        """The position in bytes."""
        return self._file.tell()


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Called when a format asks for another file or address."""
    raise PermissionError(f"the file asks for another one: {url!r}")
