"""A language model in this process, from a folder of transformers or a .gguf file. It reads words only."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import InputError
from mien.llms._guided import Guide
from mien.llms.base import Capabilities, Llm, Message, Question, Reply, Text, llms
from mien.runtime.extras import needs_train
from mien.types import Float32


@llms.register
class Transformers(Llm):
    """A causal language model with a chat template, run by transformers. It needs ``mien[train]``.

    Answers follow the schema, because it is held to while they are written. No code of the model's own is run, and nothing is
    downloaded.

    Args:
        model: the folder of the model, or its .gguf file (which also needs the package gguf).

    Raises:
        InputError: there is no such model here, or a package is missing.
    """

    def __init__(self, model: str) -> None:
        needs_train("a language model in this process")
        self._path = Path(model)
        if not self._path.exists():
            raise InputError(f"there is no model in '{model}'; name its folder or its .gguf file with --llm-model")
        self.model, self.place = self._path.name, "here"
        self._one = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """Words alone, with schema and probabilities."""
        return Capabilities(json_schema=True, logprobs=True)

    def ask(self, question: Question) -> Reply:
        """See ``Llm``. Questions are answered one after the other."""
        with self._one:
            begun = time.monotonic()
            writer = self._writer
            read = writer.begin(self._prompt(question.messages))
            rng = np.random.default_rng(question.seed)
            guide = Guide(writer, lambda logs: _picked(logs, question.temperature, rng), question.tokens)
            text = guide.write(question.schema)
            return Reply(text, tuple(guide.tokens), read, writer.said(), time.monotonic() - begun)

    @cached_property
    def _writer(self) -> _Writer:
        return _Writer(*self._loaded)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        where: dict[str, Any] = {"pretrained_model_name_or_path": str(self._path), "local_files_only": True}
        if self._path.is_file():
            where |= {"pretrained_model_name_or_path": str(self._path.parent), "gguf_file": self._path.name}
        try:
            model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(**where)
        except (OSError, ValueError, ImportError) as error:
            raise InputError(f"the language model in '{self._path}' cannot be read: {error}") from error
        if tokenizer.chat_template is None:
            raise InputError(
                f"the language model in '{self._path}' has no chat template; take one that follows instructions"
            )
        model.train(False)
        return model, tokenizer

    def _prompt(self, messages: Sequence[Message]) -> str:
        turns = [
            {"role": m.role, "content": "\n".join(p.text for p in m.parts if isinstance(p, Text))} for m in messages
        ]
        text: str = self._loaded[1].apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text


def _picked(logs: Float32, temperature: float, rng: np.random.Generator) -> int:
    if temperature <= 0:
        return int(logs.argmax())
    odds = np.exp((logs - logs.max()).astype(np.float64) / temperature)
    return int(rng.choice(len(odds), p=odds / odds.sum()))


def _cache() -> Any:
    from transformers import DynamicCache

    return DynamicCache()


class _Writer:
    """A model with its text so far. What a question has in common with the one before is not read again."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._past = _cache()
        known = inspect.signature(model.forward).parameters
        self._name = "cache" if "cache" in known else "past_key_values"  # 5.0 to 5.40 change the name
        self._ids: list[int] = []
        self._begun = 0
        self._logs: Float32 | None = None

    def begin(self, text: str) -> int:
        """Reads a question, and returns how many tokens it has."""
        ids = self.ids(text)
        alike = next((k for k, (a, b) in enumerate(zip(self._ids, ids, strict=False)) if a != b), len(self._ids))
        alike = min(alike, len(ids) - 1)
        if alike < len(self._ids):
            self._past.crop(alike - len(self._ids))
            self._ids = self._ids[:alike]
        self.feed(ids[alike:])
        self._begun = len(ids)
        return len(ids)

    def feed(self, ids: Sequence[int]) -> None:
        """Adds tokens to the text."""
        import torch

        if not ids:
            return
        with torch.inference_mode():
            out = self._model(torch.tensor([list(ids)]), use_cache=True, logits_to_keep=1, **{self._name: self._past})
        self._ids += ids
        self._logs = out.logits[0, -1].log_softmax(-1).numpy()

    def logs(self) -> Float32:
        """Log probabilities of the next token, float32 (V,)."""
        if self._logs is None:
            raise ValueError("nothing was read yet")
        return self._logs

    def ids(self, text: str) -> list[int]:
        """The tokens of a piece of text."""
        found: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        found: str = self._tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        return found

    def said(self) -> int:
        """How many tokens the answer has so far."""
        return len(self._ids) - self._begun
