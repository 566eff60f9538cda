from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from mien.events import Notice
from mien.media.decoding.arrays import sound_of
from mien.media.decoding.mixing import Offset
from mien.media.decoding.open import stream
from mien.media.decoding.sound import read_audio
from mien.types import Float32
from tests.media.clips import beep, write_sound


def write_channels(path: Path, channels: list[Float32], layout: str, rate: int = 16_000) -> Path:
    with av.open(str(path), "w") as container:
        out = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        samples = (np.clip(np.stack(channels, axis=1), -1, 1) * 32767).astype(np.int16).reshape(1, -1)
        part = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16", layout)
        part.sample_rate = rate
        container.mux(out.encode(part))
        container.mux(out.encode(None))
    return path


def voice(seconds: float = 3.0) -> Float32:
    return (0.1 * np.random.default_rng(0).standard_normal(round(16_000 * seconds))).astype(np.float32)


def test_channels_that_cancel_each_other_are_heard_as_one_of_them(tmp_path: Path) -> None:
    sound = voice()
    path = write_channels(tmp_path / "a.wav", [sound, -sound], "stereo")
    assert read_audio(path).samples == pytest.approx(sound, abs=1e-3)
    assert [n.code for n in stream(path, 5.0) if isinstance(n, Notice)] == ["channels_cancel"]
    assert sound_of(np.stack([sound, -sound], axis=1), 16_000).samples == pytest.approx(sound, abs=1e-3)


def test_channels_that_begin_to_cancel_in_the_middle_are_heard_to_the_end(tmp_path: Path) -> None:
    sound = voice()
    turned = np.where(np.arange(len(sound)) < 24_000, sound, -sound).astype(np.float32)
    heard = read_audio(write_channels(tmp_path / "a.wav", [sound, turned], "stereo")).samples
    assert np.sqrt(np.square(heard[32_000:]).mean()) == pytest.approx(0.1, rel=0.1)


def test_different_channels_are_averaged_and_nothing_is_told(tmp_path: Path) -> None:
    left, right = voice(), 0.1 * np.random.default_rng(1).standard_normal(48_000).astype(np.float32)
    path = write_channels(tmp_path / "a.wav", [left, right], "stereo")
    assert read_audio(path).samples == pytest.approx((left + right) / 2, abs=1e-3)
    assert [n for n in stream(path, 5.0) if isinstance(n, Notice)] == []


def test_loud_stereo_is_not_clipped(tmp_path: Path) -> None:
    """FFmpeg adds the channels at 0.7 each, which is too loud when both are."""
    loud = 1.8 * beep(1.0, at=0.0, length=1.0)
    heard = read_audio(write_channels(tmp_path / "a.wav", [loud, loud], "stereo")).samples
    assert heard == pytest.approx(loud, abs=1e-3)


def test_a_constant_offset_is_taken_out(tmp_path: Path) -> None:
    sound = voice()
    heard = read_audio(write_sound(tmp_path / "a.wav", sound + 0.3)).samples
    assert abs(heard.mean()) < 0.002
    assert heard[64:] == pytest.approx(sound[64:], abs=0.01)


def test_sound_without_an_offset_stays_exactly_as_it_is() -> None:
    sound, offset = voice(), Offset()
    given = [offset(sound[at : at + 1000]) for at in range(0, len(sound), 1000)]
    assert np.array_equal(np.concatenate([*given, offset.rest()]), sound)


def test_short_sound_is_given_whole(tmp_path: Path) -> None:
    sound = voice(0.3)
    assert len(read_audio(write_sound(tmp_path / "a.wav", sound)).samples) == len(sound)
