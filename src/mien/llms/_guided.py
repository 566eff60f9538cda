"""Writes an answer that follows a flat JSON schema, token by token: the model chooses only where the schema leaves a choice.

This is what servers call structured output. It knows objects of strings, enumerations and lists of these, which is all that
``mien.llms.opinion.answer`` asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from mien.llms.base import Token
from mien.types import Float32

_SPACE = 12  # tokens that are kept for what closes an answer
_TOP = 20  # alternatives that are told of a token
_WORD = 12  # tokens of one word in a list of free words
_MOST = 8  # items in a list


class Writer(Protocol):
    """A model with a text that grows."""

    def feed(self, ids: Sequence[int]) -> None:
        """Adds tokens to the text."""

    def logs(self) -> Float32:
        """Log probabilities of the next token, float32 (V,)."""

    def ids(self, text: str) -> list[int]:
        """The tokens of a piece of text."""

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens."""

    def said(self) -> int:
        """How many tokens the answer has so far."""


class Guide:
    """Writes one answer.

    Args:
        writer: the model, which has read the question.
        pick: chooses one of some tokens by their log probabilities: the place of the chosen one.
        limit: longest answer in tokens. The last strings are cut short, so that the answer is always whole.
    """

    def __init__(self, writer: Writer, pick: Callable[[Float32], int], limit: int) -> None:
        self._writer, self._pick, self._limit = writer, pick, limit
        self.tokens: list[Token] = []

    def write(self, schema: Mapping[str, Any]) -> str:
        """The answer."""
        for number, (name, kind) in enumerate(schema["properties"].items()):
            self._put(f'{", " if number else "{"}"{name}": ')
            self._value(kind)
        self._put("}")
        return "".join(token.text for token in self.tokens)

    def _value(self, kind: Mapping[str, Any]) -> None:
        if kind["type"] == "array":
            self._list(kind["items"], int(kind.get("maxItems", _MOST)))
        elif "enum" in kind:
            self._put('"')
            self._one_of([f'{value}"' for value in kind["enum"]])
        else:
            self._put('"')
            self._free(self._limit - self._writer.said() - _SPACE)

    def _list(self, items: Mapping[str, Any], most: int) -> None:
        self._put("[")
        left = list(items.get("enum", ()))
        for number in range(min(most, len(left) or most)):
            more = '"' if number == 0 else ', "'
            if self._one_of([more, "]"]) == "]":
                return
            if left:
                chosen = self._one_of([f'{value}"' for value in left])
                left.remove(chosen.removesuffix('"'))
            else:
                self._free(_WORD)
        self._put("]")

    def _free(self, room: int) -> None:
        """A string up to its quotation mark. Tokens that would break JSON are not taken."""
        for _ in range(max(room, 0)):
            logs = self._writer.logs()
            for at in np.argsort(-logs)[:50]:
                piece = self._writer.text([int(at)])
                before, quote, _ = piece.partition('"')
                if quote and "\\" not in before:
                    self._tell(before, logs)
                    if before:
                        self._writer.feed(self._writer.ids(before))
                    return self._put('"')
                if piece and all(c.isprintable() and c != "\\" for c in piece):
                    break
            else:
                break
            self._step(int(at), logs)
        return self._put('"')

    def _one_of(self, options: Sequence[str]) -> str:
        """One of several texts. Of their tokens only those are compared that differ."""
        spelt = {option: self._writer.ids(option) for option in options}
        left, at = list(options), 0
        while len({tuple(spelt[o]) for o in left}) > 1:
            logs = self._writer.logs()
            nexts = sorted({spelt[o][at] for o in left if len(spelt[o]) > at})
            chosen = nexts[0] if len(nexts) == 1 else nexts[self._pick(logs[nexts])]
            self._step(chosen, logs, nexts)
            left, at = [o for o in left if len(spelt[o]) > at and spelt[o][at] == chosen], at + 1
        for token in spelt[left[0]][at:]:
            self._tell(self._writer.text([token]), None)
            self._writer.feed([token])
        return left[0]

    def _step(self, token: int, logs: Float32, others: Sequence[int] = ()) -> None:
        self._tell(self._writer.text([token]), logs, (token, *others))
        self._writer.feed([token])

    def _put(self, text: str) -> None:
        """Text that the schema fixes."""
        self._tell(text, None)
        self._writer.feed(self._writer.ids(text))

    def _tell(self, text: str, logs: Float32 | None, others: Sequence[int] = ()) -> None:
        top = [] if logs is None else [int(i) for i in np.argsort(-logs)[:_TOP]]
        known = dict.fromkeys([*others, *top])
        pairs = () if logs is None else tuple((self._writer.text([i]), float(logs[i])) for i in known)
        self.tokens.append(Token(text, pairs))
