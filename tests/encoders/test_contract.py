"""Every registered encoder keeps the contract, because it is registered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.data.load import words_of
from mien.encoders.base import Encoder, encoders
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.testing import check_encoder
from mien.types import SAMPLE_RATE, Audio, Frames, Segment, Span, Track
from tests.encoders.tiny_models import CLASSIFIERS, FACE, MEANING, TEXT, VOICE, tiny_classifier, tiny_model

OPTIONS: dict[str, dict[str, object]] = {  # where defaults are not enough
    "bundled": {"modality": "text"},
    "features": {"modality": "text", "size": 3},
}
MODELS = {"text_hf": TEXT, "voice_hf": VOICE, "face_hf": FACE}
MODELS |= {f"{modality}_classifier": kinds for modality, kinds in CLASSIFIERS.items()}
CASES = [(name, kind) for name in encoders.names() for kind in MODELS.get(name, ("",))]


@pytest.fixture(scope="module")
def segment(samples: Path) -> Segment:
    """One real segment with everything."""
    picture = read_image(samples / "image/faceapi_happy.jpg")[:112, :112]
    return Segment(
        Span(0.0, 3.0),
        "person-1",
        words_of("I can't believe we won!"),
        Frames(np.stack([picture, picture[::-1]]), np.asarray([0.0, 0.2])),
        read_audio(samples / "audio/cremad_1002_DFA_ANG.wav"),
        features={"text": Track(np.arange(4.0), np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32))},
    )


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def build(name: str, kind: str, models: Path) -> Encoder:
    options = OPTIONS.get(name, {})
    if name.endswith("_classifier"):
        options = {"model": str(tiny_classifier(kind, models)), "labels": MEANING}
    elif kind:
        options = {"model": str(tiny_model(kind, models))}
    if kind == "resnet":
        options["pooling"] = "mean"
    return encoders.build({"name": name, **options})


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_contract(name: str, kind: str, segment: Segment, models: Path) -> None:
    check_encoder(build(name, kind, models), segment)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_network_ignores_padding(name: str, kind: str, segment: Segment, models: Path) -> None:
    encoder = build(name, kind, models)
    track = encoder.prepare(segment)
    assert track is not None
    network = encoder.network().eval()
    values = torch.from_numpy(track.values).unsqueeze(0)
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    with torch.no_grad():
        plain = network(values, mask)
        padded = network(torch.cat([values, values], dim=1), torch.cat([mask, ~mask], dim=1))
    assert plain.shape[0] == 1
    assert plain.shape[2] == network.dim
    assert torch.allclose(padded[:, : plain.shape[1]], plain, atol=1e-4)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_network_learns_on_the_device_it_is_on(
    name: str, kind: str, segment: Segment, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device "meta" refuses what lies elsewhere as a GPU does. It computes no values, and transformers asks for those of
    a mask to leave it out where it hides nothing."""
    for kept in ("_ignore_bidirectional_mask_sdpa", "_ignore_causal_mask_sdpa"):
        monkeypatch.setattr(f"transformers.masking_utils.{kept}", lambda *_, **__: False, raising=False)
    encoder = build(name, kind, models)
    track = encoder.prepare(segment)
    assert track is not None
    network = encoder.network().train().to("meta")
    values = torch.from_numpy(track.values).unsqueeze(0).to("meta")
    states = network(values, torch.ones(values.shape[:2], dtype=torch.bool, device="meta"))
    assert states.is_meta


def test_text_times_follow_the_words() -> None:
    track = encoders.build({"name": "text_minilm"}).prepare(
        Segment(Span(0, 4), words=words_of("unbelievably good news"))
    )
    assert track is not None
    assert len(track) > 5, "the long word is several pieces, and there are two marks"
    assert track.times[0] == pytest.approx(0.2)
    assert track.times[-2] == pytest.approx(1.0), "the last piece belongs to the third word"
    assert track.quality.tolist() == [1.0, 3.0]


def test_text_leaves_out_what_it_cannot_read() -> None:
    encoder = encoders.build({"name": "text_minilm"})
    assert encoder.prepare(Segment(Span(0, 1), words=words_of("我很高兴"))) is None
    assert encoder.prepare(Segment(Span(0, 1), words=words_of("Ich freue mich", "de"))) is None
    assert encoder.prepare(Segment(Span(0, 1), words=words_of("I am glad", "en"))) is not None


def test_quality_of_the_voice_falls_with_noise(samples: Path) -> None:
    encoder = encoders.build({"name": "voice_whisper"})
    clean = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav")
    rng = np.random.default_rng(0)
    noisy = Audio((clean.samples + 0.05 * rng.standard_normal(len(clean.samples))).astype(np.float32))
    tracks = [encoder.prepare(Segment(a.span, audio=a)) for a in (clean, noisy)]
    assert tracks[0] is not None
    assert tracks[1] is not None
    assert tracks[0].quality[0] > tracks[1].quality[0] + 5


def test_seconds_of_voice_mean_the_same_to_every_encoder(samples: Path) -> None:
    """The guard "there is hardly any voice" reads them of whichever encoder a bundle has."""
    voice = read_audio(samples / "audio/cremad_1002_DFA_ANG.wav").samples
    hiss = (0.01 * np.random.default_rng(0).standard_normal(len(voice))).astype(np.float32)
    named = [encoders.build({"name": name}) for name in ("voice_whisper", "voice_cnn")]
    for sound, least, most in ((voice, 0.5, len(voice) / SAMPLE_RATE), (0.1 * voice, 0.5, 2.0), (hiss, 0.0, 0.2)):
        tracks = [e.prepare(Segment(Span(0, 2), audio=Audio(sound))) for e in named]
        seconds = [t.quality[1] for t in tracks if t is not None]
        assert seconds == [pytest.approx(seconds[0], abs=1e-6)] * 2
        assert least <= seconds[0] <= most


def test_voice_needs_a_quarter_of_a_second_of_sound() -> None:
    encoder = encoders.build({"name": "voice_whisper"})
    short = Audio(np.full(3000, 0.1, np.float32))
    assert encoder.prepare(Segment(short.span, audio=short)) is None
    silent = Audio(np.zeros(16_000, np.float32))
    assert encoder.prepare(Segment(silent.span, audio=silent)) is None


def test_loudness_does_not_matter(samples: Path) -> None:
    encoder = encoders.build({"name": "voice_whisper"})
    loud = read_audio(samples / "audio/emodb_03a01Fa.wav")
    tracks = [encoder.prepare(Segment(loud.span, audio=Audio(loud.samples * gain))) for gain in (1.0, 0.25)]
    assert tracks[0] is not None
    assert tracks[1] is not None
    np.testing.assert_allclose(tracks[0].values[:, :768], tracks[1].values[:, :768], atol=0.02)


def test_quality_of_the_face_is_measured() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 255, (1, 112, 112, 3), dtype=np.uint8)
    soft = np.repeat(np.repeat(sharp[:, ::14, ::14], 14, axis=1), 14, axis=2)
    box = np.asarray([[10, 10, 90, 110]], np.float32)
    encoder = encoders.build({"name": "face_cnn"})
    tracks = [encoder.prepare(Segment(Span(0, 1), frames=Frames(p, np.zeros(1), box))) for p in (sharp, soft)]
    assert tracks[0] is not None
    assert tracks[1] is not None
    assert tracks[0].quality[0] == 80
    assert tracks[0].quality[1] > tracks[1].quality[1]


def test_the_pose_of_the_head_is_measured_where_asked() -> None:
    pixels = np.zeros((3, 48, 48, 3), np.uint8)
    turned = np.asarray([[0, 0, 30], [60, 0, 0], [60, 60, 0]], np.float32)
    lost = np.full((3, 3), np.nan, np.float32)
    encoder = encoders.build({"name": "face_cnn", "pose": True})
    assert encoder.quality_names == ("side_px", "sharpness", "frontal")
    for pose, expected in ((turned, 0.5), (lost, 0.0), (None, 1.0)):
        track = encoder.prepare(Segment(Span(0, 1), frames=Frames(pixels, np.arange(3.0), pose=pose)))
        assert track is not None
        assert encoder.measures(track)["frontal"] == pytest.approx(expected, abs=1e-6)
