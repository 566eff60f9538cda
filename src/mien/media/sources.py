"""What can be analysed: files, bytes, arrays, text, or pieces that still come in."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.events import Notice
from mien.media.decoding.arrays import picture_of, pieces_of, sound_of
from mien.media.decoding.decoder import Piece
from mien.media.decoding.open import MediaInfo, probe, stream
from mien.media.written import check_size, is_text
from mien.types import SAMPLE_RATE, Audio, Clip


@dataclass(frozen=True)
class Ahead:
    """A video or a sound of which stretches were read ahead, see ``mien.media.ahead``.

    Attributes:
        path: the file.
        folder: holds what was found: ``look-N.npz`` the faces, ``said-KEY.json`` words.
    """

    path: Path
    folder: Path


Source = (
    str
    | os.PathLike[str]
    | Clip
    | Ahead
    | bytes
    | bytearray
    | memoryview
    | BinaryIO
    | NDArray[np.uint8]
    | tuple[NDArray[np.generic], int]
    | Iterable[Piece]
)
"""A path, a ``Clip``, the bytes of a file, an open file, a picture uint8 RGB (H, W, 3), sound as (samples, rate), or pieces.
Pieces are ``Audio`` and ``Picture`` in order of time; they may come live from a microphone and a camera."""

_NAMES = {np.ndarray: "picture", tuple: "sound"}  # of others that have no name: "bytes", "file" or "live"
_LONGEST_NAME = 60  # characters of a temporary file; in UTF-8 this stays below the 255 bytes of file systems


@dataclass(frozen=True)
class Feed:
    """Sound and pictures of a clip, in order of time.

    Attributes:
        name: of the clip.
        info: what it holds.
        pieces: given pictures a second, and whether pictures are wanted: all of it, from its start.
        path: the file; ``None`` for what lies in memory or comes in.
        ahead: the folder with what was read ahead; ``None`` for nothing. Then the pieces have no pictures.
    """

    name: str
    info: MediaInfo
    pieces: Callable[[float, bool], Generator[Piece | Notice]]
    path: Path | None = None
    ahead: Path | None = None


def check_length(feed: Feed, seconds: float, hours: float) -> None:
    """Refuses a file that lasts too long: a damaged or malicious one may go on for years.

    Raises:
        InputError: it lasts longer than ``hours``.
    """
    if feed.path is not None and seconds > 3600 * hours:
        raise InputError(f"'{feed.name}' lasts more than {hours:g} hours; cut it, or allow more with --hours")


@dataclass(frozen=True)
class Given:
    """What a source is. At most one of ``text_file``, ``still`` and ``feed`` is set; without them, the clip's text is read.

    Attributes:
        clip: its name, its span, and its text if that is known.
        text_file: a text file or a file of subtitles; ``None`` for other sources.
        still: a picture as uint8 RGB (H, W, 3) or as a file; ``None`` for other sources.
        feed: a video or a sound; ``None`` for other sources.
    """

    clip: Clip
    text_file: Path | None = None
    still: Path | NDArray[np.uint8] | None = None
    feed: Feed | None = None


@contextmanager
def opened(
    source: Source | None, text: str | None, subtitles: Path | None, track: int | None = None
) -> Iterator[Given]:
    """Finds out what a source is, and holds its files open inside the ``with`` block.

    Args:
        source: what to read; ``None`` when only ``text`` is given.
        text: the words said.
        subtitles: a file with the words and their times.
        track: which sound track of a file is read, counted from 1; ``None`` chooses by content.

    Raises:
        InputError: the source cannot be used, or the words do not fit it.
    """
    with ExitStack() as open_files:
        if source is None or isinstance(source, str | os.PathLike | Clip):
            yield _named(_clip_of(source, text, subtitles), subtitles, track)
        elif isinstance(source, Ahead):
            yield _read_ahead(_named(_clip_of(source.path, text, subtitles), subtitles, track), source.folder)
        elif isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
            path = open_files.enter_context(_on_disk(cast("bytes | bytearray | memoryview | BinaryIO", source)))
            clip = _clip_of(Clip(name_of(source), video=path), text, subtitles)
            yield _named(clip, subtitles, track)
        else:
            yield _in_memory(source, text, subtitles)


def _clip_of(source: str | os.PathLike[str] | Clip | None, text: str | None, subtitles: Path | None) -> Clip:
    """A ``Clip`` for whatever was given. A path becomes its ``video``; the kind of the file is found out when it is opened.

    Raises:
        InputError: there are words twice, several files, or nothing at all.
    """
    if text is not None and subtitles is not None:
        raise InputError("there are words twice; give a text or subtitles, not both")
    if source is None and subtitles is not None:
        raise InputError("subtitles go with a video or a sound; to read the subtitles alone, name them as the file")
    if isinstance(source, Clip):
        clip = source if text is None else replace(source, text=text)
    elif source is None:
        clip = Clip("text", text=text)
    else:
        clip = Clip(Path(source).name, video=Path(source), text=text)
    if clip.text is not None:
        if not isinstance(clip.text, str):
            raise InputError(f"the words are a str, not {type(clip.text).__name__}")
        check_size(clip.text, "text")
        clip = replace(clip, text=_without_surrogates(clip.text))
    files = [f for f in (clip.video, clip.audio, clip.image) if f is not None]
    if len(files) > 1:
        raise InputError("pictures and sound lie in several files; join them into one video first")
    if not files and not (clip.text or "").strip():
        raise InputError("there is nothing to analyse: name a file, or give --text")
    return replace(clip, id=_without_surrogates(clip.id))


def _without_surrogates(text: str) -> str:
    """The text without lone surrogates. They stand for bytes that are not text, and cannot be written to a file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _named(clip: Clip, subtitles: Path | None, track: int | None) -> Given:
    """What a clip with a file or a text is."""
    file = clip.video or clip.audio or clip.image
    if file is None:
        return Given(clip)
    path = Path(file)  # a user may have written a string
    if is_text(path) and path.is_file():
        if clip.text is not None or subtitles is not None:
            raise InputError(f"'{path}' is text itself; name a video, a sound or a picture, or leave the words out")
        return Given(clip, text_file=path)
    info = probe(path)
    if info.kind == "image":
        if subtitles is not None:
            raise InputError(f"'{path}' is a picture, which has no time for subtitles; give the words as text")
        return Given(clip, still=path)
    return Given(clip, feed=Feed(clip.id, info, lambda fps, pictures: stream(path, fps, pictures, track=track), path))


def _read_ahead(given: Given, folder: Path) -> Given:
    """The same, without its pictures, whose faces are known."""
    if given.feed is None:
        return given
    feed = given.feed

    def sound(fps: float, _pictures: bool) -> Generator[Piece | Notice]:
        if feed.info.has_audio:
            yield from feed.pieces(fps, False)

    return replace(given, feed=replace(feed, pieces=sound, ahead=folder))


def _in_memory(source: object, text: str | None, subtitles: Path | None) -> Given:
    clip = replace(_clip_of(Clip(name_of(source), video=Path()), text, subtitles), video=None)
    if isinstance(source, np.ndarray):
        if subtitles is not None:
            raise InputError("a picture has no time for subtitles; give the words as text")
        return Given(clip, still=picture_of(source))
    if isinstance(source, tuple):
        sound = sound_of(*source) if len(source) == 2 else None
        if sound is None:
            raise InputError("sound in memory is given as a pair: (samples, rate)")
        info = MediaInfo("audio", sound.span.end, has_audio=True)
        return Given(clip, feed=Feed(clip.id, info, lambda fps, pictures: _seconds(sound)))
    if not isinstance(source, Iterable):
        raise InputError(
            f"a {type(source).__name__} cannot be read; give a path, bytes, an open file, arrays or pieces"
        )
    if text is not None:
        raise InputError("words go with a clip that is there as a whole; give subtitles, or leave the words out")
    coming = MediaInfo("video", 0.0, has_audio=True)
    return Given(clip, feed=Feed(clip.id, coming, lambda fps, pictures: pieces_of(source, fps)))


def _seconds(sound: Audio) -> Generator[Piece | Notice]:
    """Yields a sound one second at a time."""
    for at in range(0, len(sound.samples), SAMPLE_RATE):
        yield Audio(sound.samples[at : at + SAMPLE_RATE], sound.start + at / SAMPLE_RATE)


@contextmanager
def _on_disk(source: bytes | bytearray | memoryview | BinaryIO) -> Iterator[Path]:
    """A temporary copy of the source. Decoders move back and forth in a file, which not every source allows.

    Raises:
        InputError: the file is open as text.
    """
    if isinstance(source, io.TextIOBase):
        raise InputError(f"'{name_of(source)}' is open as text; open it with mode 'rb', or give its words as text")
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        # Its name may come from anywhere. Only the ending counts, which tells subtitles from media.
        name = _without_surrogates(name_of(source)).replace("\0", "")[-_LONGEST_NAME:].strip(".")
        path = Path(folder) / (name or "clip")
        if isinstance(source, bytes | bytearray | memoryview):
            path.write_bytes(source)
        else:
            with path.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        yield path


def name_of(source: object) -> str:
    """The name of a source in results: its file name where it has one; otherwise its kind, such as "picture" or "live"."""
    if isinstance(source, Clip):
        return source.id
    if isinstance(source, Ahead):
        return source.path.name
    name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if isinstance(name, str | os.PathLike) and Path(name).name:
        return Path(name).name
    if isinstance(source, bytes | bytearray | memoryview):
        return "bytes"
    return _NAMES.get(type(source), "file" if hasattr(source, "read") else "live")
