"""A span is read as the whole file would be, without decoding what comes before and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import MediaError
from mien.media.decoding import decoder
from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.media.watching import main_face
from mien.types import SAMPLE_RATE, Float32, Picture, Span
from tests.media.clips import write_clip, write_sound

SECONDS = 30
BLACK = np.zeros((48, 64, 3), np.uint8)
SPANS = [Span(0.3, 1.1), Span(12.34567, 13.5), Span(28.9, 40.0)]


def noise(rate: int) -> Float32:
    return (0.2 * np.random.default_rng(0).standard_normal(SECONDS * rate)).astype(np.float32)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The packets that are decoded from here on."""
    packets: list[Any] = []
    decode = decoder.Decoder.decode

    def counted(self: Any, packet: Any) -> Iterator[Any]:
        packets.append(packet)
        return decode(self, packet)

    monkeypatch.setattr(decoder.Decoder, "decode", counted)
    return packets


def check_sound(path: Path) -> None:
    """Every span has the samples, and the times, that it has in the whole."""
    whole = read_audio(path)
    for span in SPANS:
        part = read_audio(path, span)
        first = round((part.start - whole.start) * SAMPLE_RATE)
        assert first == round((span.start - whole.start) * SAMPLE_RATE)
        last = min(len(whole.samples), round((span.end - whole.start) * SAMPLE_RATE))
        assert np.array_equal(part.samples, whole.samples[first:last])


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_plain_sound_is_taken_up_shortly_before_the_span(tmp_path: Path, rate: int, decoded: list[Any]) -> None:
    path = write_sound(tmp_path / "a.wav", noise(rate), rate)
    check_sound(path)
    every, few = packets(path, Span(20.0, 21.0), decoded)
    assert few < 0.2 * every


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.flv", "flv")])
def test_coded_sound_is_read_to_the_end_of_the_span(tmp_path: Path, name: str, codec: str, decoded: list[Any]) -> None:
    """From its start: the decoder of AAC makes up noise that depends on all it has decoded."""
    path = write_clip(tmp_path / name, [BLACK], noise(44_100), rate=44_100, codec=codec)
    check_sound(path)
    every, few = packets(path, Span(2.0, 3.0), decoded)
    assert few < 0.2 * every


def packets(path: Path, span: Span, decoded: list[Any]) -> list[int]:
    """How many are decoded for the whole sound, and for a span of it."""
    counts = []
    for part in (None, span):
        decoded.clear()
        read_audio(path, part)
        counts.append(len(decoded))
    return counts


def test_a_span_after_the_end_is_empty_sound(tmp_path: Path) -> None:
    assert len(read_audio(write_sound(tmp_path / "a.wav", noise(16_000)), Span(50.0, 51.0)).samples) == 0


def test_sound_alone_and_pictures_alone_are_on_the_clock_of_the_file(tmp_path: Path) -> None:
    """Pictures begin a second after the sound here, and sound a second after the pictures there."""
    path = write_clip(tmp_path / "v.mkv", [BLACK] * 25, noise(16_000), times=[1.0 + i / 25 for i in range(25)])
    # FFmpeg before 8 writes the 64 ms that AAC needs to begin in front of all else.
    assert pictures(path)[0].time == pytest.approx(1.0, abs=0.07)
    path = write_clip(tmp_path / "s.mkv", [BLACK] * 75, noise(16_000), delay=1.0)
    assert read_audio(path).start == pytest.approx(1.0, abs=0.07)


def pictures(path: Path, start: float = 0.0) -> list[Picture]:
    found = stream(path, 5.0, sound=False, start=start)
    return [p for p in found if isinstance(p, Picture) and p.time >= start]


@pytest.mark.parametrize(
    ("name", "codec", "skips"),
    [
        ("v.mp4", "mpeg4", True),
        ("v.mp4", "libx264", True),
        ("v.mkv", "libx264", True),
        ("v.avi", "mpeg4", False),
        ("v.flv", "flv", False),
    ],
)
@pytest.mark.parametrize("even", [True, False], ids=["steady", "uneven"])
def test_pictures_of_a_span_are_those_of_the_whole(
    tmp_path: Path, name: str, codec: str, skips: bool, even: bool, decoded: list[Any]
) -> None:
    rng = np.random.default_rng(1)
    shown = [np.full((48, 64, 3), 40 + i % 150, np.uint8) for i in range(25 * SECONDS)]
    for i, picture in enumerate(shown):
        picture[i % 40 : i % 40 + 8, 10:30] = 250
    steps = np.full(len(shown), 0.04) if even else rng.choice([0.02, 0.04, 0.3], len(shown), p=[0.5, 0.45, 0.05])
    path = write_clip(tmp_path / name, shown, None, times=list(np.cumsum(steps) - steps[0]), codec=codec)
    whole = pictures(path)
    every = len(decoded)
    for start in (0.3, 11.0, 12.34567, 22.2, 27.0):
        decoded.clear()
        found, wanted = pictures(path, start), [p for p in whole if p.time >= start]
        assert [p.time for p in found] == [p.time for p in wanted]
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(found, wanted, strict=True))
    assert (len(decoded) < 0.4 * every) == skips


def test_the_face_of_a_span_is_that_of_the_whole(samples: Path, tmp_path: Path, decoded: list[Any]) -> None:
    portrait = read_image(samples / "image/faceapi_happy.jpg")[:280, :480]
    shown = [np.roll(portrait, i % 50, axis=1) for i in range(25 * 12)]
    path = write_clip(tmp_path / "v.mp4", shown, None)
    span = Span(6.0, 8.0)
    part = main_face(path, span)
    assert len(decoded) < 0.45 * len(shown)
    whole = main_face(path)
    assert part is not None
    assert whole is not None
    assert list(part.times) == [t for t in whole.times if t in span]


def test_an_index_that_leads_astray_costs_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "a.wav", noise(16_000))
    wanted = read_audio(path, Span(20.0, 21.0))
    monkeypatch.setattr("mien.media.decoding.open._RUN_UP", 1.01)
    assert np.array_equal(read_audio(path, Span(20.0, 21.0)).samples, wanted.samples)


def test_nothing_to_decode_is_told_in_a_span_too(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "v.mp4", [BLACK] * 25, None)
    with pytest.raises(MediaError, match="neither sound nor pictures"):
        read_audio(path, Span(0.5, 1.0))
