from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError
from mien.events import Notice
from mien.media.decoding.open import probe, stream
from mien.media.decoding.sound import read_audio
from mien.types import Audio, Float32


def write_tracks(path: Path, *tracks: Float32) -> Path:
    """A file with several sound tracks, 16 kHz."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=16_000, layout="mono") for _ in tracks]
        for at in range(0, max(map(len, tracks)), 1024):
            for out, sound in zip(streams, tracks, strict=True):
                if not len(piece := sound[at : at + 1024]):
                    continue
                part = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece[None]), "fltp", "mono")
                part.sample_rate, part.pts = 16_000, at
                container.mux(out.encode(part))
        for out in streams:
            container.mux(out.encode(None))
    return path


def heard(path: Path, track: int | None = None) -> tuple[Float32, list[Notice]]:
    found = list(stream(path, 5.0, track=track))
    return (
        np.concatenate([p.samples for p in found if isinstance(p, Audio)]),
        [n for n in found if isinstance(n, Notice)],
    )


def like(one: Float32, other: Float32) -> float:
    """Correlation of two sounds that may be shifted by the delay of the codec."""
    size = min(len(one), len(other))
    spectra = [np.fft.rfft(s[:size], 2 * size) for s in (one, other)]
    best = np.fft.irfft(spectra[0] * np.conj(spectra[1])).max()
    return float(best / np.sqrt(np.square(one[:size]).sum() * np.square(other[:size]).sum()))


@pytest.fixture(scope="module")
def speech(samples: Path) -> Float32:
    return read_audio(samples / "audio/cremad_1002_DFA_ANG.wav").samples


def test_an_empty_first_track_is_not_the_one_that_is_read(tmp_path: Path, speech: Float32) -> None:
    path = write_tracks(tmp_path / "v.mkv", np.zeros(len(speech), np.float32), speech)
    samples, notices = heard(path)
    assert like(samples, speech) > 0.9
    assert notices == [Notice("track_chosen", {"track": 2, "tracks": 2})]


def test_of_several_tracks_the_one_with_speech_is_read(tmp_path: Path, speech: Float32) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(len(speech))).astype(np.float32)
    samples, notices = heard(write_tracks(tmp_path / "v.mp4", noise, speech))
    assert like(samples, speech) > 0.9
    assert notices == [Notice("track_chosen", {"track": 2, "tracks": 2})]


def test_without_speech_the_track_that_is_not_silent_is_read(tmp_path: Path) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(32_000)).astype(np.float32)
    samples, _ = heard(write_tracks(tmp_path / "v.mkv", np.zeros(32_000, np.float32), noise))
    assert like(samples, noise) > 0.9


def test_of_like_tracks_the_first_is_read(tmp_path: Path, speech: Float32) -> None:
    samples, notices = heard(write_tracks(tmp_path / "v.mkv", speech, speech[::-1].copy()))
    assert like(samples, speech) > 0.9
    assert notices == [Notice("track_chosen", {"track": 1, "tracks": 2})]


def test_the_user_may_choose(tmp_path: Path, speech: Float32) -> None:
    path = write_tracks(tmp_path / "v.mkv", np.zeros(len(speech), np.float32), speech)
    silent, notices = heard(path, track=1)
    assert np.abs(silent).max() < 1e-3
    assert notices == []
    assert like(heard(path, track=2)[0], speech) > 0.9
    with pytest.raises(InputError, match=r"no sound track 3 in 'v\.mkv'; it has 2"):
        heard(path, track=3)


def test_the_picture_of_a_cover_is_no_video(tmp_path: Path, speech: Float32) -> None:
    with av.open(str(tmp_path / "a.mp3"), "w", options={"id3v2_version": "0"}) as container:
        out = container.add_stream("libmp3lame", rate=16_000, layout="mono")
        for at in range(0, len(speech), 1152):
            part = av.AudioFrame.from_ndarray(np.ascontiguousarray(speech[None, at : at + 1152]), "fltp", "mono")
            part.sample_rate, part.pts = 16_000, at
            container.mux(out.encode(part))
        container.mux(out.encode(None))
    Image.new("RGB", (64, 64), "red").save(tmp_path / "c.jpg")
    cover = b"\x00image/jpeg\x00\x03\x00" + (tmp_path / "c.jpg").read_bytes()
    frame = b"APIC" + len(cover).to_bytes(4, "big") + b"\x00\x00" + cover
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    path = tmp_path / "b.mp3"
    path.write_bytes(b"ID3\x03\x00\x00" + size + frame + (tmp_path / "a.mp3").read_bytes())
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
    info = probe(path)
    assert (info.kind, info.has_audio) == ("audio", True)
    assert like(heard(path)[0], speech) > 0.9
