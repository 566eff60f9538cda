"""Encoders that learn from the start: what their rows hold, and that their networks see what they should."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.encoders.face_conv import FaceConv
from mien.encoders.face_vgg import FaceVGG
from mien.encoders.voice_cnn import VoiceCNN
from mien.encoders.voice_opensmile import OpenSmileVoice
from mien.errors import InputError
from mien.export.graphs import encoder_graph
from mien.media.decoding.sound import read_audio
from mien.testing import check_encoder
from mien.types import SAMPLE_RATE, Audio, Float32, Frames, Segment, Span, Track


def hum(seconds: float, pitch: float = 200.0, start: float = 0.0) -> Segment:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    audio = Audio((0.2 * np.sin(2 * np.pi * pitch * time)).astype(np.float32), start)
    return Segment(audio.span, audio=audio)


def prepared(encoder: VoiceCNN | FaceConv | OpenSmileVoice, segment: Segment) -> Track:
    track = encoder.prepare(segment)
    assert track is not None
    return track


def states(encoder: VoiceCNN, values: Float32, mask: list[list[bool]]) -> torch.Tensor:
    torch.manual_seed(0)
    network = encoder.network().eval()
    with torch.no_grad():
        found: torch.Tensor = network(torch.from_numpy(values), torch.tensor(mask))
    return found


@pytest.mark.parametrize(("reads", "shape"), [("mel", (25, 320)), ("waveform", (25, 640)), ("values", (1, 800))])
def test_rows_of_a_voice(reads: str, shape: tuple[int, int]) -> None:
    encoder = VoiceCNN(reads)
    check_encoder(encoder, hum(1.0))
    track = prepared(encoder, hum(1.0, start=3.0))
    assert track.values.shape == shape
    assert track.values.dtype == np.float32
    assert track.times[0] == pytest.approx(3.5 if reads == "values" else 3.02)
    if reads != "mel":
        assert track.values.mean() == pytest.approx(0, abs=1e-3)
        assert track.values.std() == pytest.approx(1, abs=0.01)
    assert track.quality[1] == pytest.approx(1.0, abs=0.03)


def test_mel_rows_show_the_pitch() -> None:
    low, high = (prepared(VoiceCNN(), hum(1.0, p)).values.reshape(-1, 80).mean(axis=0) for p in (300, 3000))
    assert low.argmax() < high.argmax()


def test_values_are_the_means_of_equal_stretches() -> None:
    samples = np.repeat(np.arange(8, dtype=np.float32), 1000) - 3.5
    track = prepared(VoiceCNN("values", values=8), Segment(Span(0, 1), audio=Audio((samples / 4).astype(np.float32))))
    np.testing.assert_allclose(track.values[0], (np.arange(8) - 3.5) / np.std(np.arange(8)), atol=1e-5)


def test_what_is_too_long_is_cut_and_what_is_silent_is_absent() -> None:
    assert len(prepared(VoiceCNN(seconds=0.4), hum(1.0))) == 10
    assert VoiceCNN().prepare(hum(0.2)) is None
    assert VoiceCNN().prepare(Segment(Span(0, 1), audio=Audio(np.zeros(SAMPLE_RATE, np.float32)))) is None
    with pytest.raises(InputError, match="voice_cnn reads one of mel, waveform, values, not 'text'"):
        VoiceCNN("text")


@pytest.mark.parametrize("reads", ["mel", "waveform"])
def test_the_rest_of_a_batch_changes_nothing(reads: str) -> None:
    encoder = VoiceCNN(reads, dim=8)
    rows = prepared(encoder, hum(0.5)).values
    alone = states(encoder, rows[None, :8], [[True] * 8])
    both = states(encoder, np.stack([rows, rows]), [[True] * 8 + [False] * (len(rows) - 8), [True] * len(rows)])
    assert both.shape == (2, len(rows), 8)
    torch.testing.assert_close(both[:1, :8], alone)


def test_colour_reaches_the_two_convolutions() -> None:
    red = np.zeros((1, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    encoder = FaceConv(side=16, dim=4)
    tracks = [prepared(encoder, Segment(Span(0, 1), frames=Frames(p, np.zeros(1)))) for p in (red, red[..., ::-1])]
    assert tracks[0].values.shape == (1, 16, 16, 3)
    torch.manual_seed(0)
    network = encoder.network()
    found = [network(torch.from_numpy(t.values)[None], torch.ones(1, 1, dtype=torch.bool)) for t in tracks]
    assert found[0].shape == (1, 1, 4)
    assert not torch.allclose(found[0], found[1])


def test_the_vgg_has_the_ten_convolutions_of_the_paper() -> None:
    network = FaceVGG(width=4).network()
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [4, 4, 8, 8, 16, 16, 16, 16, 16, 16]
    assert network.dim == 16


@pytest.mark.parametrize(("features", "level", "size"), [("eGeMAPSv02", "functionals", 88), ("eGeMAPSv02", "lld", 25)])
def test_opensmile(features: str, level: str, size: int, samples: Path) -> None:
    audio = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav")
    encoder = OpenSmileVoice(features, level)
    track = prepared(encoder, Segment(audio.span, audio=audio))
    assert track.values.shape[1] == size
    assert (len(track) > 100) == (level == "lld")
    pitch = next(i for i, name in enumerate(encoder._smile.feature_names) if name.startswith("F0semitone"))
    assert 10 < track.values[:, pitch].max() < 60, "semitones above 27.5 Hz"


def test_opensmile_is_an_extra_for_research(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(InputError, match=r"licensed for research only.*pip install 'mien\[opensmile\]'"):
        OpenSmileVoice().prepare(hum(1.0))
    with pytest.raises(InputError, match="not 'eGeMAPSv02 words'"):
        OpenSmileVoice(level="words")


@pytest.mark.slow
@pytest.mark.parametrize(("reads", "width"), [("mel", 320), ("waveform", 640), ("values", 800)])
def test_the_exported_graph_takes_any_batch_and_length(reads: str, width: int) -> None:
    import onnxruntime

    network = VoiceCNN(reads, dim=8).network().eval()
    rng = np.random.default_rng(0)
    sample = Track(np.arange(5.0), rng.standard_normal((5, width)).astype(np.float32))
    session = onnxruntime.InferenceSession(encoder_graph(network, sample).SerializeToString())
    for size, length in ((1, 1), (3, 7)):
        values, mask = rng.standard_normal((size, length, width)).astype(np.float32), np.ones((size, length), bool)
        mask[-1, 3:] = False
        (found,) = session.run(None, {"values": values, "mask": mask})
        with torch.no_grad():
            expected = network(torch.from_numpy(values), torch.from_numpy(mask)).numpy()
        np.testing.assert_allclose(found[mask], expected[mask], atol=1e-4)
