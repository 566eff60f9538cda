"""Ready-made classifiers: their answers are those of transformers, and graphs give the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mien.data.load import words_of
from mien.encoders.base import Encoder, encoders
from mien.errors import InputError
from mien.export.ready import exported
from mien.networks.classifiers import Classified, classifier_of_files, write_files
from mien.recipe.labels import LabelTable
from mien.types import Audio, Frames, Modality, Segment, Span
from tests.encoders.tiny_models import CLASSIFIERS, LABELS, MEANING, tiny_classifier, tiny_model

KINDS = [(modality, kind) for modality, kinds in CLASSIFIERS.items() for kind in kinds]
EMOTIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
RNG = np.random.default_rng(0)
SOUND = (0.1 * RNG.standard_normal(320 * 60)).astype(np.float32)
PICTURES = RNG.integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
SEGMENT = Segment(Span(0, 2), None, words_of("I believe we won"), Frames(PICTURES, np.arange(2.0)), Audio(SOUND))


def built(modality: str, model: Path, **options: Any) -> Encoder:
    return encoders.build({"name": f"{modality}_classifier", "model": str(model), "labels": MEANING, **options})


def answer(encoder: Encoder, network: torch.nn.Module) -> np.ndarray[Any, Any]:
    track = encoder.prepare(SEGMENT)
    assert track is not None
    with torch.no_grad():
        logs = network.eval()(torch.from_numpy(track.values)[None], torch.ones(1, len(track), dtype=torch.bool))
    return np.asarray(logs.exp()[0])


def of_transformers(modality: str, model: Path) -> np.ndarray[Any, Any]:
    """What the authors' own preprocessing and model give, by label."""
    import transformers

    t: Any = transformers
    if modality == "text":
        tokenizer = t.PreTrainedTokenizerFast(tokenizer_file=str(model / "tokenizer.json"))
        given, auto = tokenizer("I believe we won", return_tensors="pt"), t.AutoModelForSequenceClassification
        given = {"input_ids": given["input_ids"], "attention_mask": given["attention_mask"]}
    elif modality == "voice":
        given = t.Wav2Vec2FeatureExtractor()(SOUND, sampling_rate=16_000, return_tensors="pt")
        auto = t.AutoModelForAudioClassification
    else:
        how = json.loads((model / "preprocessor_config.json").read_text())
        looks = (torch.from_numpy(PICTURES).movedim(-1, 1) / 255 - torch.tensor(how["image_mean"]).view(3, 1, 1)) / (
            torch.tensor(how["image_std"]).view(3, 1, 1)
        )
        given, auto = {"pixel_values": looks}, t.AutoModelForImageClassification
    network = auto.from_pretrained(model)
    with torch.no_grad():
        logits = network(**given).logits
    several = network.config.problem_type == "multi_label_classification"
    return np.asarray(logits.sigmoid() if several else logits.softmax(dim=-1))


@pytest.mark.parametrize(("modality", "kind"), KINDS)
def test_answers_are_those_of_transformers(modality: str, kind: str, tmp_path: Path) -> None:
    model = tiny_classifier(kind, tmp_path)
    encoder = built(modality, model)
    found, wanted = answer(encoder, encoder.network()), of_transformers(modality, model)
    for at, name in enumerate(LABELS):
        np.testing.assert_allclose(found[:, EMOTIONS.index(MEANING[name])], wanted[:, at], atol=2e-5)
    assert (found[:, EMOTIONS.index("fearful")] < 1e-6).all(), "nothing stands for it"


@pytest.mark.slow
@pytest.mark.parametrize(("modality", "kind"), [KINDS[1], KINDS[3], KINDS[5]])
def test_a_graph_answers_as_the_network(modality: Modality, kind: str, tmp_path: Path) -> None:
    encoder = built(modality, tiny_classifier(kind, tmp_path))
    track = encoder.prepare(SEGMENT)
    assert track is not None
    found = exported(modality, encoder.network(), [track], "onnx")
    assert found.proto is not None


@pytest.mark.parametrize("kind", ["bert_classifier", "roberta_classifier"])
def test_labels_that_mean_the_same_are_counted_together(kind: str, tmp_path: Path) -> None:
    model = tiny_classifier(kind, tmp_path)
    alone = answer(encoder := built("text", model), encoder.network())[0]
    labels = {"sad": "sad", "joy": "happy", "anger": "sad"}
    joined = answer(encoder := built("text", model, labels=labels, left_out=["neutral"]), encoder.network())[0]
    sad, angry, happy = (EMOTIONS.index(name) for name in ("sad", "angry", "happy"))
    both = alone[sad] + alone[angry]
    if kind.startswith("roberta"):  # several labels may apply at once
        both -= alone[sad] * alone[angry]
    assert joined[sad] == pytest.approx(both, abs=1e-6)
    assert joined[happy] == pytest.approx(alone[happy], abs=1e-6)
    assert joined[EMOTIONS.index("neutral")] < 1e-6


@pytest.mark.parametrize(("modality", "kind"), [kinds[0] for kinds in (KINDS[1:2], KINDS[3:4], KINDS[5:6])])
def test_files_of_a_bundle_give_the_same_network(modality: Modality, kind: str, tmp_path: Path) -> None:
    encoder = built(modality, tiny_classifier(kind, tmp_path))
    network = encoder.network()
    assert isinstance(network, Classified)
    config, weights = tmp_path / "c.json", tmp_path / "w.safetensors"
    write_files(network, config, weights)
    run = encoder.in_torch(config, weights)
    track = encoder.prepare(SEGMENT)
    assert track is not None
    states = run(track.values[None], np.ones((1, len(track)), bool))
    np.testing.assert_allclose(np.exp(states[0]), answer(encoder, network), atol=1e-6)


def changed(config: Path, **values: object) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), **values}))


HOSTILE: dict[str, tuple[dict[str, object], str]] = {
    "larger": ({"hidden_size": 4_000_000, "intermediate_size": 4_000_000}, "cannot be built"),
    "deeper": ({"num_hidden_layers": 3}, "its weights are not those of its config"),
    "without end": ({"num_hidden_layers": 10**9}, "its config has num_hidden_layers"),
    "no such kind": ({"model_type": "mine"}, "cannot be built"),
    "no kind": ({"model_type": None}, "cannot be built"),
    "not numbers": ({"hidden_size": "x"}, "cannot be built"),
    "other labels": ({"id2label": {"0": "a", "1": "b", "2": "c", "3": "d"}}, "has no label 'sad'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_config_of_a_stranger_ends_in_one_sentence(name: str, tmp_path: Path) -> None:
    values, why = HOSTILE[name]
    encoder = built("text", tiny_classifier("bert_classifier", tmp_path))
    network = encoder.network()
    assert isinstance(network, Classified)
    config, weights = tmp_path / "c.json", tmp_path / "w.safetensors"
    write_files(network, config, weights)
    changed(config, **dict(values))
    with pytest.raises(InputError, match=why) as told:
        classifier_of_files("text", config, weights, LabelTable(MEANING), EMOTIONS, {})
    assert "\n" not in str(told.value)


def test_a_step_of_a_stranger_is_that_of_the_rows(tmp_path: Path) -> None:
    encoder = built("voice", tiny_classifier("wav2vec2_classifier", tmp_path))
    network = encoder.network()
    assert isinstance(network, Classified)
    config, weights = tmp_path / "c.json", tmp_path / "w.safetensors"
    write_files(network, config, weights)
    changed(config, conv_stride=[1] * 7)
    with pytest.raises(InputError, match="takes 1 samples, and its encoder gives 320"):
        encoder.in_torch(config, weights)


def test_code_beside_a_model_is_never_run(tmp_path: Path) -> None:
    model, mark = tiny_classifier("bert_classifier", tmp_path), tmp_path / "ran"
    (model / "own.py").write_text(f"open({str(mark)!r}, 'w')")
    own = {"AutoConfig": "own.C", "AutoModelForSequenceClassification": "own.M"}
    changed(model / "config.json", model_type="own", auto_map=own)
    with pytest.raises(InputError, match="cannot be loaded by transformers"):
        built("text", model).network()
    assert not mark.exists()


def test_a_model_without_its_head_is_refused(tmp_path: Path) -> None:
    model = tiny_model("bert", tmp_path)
    changed(model / "config.json", id2label=dict(enumerate(LABELS)), label2id={n: i for i, n in enumerate(LABELS)})
    with pytest.raises(InputError, match=r"lack the weights 'classifier\.bias', so what it answers would be random"):
        built("text", model).network()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"\x08" + 7 * b"\0" + b'{"a": 1}'])
def test_weights_that_are_none_end_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    model = tiny_classifier("bert_classifier", tmp_path)
    encoder = built("text", model)
    (model / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="cannot be loaded by transformers"):
        encoder.network()
    with pytest.raises(InputError, match="cannot be built"):
        encoder.in_torch(model / "config.json", model / "model.safetensors")


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    model = tiny_classifier("bert_classifier", tmp_path)
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"has no model\.safetensors"):
        built("text", model).network()


def test_whisper_is_told_apart(tmp_path: Path) -> None:
    encoder = built("voice", tiny_model("whisper", tmp_path))
    with pytest.raises(InputError, match="hears log-mel, and voice_classifier reads models on the waveform"):
        encoder.prepare(SEGMENT)
