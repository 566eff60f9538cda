"""Decodes files into sound and pictures, in one pass and in order of time. No other module opens media files."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mien.errors import MediaError
from mien.events import Notice
from mien.media.decoding import door
from mien.media.decoding.clock import Clock
from mien.media.decoding.decoder import Decoder, Piece, Timed, without_stamps
from mien.media.decoding.picture import check_pixels, picture_size
from mien.media.decoding.pictures.animation import animated, animation
from mien.media.decoding.pictures.aperture import aperture
from mien.media.decoding.tracks import audio_streams, chosen_track, subtitle_streams, video_stream

if TYPE_CHECKING:
    from av.container import InputContainer

# Seconds decoded before the wanted start: pictures come out of order, and resampled sound begins with an echo.
_RUN_UP = 1.0
_TIMED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # containers whose index leads to key frames with exact times
# Containers that do not say how long they are. FFmpeg guesses it from the bit rate, or from the last time stamp.
_GUESSED = frozenset({"aac", "ac3", "amr", "dts", "eac3", "h264", "hevc", "loas", "m4v", "mjpeg", "mpeg", "mpegts"})
_STILL = 0.6  # seconds; a video without sound that is not longer shows one moment, so it is read as a picture


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds.

    Attributes:
        kind: what it is read as. An animated picture is a video; a video of one picture is a picture.
        duration: seconds, as the header says; 0 for a picture, and when the file does not say. It may be wrong.
        has_audio: whether there is sound.
        subtitles: how many tracks of text the file holds.
        indexed: whether pictures can be read from any time on; see ``stream``.
    """

    kind: Literal["video", "audio", "image"]
    duration: float
    has_audio: bool = False
    subtitles: int = 0
    indexed: bool = False


def probe(path: Path) -> MediaInfo:
    """What a file holds, without decoding more than its beginning.

    Raises:
        MediaError: it is not media that can be read.
    """
    if picture_size(path) is not None:
        length = animated(path)
        return MediaInfo("video" if length else "image", length)
    with door.container(path) as opened:
        container = opened.container
        video, sounds = video_stream(container), audio_streams(container)
        if video is None and not sounds:
            raise MediaError(f"'{path}' holds neither sound nor pictures that can be decoded")
        duration, texts = _length(container), len(subtitle_streams(container))
        if video is None:
            return MediaInfo("audio", duration, has_audio=True, subtitles=texts)
        check_pixels(path, video.width, video.height)
        if not sounds and _still(opened, video):
            return MediaInfo("image", 0.0)
        return MediaInfo("video", duration, bool(sounds), texts, container.format.name in _TIMED)


def _length(container: InputContainer) -> float:
    return float(container.duration or 0) / 1e6


def _still(opened: door.Opened, video: Any) -> bool:
    """Whether all pictures come within a moment. Only the first of them are decoded."""
    import av

    if _length(opened.container) > 2 * _STILL:
        return False
    clock, last, count = Timed(video, Clock(start_of(video)), without_stamps(opened.container)), 0.0, 0
    with suppress(av.FFmpegError, OSError, ValueError, IndexError):  # a damaged end; what could be decoded decides
        for packet in opened.packets([video]):
            for frame in packet.decode():
                last, count = clock.time(frame), count + 1
                if last >= _STILL:
                    return False
    return count > 0


def stream(
    path: Path, fps: float, pictures: bool = True, sound: bool = True, start: float = 0.0, track: int | None = None
) -> Generator[Piece | Notice]:
    """Sound in pieces and about ``fps`` pictures a second, on one clock that starts with the file.

    Damaged packets are skipped. A file that is cut short gives what can be decoded. A notice at the end tells of both.

    Args:
        path: the file.
        fps: pictures a second.
        pictures: whether pictures are wanted.
        sound: whether sound is wanted.
        start: seconds; pieces before it may be left out. This happens only when one of pictures and sound is wanted, and
            when the pieces after it stay exactly the same.
        track: which sound track is read, counted from 1; ``None`` chooses by content.

    Raises:
        MediaError: the file cannot be opened, or nothing in it can be decoded.
        InputError: there is no such track.
    """
    if picture_size(path) is not None and animated(path):
        yield from animation(path, fps) if pictures else ()
        return
    with door.container(path) as opened:
        number, compared = chosen_track(opened, path.name, track) if sound else (-1, False)
        if compared:
            yield Notice("track_chosen", {"track": number + 1, "tracks": len(audio_streams(opened.container))})
        elif (yield from _read(path, opened, fps, pictures, number, start)):
            return
    # What was read to compare the tracks, or to find the start, is read again.
    for begin in (start, 0.0) if compared else (0.0,):
        with door.container(path) as opened:
            if (yield from _read(path, opened, fps, pictures, number, begin)):
                return


def _read(
    path: Path, opened: door.Opened, fps: float, pictures: bool, track: int, start: float
) -> Generator[Piece | Notice, None, bool]:
    """See ``stream``. The track is counted from 0; it is -1 when no sound is wanted, or none is there.

    Returns:
        Whether the file was read. Otherwise its index is wrong, and it must be opened again and read from its start.
    """
    container = opened.container
    video, sounds = video_stream(container), audio_streams(container)
    starts = [start_of(s) for s in (video, *sounds[max(track, 0) :][:1]) if s is not None]
    video, audio = video if pictures else None, sounds[track] if 0 <= track < len(sounds) else None
    if video is None and audio is None:
        raise MediaError(f"'{path}' holds neither sound nor pictures that can be decoded")
    shown = None
    if video is not None:
        check_pixels(path, video.width, video.height)
        shown = aperture(path, container, video)
    length = 0.0 if container.format.name in _GUESSED else _length(container)
    decoder = Decoder(min(starts, default=0.0), fps, video, audio, length, without_stamps(container), shown)
    packets = _packets(opened, decoder, start)
    if packets is not None:
        yield from _decode(path, container, packets, decoder)
    return packets is not None


def start_of(stream: Any) -> float:
    """The time stamp at which a stream says it begins, seconds; 0 when it does not say."""
    return 0.0 if stream.start_time is None else float(stream.start_time * stream.time_base)


def _packets(opened: door.Opened, decoder: Decoder, start: float) -> Iterator[Any] | None:
    """All packets, or those from shortly before ``start`` on; ``None`` when the index is wrong and the file must be reopened.

    Pictures are the same whichever key frame decoding starts from. Sound is not: resampling, and the noise that decoders add
    (AAC), depend on the first sample. It stays the same only when the file holds plain samples (PCM), and when decoding
    starts at a full second, where the samples of all rates coincide.
    """
    import av

    video, audio = decoder.video, decoder.audio
    container = opened.container
    packets = opened.packets([s for s in (video, audio) if s is not None])
    plain = audio is not None and audio.codec_context.name.startswith("pcm_") and container.format.name == "wav"
    if audio is None and container.format.name in _TIMED:
        latest = start - decoder.step
    elif video is None and plain:
        latest = math.floor(start)
    else:
        return packets
    if latest <= _RUN_UP:
        return packets
    wanted = video or audio
    try:
        container.seek(math.floor((latest - _RUN_UP + decoder.origin) / wanted.time_base), stream=wanted)
        first = next(packets)
    except (av.FFmpegError, OSError, ValueError, StopIteration):
        return None
    if first.pts is None or not first.is_keyframe:
        return None
    decoder.begun = float(first.pts * wanted.time_base) - decoder.origin
    there = decoder.begun <= latest and (audio is None or decoder.begun.is_integer())
    return chain([first], packets) if there else None


def _decode(
    path: Path, container: InputContainer, packets: Iterator[Any], decoder: Decoder
) -> Iterator[Piece | Notice]:
    import av

    given, damaged, short = 0, 0, False
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except (av.FFmpegError, OSError, ValueError, IndexError):
            short = True
            break
        try:
            for piece in decoder.decode(packet):
                given += 1
                yield piece
        except (av.FFmpegError, OSError, ValueError, IndexError):
            damaged += 1
    for piece in decoder.rest():
        given += 1
        yield piece
    if not given:
        raise MediaError(f"nothing in '{path}' could be decoded; it is damaged or not finished")
    if decoder.cancelled:
        yield Notice("channels_cancel")
    length = _length(container) if _tells_length(path, container.format.name) else 0.0
    if decoder.reached < 0.9 * length - 1.0:
        yield Notice("cut_short", {"reached": round(decoder.reached, 1), "length": round(length, 1)})
    elif short:
        yield Notice("broken_off", {"reached": round(decoder.reached, 1)})
    elif damaged:
        yield Notice("damaged_packets", {"count": damaged})


def _tells_length(path: Path, form: str) -> bool:
    """Whether a file says itself how long it is. Otherwise FFmpeg guesses it from the bit rate or from time stamps."""
    if form != "mp3":
        return form not in _GUESSED
    with path.open("rb") as file:
        head = file.read(10)
        # The size of the tags before the sound is written with 7 bits a byte (ID3v2).
        tags = sum((b & 127) << (21 - 7 * i) for i, b in enumerate(head[6:10])) + 10 if head[:3] == b"ID3" else 0
        file.seek(tags)
        first = file.read(4096)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
