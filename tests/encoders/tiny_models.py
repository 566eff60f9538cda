"""Tiny models of the ecosystem, made from a config and saved as their authors would; nothing comes from a hub."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

_SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
_CONV = {"conv_dim": (8,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
_PICTURE = {"image_size": 32, "patch_size": 8}
_WORDS = (
    *(
        "i",
        "can",
        "'",
        "t",
        "believe",
        "we",
        "won",
        "!",
        "oh",
        "no",
        "so",
        "glad",
        ".",
        "hello",
        "there",
        "person",
        "-",
        "1",
    ),
    *("a", "b", ":", "is", "it", "true", "?", "unbelievably", "good", "news"),
)

CHINESE = "我很高兴你来了"
TEXT = ("bert", "roberta", "gpt2", "xlm_roberta")
WAVE = ("wav2vec2", "wav2vec2_layer_norm", "hubert", "wavlm")
VOICE = (*WAVE, "whisper")
FACE = ("vit", "clip", "resnet")


def tiny_model(kind: str, folder: Path) -> Path:
    """``folder/kind`` with config.json, model.safetensors, and tokenizer.json or preprocessor_config.json."""
    path = folder / kind
    if not path.is_dir():
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _model(kind).save_pretrained(path)
        if kind in TEXT:
            write_tokenizer(kind, path / "tokenizer.json")
        else:
            table = {"do_normalize": True, "sampling_rate": 16_000} if kind in VOICE else _picture(kind)
            (path / "preprocessor_config.json").write_text(json.dumps(table))
    return path


def _picture(kind: str) -> dict[str, object]:
    size = {"shortest_edge": 40} if kind == "clip" else {"height": 32, "width": 32}
    crop = {"crop_size": {"height": 32, "width": 32}} if kind == "clip" else {}
    return {"size": size, "resample": 3, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], **crop}


def _model(kind: str) -> Any:
    import transformers

    t: Any = transformers  # whose configs take what the tables hold
    ends = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    whisper = {"encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    whisper |= {
        "d_model": 16,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "vocab_size": 99,
        "max_source_positions": 64,
    }
    conv = {"num_channels": 3, "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
    made = {
        "bert": lambda: t.BertModel(t.BertConfig(vocab_size=99, **_SMALL)),
        "roberta": lambda: t.RobertaModel(
            t.RobertaConfig(vocab_size=99, max_position_embeddings=130, **ends, **_SMALL)
        ),
        "xlm_roberta": lambda: t.XLMRobertaModel(
            t.XLMRobertaConfig(vocab_size=99, max_position_embeddings=130, **ends, **_SMALL)
        ),
        "gpt2": lambda: t.GPT2Model(
            t.GPT2Config(vocab_size=99, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
        ),
        "wav2vec2": lambda: t.Wav2Vec2Model(t.Wav2Vec2Config(**_SMALL, **_CONV)),
        "wav2vec2_layer_norm": lambda: t.Wav2Vec2Model(
            t.Wav2Vec2Config(feat_extract_norm="layer", do_stable_layer_norm=True, **_SMALL, **_CONV)
        ),
        "hubert": lambda: t.HubertModel(t.HubertConfig(**_SMALL, **_CONV)),
        "wavlm": lambda: t.WavLMModel(t.WavLMConfig(**_SMALL, **_CONV)),
        "whisper": lambda: t.WhisperModel(t.WhisperConfig(**whisper, **ends, decoder_start_token_id=0)),
        "vit": lambda: t.ViTModel(t.ViTConfig(**_SMALL, **_PICTURE)),
        "clip": lambda: t.CLIPVisionModel(t.CLIPVisionConfig(**_SMALL, **_PICTURE)),
        "resnet": lambda: t.ResNetModel(t.ResNetConfig(**conv)),
    }
    build: Any = made[kind]
    return build()


def write_tokenizer(kind: str, path: Path) -> None:
    """A tokenizer of the model's kind over a few words: word pieces, bytes, or the unigrams of several languages."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    if kind == "bert":
        vocabulary = {w: i for i, w in enumerate(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS, "##s"]))}
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    elif kind == "xlm_roberta":
        marks = ["<s>", "<pad>", "</s>", "<unk>"]
        pieces = dict.fromkeys([*marks, "▁", *("▁" + w for w in _WORDS if len(w) > 1), *"".join(_WORDS), *CHINESE])
        tokenizer = Tokenizer(models.Unigram([(p, -2.0 if len(p) > 1 else -5.0) for p in pieces], unk_id=3))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
        tokenizer.add_special_tokens(marks)
    else:
        marks = ["<s>", "<pad>", "</s>"] if kind == "roberta" else ["<|endoftext|>", "<unk>"]
        letters = [*marks, *sorted(set("".join(_WORDS)) | set("Ġ,AĊ"))]
        tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(letters)}, [], unk_token=marks[1]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        if kind == "roberta":
            tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
            tokenizer.add_special_tokens(marks)
    tokenizer.save(str(path))


LABELS = ("sad", "joy", "anger", "neutral")
"""The labels of every tiny classifier, in the order of its outputs."""
MEANING = {"sad": "sad", "joy": "happy", "anger": "angry", "neutral": "neutral"}
CLASSIFIERS = {
    "text": ("bert_classifier", "roberta_classifier"),
    "voice": ("wav2vec2_classifier", "wavlm_classifier"),
    "face": ("vit_classifier", "convnext_classifier"),
}


def tiny_classifier(kind: str, folder: Path, **config: Any) -> Path:
    """``folder/kind``: a classifier as the hub stores it, with labels in its config. ``config`` changes its config."""
    path = folder / kind
    if not path.is_dir():
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _classifier(kind, {"id2label": dict(enumerate(LABELS)), **config}).save_pretrained(path)
        if kind in CLASSIFIERS["text"]:
            write_tokenizer(kind.removesuffix("_classifier"), path / "tokenizer.json")
        else:
            table = {"do_normalize": True, "sampling_rate": 16_000} if kind in CLASSIFIERS["voice"] else _picture(kind)
            (path / "preprocessor_config.json").write_text(json.dumps(table))
    return path


def _classifier(kind: str, config: dict[str, Any]) -> Any:
    import transformers

    t: Any = transformers
    places = {"max_position_embeddings": 130, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    several = {"problem_type": "multi_label_classification"}
    made = {
        "bert_classifier": lambda: t.BertForSequenceClassification(t.BertConfig(vocab_size=99, **_SMALL, **config)),
        "roberta_classifier": lambda: t.RobertaForSequenceClassification(
            t.RobertaConfig(vocab_size=99, **places, **_SMALL, **several, **config)
        ),
        "wav2vec2_classifier": lambda: t.Wav2Vec2ForSequenceClassification(
            t.Wav2Vec2Config(classifier_proj_size=8, **_SMALL, **_CONV, **config)
        ),
        "wavlm_classifier": lambda: t.WavLMForSequenceClassification(
            t.WavLMConfig(classifier_proj_size=8, use_weighted_layer_sum=True, **_SMALL, **_CONV, **config)
        ),
        "vit_classifier": lambda: t.ViTForImageClassification(t.ViTConfig(**_SMALL, **_PICTURE, **config)),
        "convnext_classifier": lambda: t.ConvNextForImageClassification(
            t.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, image_size=32, **config)
        ),
    }
    build: Any = made[kind]
    return build()
