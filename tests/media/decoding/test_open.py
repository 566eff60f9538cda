from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.errors import MediaError
from mien.events import Notice
from mien.media.decoding.decoder import Piece
from mien.media.decoding.open import probe, stream
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.types import SAMPLE_RATE, Audio, Picture, Span
from tests.media.clips import beep, turn, write_clip, write_sound


def grey(level: int) -> np.ndarray:
    return np.full((48, 64, 3), level, np.uint8)


def decoded(path: Path, fps: float = 5.0) -> tuple[list[Piece], list[Notice]]:
    """What a file holds, and what was noticed."""
    found = list(stream(path, fps))
    return [p for p in found if not isinstance(p, Notice)], [n for n in found if isinstance(n, Notice)]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_any_sample_rate_becomes_16_khz_on_the_same_clock(tmp_path: Path, rate: int) -> None:
    audio = read_audio(write_sound(tmp_path / "a.wav", beep(1.5, at=1.0, rate=rate), rate))
    assert audio.samples.dtype == np.float32
    assert audio.span.duration == pytest.approx(1.5, abs=0.01)
    onset = np.flatnonzero(np.abs(audio.samples) > 0.2)[0] / SAMPLE_RATE
    assert onset == pytest.approx(1.0, abs=0.005)


def test_a_span_is_cut_to_the_sample(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", beep(2.0, at=1.0))
    part = read_audio(path, Span(0.9, 1.4))
    assert len(part.samples) == 8000
    assert part.start == pytest.approx(0.9)


def test_sound_and_pictures_share_one_clock(tmp_path: Path) -> None:
    pictures = [grey(30 if i < 50 else 220) for i in range(100)]
    pieces, notices = decoded(write_clip(tmp_path / "v.mp4", pictures, beep(4.0, at=2.0)), fps=25)
    shown = [p for p in pieces if isinstance(p, Picture)]
    first_bright = next(p.time for p in shown if p.pixels.mean() > 120)
    assert first_bright == pytest.approx(2.0, abs=1 / 25)
    sound = [p for p in pieces if isinstance(p, Audio)]
    onset = next(
        p.start + np.flatnonzero(np.abs(p.samples) > 0.2)[0] / SAMPLE_RATE for p in sound if p.samples.max() > 0.2
    )
    assert onset == pytest.approx(2.0, abs=0.03)
    assert notices == []


def test_pictures_are_sampled_at_the_asked_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "v.mp4", [grey(i) for i in range(100)], None)
    times = [p.time for p in decoded(path, fps=5)[0] if isinstance(p, Picture)]
    assert len(times) == 20
    assert np.allclose(np.diff(times), 0.2, atol=0.041)


def test_variable_frame_rate_goes_by_time_stamps(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 1.0, 1.04, 3.0, 3.5]
    path = write_clip(tmp_path / "v.mkv", [grey(30 * i) for i in range(7)], None, times=times)
    shown = [p for p in decoded(path, fps=5)[0] if isinstance(p, Picture)]
    first, second = [0.2, 0.4, 0.6, 0.8], [1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4, 2.6, 2.8]
    assert [p.time for p in shown] == pytest.approx([0.0, *first, 1.0, *second, 3.0, 3.2, 3.5], abs=0.002)
    levels = [float(p.pixels.mean()) for p in shown]
    held = [0, *[60] * 4, 90, *[120] * 9, 150, 150, 180]
    assert levels == pytest.approx(held, abs=3), "a picture is shown until the next one comes"
    assert shown[6].pixels is shown[14].pixels


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 20), "black")
    picture.paste((255, 255, 255), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "p.jpg", exif=exif)
    pixels = read_image(tmp_path / "p.jpg")
    assert pixels.shape == (40, 20, 3)
    assert pixels[:20].mean() > 200
    assert pixels[20:].mean() < 60


@pytest.mark.parametrize(("degrees", "bright"), [(90, "top"), (180, "right"), (270, "bottom")])
def test_a_video_of_a_turned_phone_is_put_upright(tmp_path: Path, degrees: int, bright: str) -> None:
    picture = grey(30)
    picture[:, :32] = 220
    path = turn(write_clip(tmp_path / "v.mp4", [picture] * 5, None), degrees)
    (first, *_), lines = decoded(path)
    assert isinstance(first, Picture)
    halves = dict(zip(("top", "bottom"), np.array_split(first.pixels, 2), strict=True))
    halves |= dict(zip(("left", "right"), np.array_split(first.pixels, 2, axis=1), strict=True))
    assert first.pixels.shape == ((48, 64, 3) if degrees == 180 else (64, 48, 3))
    assert max(halves, key=lambda half: halves[half].mean()) == bright
    assert halves[bright].mean() > 200
    assert lines == []


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.avi"])
def test_broken_bytes_in_a_title_stop_nothing(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, [grey(100)] * 25, beep(1.0, at=0.5))
    before = [p.pixels.shape if isinstance(p, Picture) else p.samples.shape for p in decoded(path)[0]]
    whole = path.read_bytes()
    assert b"Lavf" in whole, "the name of the program that wrote it is among the metadata"
    path.write_bytes(whole.replace(b"Lavf", b"\xff\xfe\xe9\xe8"))
    pieces, lines = decoded(path)
    assert [p.pixels.shape if isinstance(p, Picture) else p.samples.shape for p in pieces] == before
    assert (48, 64, 3) in before
    assert probe(path).kind == "video"
    assert lines == []


def test_probe_tells_what_a_file_holds(samples: Path) -> None:
    video = probe(samples / "video/cremad_1001_DFA_HAP.flv")
    assert (video.kind, video.has_audio) == ("video", True)
    assert probe(samples / "video/fer_test.mp4").has_audio is False
    assert probe(samples / "audio/marco_synth_zh_sad.webm").kind == "audio"
    assert probe(samples / "image/fer_justin.jpg").kind == "image"


def test_bad_files_get_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is not a film\n" * 50)
    for name, message in {
        "empty.mp4": "is empty",
        "text.mp4": "is not media",
        "gone.mp4": "there is no file",
        ".": "is a folder",
    }.items():
        with pytest.raises(MediaError, match=message):
            probe(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", beep(0.5, 0.1))
    path.chmod(0)
    with pytest.raises(MediaError, match="no permission"):
        probe(path)


def test_absurd_dimensions_are_refused_before_decoding(tmp_path: Path) -> None:
    chunks = [(b"IHDR", (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"), (b"IDAT", b"\x00" * 64)]
    parts = [len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in chunks]
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(MediaError, match="megapixels"):
        read_image(tmp_path / "huge.png")


def test_a_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "v.mkv", [grey(i) for i in range(250)], beep(10.0, 2.0))
    (tmp_path / "half.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    pieces, notices = decoded(tmp_path / "half.mkv")
    assert pieces
    assert [n.code for n in notices] == ["cut_short"]
