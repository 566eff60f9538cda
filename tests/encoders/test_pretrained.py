"""Pretrained models give here what transformers gives, and what learns of them is what was asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.data.load import words_of
from mien.encoders._front import sound
from mien.encoders.base import Encoder, encoders
from mien.encoders.face_hf import PretrainedFace
from mien.encoders.text_hf import PretrainedText
from mien.encoders.voice_hf import PretrainedVoice
from mien.errors import InputError
from mien.model.trunks import trunk_of
from mien.types import Audio, Frames, Segment, Span, Track
from tests.encoders.tiny_models import CHINESE, TEXT, WAVE, tiny_model

RNG = np.random.default_rng(0)
SOUND = Audio((0.1 * RNG.standard_normal(16_000)).astype(np.float32), start=2.0)
HEARD = Segment(SOUND.span, audio=SOUND)
SAID = Segment(Span(0, 3), words=words_of("I can't believe we won!"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def reference(kind: str, models: Path) -> Any:
    import transformers

    return transformers.AutoModel.from_pretrained(tiny_model(kind, models)).eval()


def run(encoder: Encoder, track: Track | None) -> Tensor:
    assert track is not None
    values = torch.from_numpy(track.values).unsqueeze(0)
    with torch.no_grad():
        states: Tensor = encoder.network().eval()(values, torch.ones(values.shape[:2], dtype=torch.bool))
    return states


@pytest.mark.parametrize("kind", TEXT)
def test_text_states_are_those_of_transformers(kind: str, models: Path) -> None:
    encoder = PretrainedText(str(tiny_model(kind, models)))
    track = encoder.prepare(SAID)
    assert track is not None
    assert track.values.shape == (len(track), 2)
    with torch.no_grad():
        expected = reference(kind, models)(input_ids=torch.from_numpy(track.values[None, :, 0])).last_hidden_state
    torch.testing.assert_close(run(encoder, track), expected, atol=1e-5, rtol=0)


def test_a_model_of_many_languages_reads_chinese(models: Path) -> None:
    encoder = PretrainedText(str(tiny_model("xlm_roberta", models)))
    segment = Segment(Span(0, 2), words=words_of(CHINESE, "zh", Span(0, 2)))
    track, known = encoder.prepare(segment), encoder.words(segment)
    assert track is not None
    assert known is not None
    vocabulary = json.loads((tiny_model("xlm_roberta", models) / "tokenizer.json").read_text(encoding="utf-8"))
    pieces = [vocabulary["model"]["vocab"][i][0] for i in track.values[:, 0]]
    assert "".join(pieces[1:-1]).replace("▁", "") == CHINESE, "each character is a token it knows"
    assert len(pieces) >= len(CHINESE) + 2
    assert segment.words is not None
    owners = [number for number, word in enumerate(segment.words.items) for _ in word.text]
    assert known[1:-1].tolist() == [0, *owners], "a token belongs to the word that its character is"


@pytest.mark.parametrize("kind", WAVE)
def test_states_on_the_waveform_are_those_of_transformers(kind: str, models: Path) -> None:
    encoder = PretrainedVoice(str(tiny_model(kind, models)))
    track = encoder.prepare(HEARD)
    assert track is not None
    assert track.values.shape == (50, 320)
    assert track.times[0] == pytest.approx(2.01)
    samples = torch.from_numpy(np.pad(track.values.reshape(1, -1), ((0, 0), (0, 80))))
    with torch.no_grad():
        expected = reference(kind, models)(samples).last_hidden_state
    torch.testing.assert_close(run(encoder, track), expected, atol=2e-5, rtol=0)


def test_the_waveform_is_what_the_feature_extractor_gives(models: Path) -> None:
    import transformers

    track = PretrainedVoice(str(tiny_model("wav2vec2", models))).prepare(HEARD)
    extractor: Any = transformers.Wav2Vec2FeatureExtractor
    expected = extractor()(SOUND.samples, sampling_rate=16_000)["input_values"][0]
    assert track is not None
    np.testing.assert_allclose(track.values.reshape(-1), expected, atol=1e-5)


def test_a_full_window_of_whisper_is_whisper(models: Path) -> None:
    """The tiny model's window is 64 states, 1.28 s."""
    samples = np.resize(SOUND.samples, 64 * 320)
    encoder = PretrainedVoice(str(tiny_model("whisper", models)))
    track = encoder.prepare(Segment(Span(0, 2), audio=Audio(samples)))
    assert track is not None
    mel = torch.from_numpy(track.values.reshape(128, 80).T.copy()).unsqueeze(0)
    with torch.no_grad():
        expected = reference("whisper", models).encoder(mel).last_hidden_state
    torch.testing.assert_close(run(encoder, track), expected, atol=1e-5, rtol=0)


def test_log_mel_is_what_the_feature_extractor_gives() -> None:
    import transformers

    extractor: Any = transformers.WhisperFeatureExtractor
    expected = extractor(chunk_length=1)(SOUND.samples, sampling_rate=16_000)["input_features"][0]
    found = sound.rows_of_mel(SOUND.samples, 80, 2).reshape(100, 80).T
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["vit", "clip", "resnet"])
def test_pictures_are_standardised_as_the_model_wants(kind: str, models: Path) -> None:
    pixels = RNG.integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    encoder = PretrainedFace(str(tiny_model(kind, models)), pooling="mean")
    track = encoder.prepare(Segment(Span(0, 1), frames=Frames(pixels, np.asarray([0.0, 0.5]))))
    standard = (pixels / 255 - np.asarray([0.5, 0.4, 0.3])) / np.asarray([0.2, 0.3, 0.4])
    with torch.no_grad():
        out = reference(kind, models)(torch.from_numpy(standard.transpose(0, 3, 1, 2)).float()).last_hidden_state
    expected = out.mean(dim=(2, 3)) if kind == "resnet" else out.mean(dim=1)
    torch.testing.assert_close(run(encoder, track)[0], expected, atol=1e-4, rtol=0)


def test_pictures_are_resized_and_spread() -> None:
    front = {"side": 24, "resample": 3, "mean": [0.5] * 3, "std": [0.5] * 3}
    frames = Frames(RNG.integers(0, 255, (9, 32, 32, 3), dtype=np.uint8), np.arange(9.0))
    track = PretrainedFace("anything", frames=3, front=front).prepare(Segment(Span(0, 9), frames=frames))
    assert track is not None
    assert track.values.shape == (3, 24, 24, 3)
    assert track.times.tolist() == [0.0, 4.0, 8.0]


def test_several_layers_are_mixed_by_learned_weights(models: Path) -> None:
    model = str(tiny_model("bert", models))
    track = PretrainedText(model).prepare(SAID)
    first, last = (run(PretrainedText(model, layers=[k]), track) for k in (1, -1))
    encoder = PretrainedText(model, layers=[1, 2])
    torch.testing.assert_close(run(encoder, track), (first + last) / 2)
    network = encoder.network()
    assert sorted(n for n, p in network.named_parameters() if p.requires_grad) == ["body.scale", "body.scores"]
    assert trunk_of(network) is network.trunk, "the model itself is run once for each clip"
    assert trunk_of(only := PretrainedText(model).network()) is only, "nothing learns: all of it is"
    assert trunk_of(PretrainedText(model, learn=True).network()) is None


def test_pooling(models: Path) -> None:
    model = str(tiny_model("bert", models))
    track = PretrainedText(model).prepare(SAID)
    states = run(PretrainedText(model), track)
    expected = {
        "mean": states.mean(dim=1),
        "first": states[:, 0],
        "last": states[:, -1],
        "utterance": states.mean(dim=1),
    }
    for how, vector in expected.items():
        torch.testing.assert_close(run(PretrainedText(model, pooling=how), track)[:, 0], vector)
    narrow = run(PretrainedText(model, pooling="mean", dim=4), track)
    assert narrow.shape == (1, 1, 4)


def test_pooling_over_a_batch_leaves_padding_out(models: Path) -> None:
    encoder = PretrainedText(str(tiny_model("gpt2", models)), pooling="last")
    track = encoder.prepare(SAID)
    assert track is not None
    network = encoder.network().eval()
    values = torch.from_numpy(np.concatenate([track.values, 7 * np.ones((3, 2), np.int64)]))[None]
    mask = torch.arange(values.shape[1]).unsqueeze(0) < len(track)
    with torch.no_grad():
        torch.testing.assert_close(network(values, mask), run(encoder, track))


@pytest.mark.parametrize("kind", ["bert", "gpt2", "wav2vec2"])
def test_adapters_learn_in_place_of_the_weights(kind: str, models: Path) -> None:
    name = "voice_hf" if kind == "wav2vec2" else "text_hf"
    table = {"name": name, "model": str(tiny_model(kind, models))}
    encoder = encoders.build({**table, "lora": 2})
    learning = [n for n, p in encoder.network().named_parameters() if p.requires_grad]
    assert learning
    assert all("lora_" in n for n in learning)
    track = encoder.prepare(HEARD if name == "voice_hf" else SAID)
    torch.testing.assert_close(run(encoder, track), run(encoders.build(table), track), msg="they start as nothing")


def test_what_cannot_be_read_is_told(models: Path, tmp_path: Path) -> None:
    bert = shutil.copytree(tiny_model("bert", models), tmp_path / "bert")
    with pytest.raises(InputError, match="there is no layer 7"):
        run(PretrainedText(str(bert), layers=[7]), PretrainedText(str(bert)).prepare(SAID))
    with pytest.raises(InputError, match="pooling is one of none, mean, utterance"):
        PretrainedText(str(bert), pooling="cls")
    with pytest.raises(InputError, match="name at least one layer"):
        PretrainedText(str(bert), layers=[])
    with pytest.raises(InputError, match="is none of these"):
        PretrainedVoice(str(bert)).prepare(HEARD)
    (bert / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"has no tokenizer.json; save_pretrained\(\) its AutoTokenizer"):
        PretrainedText(str(bert)).prepare(SAID)
    (bert / "model.safetensors").rename(bert / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"has no model.safetensors"):
        PretrainedText(str(bert)).network()
    with pytest.raises(InputError, match="at most 30 seconds"):
        PretrainedVoice(str(bert), seconds=60)
    (bert / "config.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        PretrainedVoice(str(bert)).prepare(HEARD)


def test_a_model_at_another_rate_is_refused(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model("wav2vec2", models), tmp_path / "slow")
    (folder / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 8000}))
    with pytest.raises(InputError, match="wants sound at 8000 Hz"):
        PretrainedVoice(str(folder)).prepare(HEARD)


def test_models_of_the_hub_are_asked_for_and_missed_in_one_sentence() -> None:
    """The tests run under HF_HUB_OFFLINE=1."""
    encoder = PretrainedText("nobody-at-all/no-such-model")
    with pytest.raises(InputError, match="neither a folder nor in the local cache, and the hub cannot be reached"):
        encoder.prepare(SAID)
    with pytest.raises(InputError, match="neither a folder nor in the local cache"):
        encoder.network()
    with pytest.raises(InputError, match="no hub model can have that name"):
        PretrainedText("/no/such/folder").prepare(SAID)
