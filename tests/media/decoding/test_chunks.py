"""Recordings that come in chunks, as a browser's MediaRecorder gives them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest

from mien.errors import InputError
from mien.media.decoding.chunks import Chunks
from mien.media.decoding.sound import join, read_audio
from mien.samples import demo_clip
from mien.types import SAMPLE_RATE, Audio


def recording(clip: Path, form: str = "webm", codec: str = "libopus") -> bytes:
    """The sound of a clip as a recorder writes it that cannot go back in its file."""
    file = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"} if form == "mp4" else {}
    with av.open(file, "w", format=form, options=options) as out:
        track: Any = out.add_stream(codec, rate=48_000, layout="mono")
        with av.open(str(clip)) as source:
            resampler = av.AudioResampler("fltp", "mono", 48_000, frame_size=track.codec_context.frame_size or 960)
            for frame in source.decode(audio=0):
                for part in resampler.resample(frame):
                    out.mux(track.encode(part))
            for part in resampler.resample(None):
                out.mux(track.encode(part))
        out.mux(track.encode(None))
    return file.getvalue()


def heard(chunks: Sequence[bytes]) -> Audio:
    found = Chunks()

    def feed() -> None:
        for chunk in chunks:
            found.put(chunk)
        found.stop()

    Thread(target=feed, daemon=True).start()
    return join(list(found))


def in_parts(whole: bytes, size: int = 1500) -> list[bytes]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


@pytest.mark.parametrize(("form", "codec"), [("webm", "libopus"), ("ogg", "libopus"), ("mp4", "aac")])
def test_the_sound_of_chunks_is_that_of_the_file(form: str, codec: str) -> None:
    found, file = heard(in_parts(recording(demo_clip(), form, codec))), read_audio(demo_clip())
    assert found.span.end == pytest.approx(file.span.end, abs=0.2)
    size = 1 << 18
    both = np.fft.rfft(found.samples, size) * np.conj(np.fft.rfft(file.samples, size))
    late = int(np.argmax(np.fft.irfft(both)))
    late = late - size if late > size // 2 else late
    assert abs(found.start - file.start + late / SAMPLE_RATE) < 0.06, "voice and face belong together"


def test_sound_comes_while_the_recording_goes_on() -> None:
    whole = recording(demo_clip())
    chunks = Chunks()
    chunks.put(whole[: len(whole) // 2])
    first = next(iter(chunks))
    assert len(first.samples)


def test_a_recording_that_is_broken_off_gives_what_there_is() -> None:
    whole = recording(demo_clip())
    assert 2.0 < heard(in_parts(whole[: len(whole) // 2])).span.end < 9.0


@pytest.mark.parametrize(
    "junk",
    [
        b"x" * 100_000,
        bytes(3_000_000),
        b"#EXTM3U\nhttp://example.com/a.ts\n" * 100,
        b"\x1aE\xdf\xa3" + b"\xff" * 50_000,
    ],
    ids=["text", "zeros", "playlist", "matroska"],
)
def test_what_is_no_recording_is_refused_in_one_sentence(junk: bytes) -> None:
    with pytest.raises(InputError, match="no recording with sound"):
        heard(in_parts(junk, 10_000))


def test_a_recording_that_turns_into_junk_ends() -> None:
    whole = recording(demo_clip())
    with pytest.raises(InputError, match="no recording with sound"):
        heard(in_parts(whole[:4000] + b"\xff" * 9_000_000, 60_000))


def test_nothing_at_all_is_silence() -> None:
    chunks = Chunks()
    chunks.stop()
    assert list(chunks) == []
