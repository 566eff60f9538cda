from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mien.events import Notice
from mien.media.decoding.clock import Clock
from mien.media.decoding.open import probe, stream
from mien.media.decoding.sound import read_audio
from mien.types import SAMPLE_RATE, Audio, Picture
from tests.media.clips import beep, write_clip


def onsets(path: Path) -> list[float]:
    """When each beep begins, seconds."""
    audio = read_audio(path)
    loud = np.flatnonzero(np.abs(audio.samples) > 0.1) / SAMPLE_RATE
    return [float(t) for i, t in enumerate(loud) if i == 0 or t - loud[i - 1] > 0.3]


def coded(path: Path, sound: np.ndarray, codec: str, rate: int, layout: str = "mono", **options: str) -> Path:
    """A sound file; the container goes by the ending."""
    with av.open(str(path), "w", options=options) as container:
        out: Any = container.add_stream(codec, rate=rate, layout=layout)
        for at in range(0, len(sound), 1024):
            rows = np.ascontiguousarray(np.tile(sound[at : at + 1024], (1 if layout == "mono" else 2, 1)), np.float32)
            part = av.AudioFrame.from_ndarray(rows, "fltp", layout)
            part.sample_rate, part.pts = rate, at
            container.mux(out.encode(part))
        container.mux(out.encode(None))
    return path


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    return path


def test_chained_files_are_heard_to_the_end(tmp_path: Path) -> None:
    one = coded(tmp_path / "a.ogg", beep(2.0, at=0.5, rate=48_000), "libopus", 48_000)
    two = coded(tmp_path / "b.ogg", beep(2.0, at=1.5, rate=48_000), "libopus", 48_000)
    assert onsets(joined(tmp_path / "c.ogg", one, two)) == pytest.approx([0.5, 3.5], abs=0.06)


@pytest.mark.parametrize(("rate", "layout"), [(48_000, "stereo"), (44_100, "mono"), (16_000, "stereo")])
def test_sound_that_changes_its_make_is_heard_to_the_end(tmp_path: Path, rate: int, layout: str) -> None:
    one = coded(tmp_path / "a.aac", beep(2.0, at=0.5, rate=48_000), "aac", 48_000)
    two = coded(tmp_path / "b.aac", beep(2.0, at=1.0, rate=rate), "aac", rate, layout)
    path = joined(tmp_path / "c.aac", one, two)
    assert onsets(path) == pytest.approx([0.5, 3.0], abs=0.15)
    assert [p for p in stream(path, 5.0) if isinstance(p, Notice)] == []


def test_joined_recordings_go_on_where_the_first_ends(tmp_path: Path) -> None:
    bright = [np.full((48, 64, 3), 200, np.uint8)] * 50
    dark = [np.full((48, 64, 3), 20, np.uint8)] * 50
    one = write_clip(tmp_path / "a.ts", bright, beep(2.0, at=0.5), codec="mpeg4")
    two = write_clip(tmp_path / "b.ts", dark, beep(2.0, at=1.5), codec="mpeg4")
    path = joined(tmp_path / "c.ts", one, two)
    assert onsets(path) == pytest.approx([0.5, 3.5], abs=0.2)
    shown = [p for p in stream(path, 5.0) if isinstance(p, Picture)]
    assert [p.time for p in shown] == sorted(p.time for p in shown)
    assert 3.6 < shown[-1].time < 4.2
    assert next(p.time for p in shown if p.pixels.mean() < 100) == pytest.approx(2.0, abs=0.25)


def test_a_header_that_says_too_little_cuts_nothing_off(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "v.flv",
        [np.zeros((48, 64, 3), np.uint8)] * 200,
        beep(8.0, at=7.0, rate=44_100),
        rate=44_100,
        codec="flv",
    )
    whole = path.read_bytes()
    at = whole.index(b"duration") + len(b"duration") + 1
    path.write_bytes(whole[:at] + np.asarray(2.0, ">f8").tobytes() + whole[at + 8 :])
    assert probe(path).duration == pytest.approx(2.0)
    pieces = list(stream(path, 5.0))
    assert max(p.time for p in pieces if isinstance(p, Picture)) == pytest.approx(7.8, abs=0.2)
    assert max(p.span.end for p in pieces if isinstance(p, Audio)) == pytest.approx(8.0, abs=0.2)
    assert [p for p in pieces if isinstance(p, Notice)] == []


def test_a_length_that_ffmpeg_guesses_is_no_promise(tmp_path: Path) -> None:
    """Without an index, FFmpeg takes the first bit rate for all of an MP3: here it guesses more than twice the length."""
    rng = np.random.default_rng(0)
    quiet, loud = np.zeros(48_000 * 2), 0.3 * rng.standard_normal(48_000 * 8)
    sound = np.concatenate([quiet, loud]).astype(np.float32)
    path = coded(tmp_path / "v.mp3", sound, "libmp3lame", 48_000, write_xing="0", id3v2_version="0")
    with av.open(str(path)) as container:
        assert container.duration is not None
    assert [p for p in stream(path, 5.0) if isinstance(p, Notice)] == []
    assert read_audio(path).span.end == pytest.approx(10.0, abs=0.2)


def test_one_damaged_time_stamp_moves_nothing() -> None:
    clock = Clock(0.0, length=10.0)
    clock.heard(2.0)
    assert clock.at("sound", 95_000.0, 2.0) == 2.0
    assert clock.at("sound", 2.1, 2.0) == pytest.approx(2.1)


def test_a_long_gap_is_one_when_the_header_says_that_the_file_is_long() -> None:
    assert Clock(0.0, length=5000.0).at("pictures", 4000.0, 10.0) == 4000.0
    assert Clock(0.0, length=20.0).at("pictures", 4000.0, 0.0) == 0.0


def test_streams_begin_anew_together() -> None:
    clock = Clock(0.0)
    clock.heard(60.0)
    assert clock.at("sound", 0.0, 60.0) == 60.0
    clock.heard(61.0)
    assert clock.at("pictures", 59.9, 59.8) == pytest.approx(59.9), "the pictures of the first part come late"
    assert clock.at("pictures", 0.5, 59.9) == pytest.approx(60.5)
