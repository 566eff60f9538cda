"""The JSON schema of an answer, and its check. The check is made always, also where a server promises the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mien.errors import harmless
from mien.types import MODALITIES, Modality

_WORDS = 8  # free words of one answer
_WORD = 40  # characters of a free word
_CLAIM = 400  # characters of a reason
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.S)
_FENCE = re.compile(r"^```(?:json)?\s*\n(.*)\n```$", re.S)


@dataclass(frozen=True)
class Wanted:
    """What an answer holds: one of the ``labels``, and free ``words`` and a ``reason`` where they are asked for."""

    labels: tuple[str, ...]
    words: bool = False
    reason: bool = True


@dataclass(frozen=True)
class Said:
    """A valid answer; see ``LlmOpinion``."""

    label: str
    words: tuple[str, ...] = ()
    because: tuple[Modality, ...] = ()
    claim: str = ""


class NotValidError(ValueError):
    """An answer that does not fit the schema. ``code`` says in what, for the repair."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def schema_of(wanted: Wanted) -> dict[str, Any]:
    """The JSON schema. Its label comes first, so that the label's probabilities are those of one place in the answer."""
    properties: dict[str, Any] = {"label": {"type": "string", "enum": list(wanted.labels)}}
    if wanted.words:
        word = {"type": "string", "maxLength": _WORD}
        properties["words"] = {"type": "array", "items": word, "maxItems": _WORDS}
    if wanted.reason:
        properties["because"] = {"type": "array", "items": {"type": "string", "enum": list(MODALITIES)}}
        properties["reason"] = {"type": "string", "maxLength": _CLAIM}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read(text: str, wanted: Wanted) -> Said:
    """What an answer says.

    Around the object there may be white space, a fence of Markdown, and before it the thoughts of a model that thinks aloud.

    Raises:
        NotValidError: the answer is anything else, or does not fit the schema.
    """
    plain = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.match(plain)
    try:
        found = json.loads(fenced[1] if fenced else plain)
    except (ValueError, RecursionError) as error:
        raise NotValidError("no_json") from error
    if not isinstance(found, dict):
        raise NotValidError("no_object")
    keys = set(schema_of(wanted)["properties"])
    if found.keys() != keys:
        raise NotValidError("other_keys")
    if found["label"] not in wanted.labels:
        raise NotValidError("other_label")
    return Said(found["label"], _words(found), _because(found), _claim(found))


def _words(found: Mapping[str, Any]) -> tuple[str, ...]:
    given = found.get("words", [])
    if not (isinstance(given, list) and all(isinstance(w, str) for w in given)) or len(given) > _WORDS:
        raise NotValidError("other_words")
    words = [harmless(w).strip().casefold() for w in given]
    if any(len(w) > _WORD for w in words):
        raise NotValidError("long_words")
    return tuple(dict.fromkeys(w for w in words if w))


def _because(found: Mapping[str, Any]) -> tuple[Modality, ...]:
    given = found.get("because", [])
    if not isinstance(given, list) or any(m not in MODALITIES for m in given):
        raise NotValidError("other_because")
    return tuple(m for m in MODALITIES if m in given)


def _claim(found: Mapping[str, Any]) -> str:
    given = found.get("reason", "")
    if not isinstance(given, str):
        raise NotValidError("other_reason")
    return harmless(given).strip()[:_CLAIM]
