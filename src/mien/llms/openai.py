"""Any server with an OpenAI-compatible interface: vLLM, llama.cpp, Ollama, LM Studio, or one that is paid for."""

from __future__ import annotations

import base64
import io
import ipaddress
import os
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mien.errors import InputError, closest
from mien.llms._http import Limits, Line
from mien.llms._servers import OPENAI, SERVERS, UNKNOWN, Server, told
from mien.llms.base import (
    Capabilities,
    Llm,
    Message,
    Part,
    Picture,
    Question,
    Reply,
    Sound,
    Text,
    Token,
    UnansweredError,
    llms,
)
from mien.media.encoding.wav import wav

KEYS = ("MIEN_LLM_KEY", "OPENAI_API_KEY")
"""The environment variables that may hold the key, in this order. It is read from nowhere else, and never written."""

_ABLE = ("image", "audio", "json_schema", "logprobs", "none")
_TOP = 20  # alternatives of a token that are asked for, the most that servers give


@llms.register
class OpenAi(Llm):
    """A model behind an OpenAI-compatible server.

    Args:
        model: its name on the server.
        address: of the server, such as "http://localhost:8000/v1".
        can: what it can do, in place of asking and trying: "image", "audio", "json_schema" and "logprobs", separated by
            commas, or "none"; "" to find out.
        at_once: how many questions it takes at the same time.
        seconds: longest time of one question with its retries.

    Raises:
        InputError: the address is none, or ``can`` names something else.
    """

    def __init__(self, model: str, address: str, can: str = "", at_once: int = 4, seconds: float = 600.0) -> None:
        self.model, self.place = model, address.rstrip("/")
        host = _host(address)
        self.remote, self.at_once = leaves(address), at_once
        self._stated = _stated(can)
        self._commercial = host == "api.openai.com"
        key = next((value for name in KEYS if (value := os.environ.get(name))), "")
        limits = Limits(read=seconds / 2, total=seconds, at_once=at_once)
        self._line = Line(self.place, {"Authorization": f"Bearer {key}"} if key else {}, limits)

    @property
    def capabilities(self) -> Capabilities:
        """See the class."""
        return self._known[1]

    def ask(self, question: Question) -> Reply:
        """See the class."""
        server, able = self._known
        return self._asked(question, server, able)

    def close(self) -> None:
        """Ends what is under way."""
        self._line.close()

    @cached_property
    def _known(self) -> tuple[Server, Capabilities]:
        server, answer = self._kind()
        if self._stated is not None:
            return server, Capabilities(**{name: name in self._stated for name in _ABLE if name != "none"})
        image, audio = told(server, answer, self.model)
        if image is None:
            image = self._tries(server, Picture(_grey()))
        if audio is None:
            audio = self._tries(server, Sound(_silence()))
        return server, Capabilities(image, audio, server.json_schema, server.logprobs)

    def _kind(self) -> tuple[Server, Mapping[str, Any]]:
        """Which server it is, and what it tells about the model."""
        if self._commercial:
            return OPENAI, {}
        root = self.place.removesuffix("/v1")
        for server in SERVERS:
            answer = self._line.look(root + server.probe)
            if answer is not None and server.sign in answer:
                if server.name == "ollama":
                    answer = self._line.look(f"{root}/api/show", {"model": self.model}) or {}
                return server, answer
        return UNKNOWN, {}

    def _tries(self, server: Server, part: Part) -> bool:
        """Whether the model takes such a part: it is sent an empty one, and asked for a single token."""
        messages = (Message("user", (Text("Answer with one word."), part)),)
        try:
            self._asked(Question(messages, {}, tokens=1), server, Capabilities(image=True, audio=True))
        except UnansweredError:
            return False
        return True

    def _asked(self, question: Question, server: Server, able: Capabilities) -> Reply:
        begun = time.monotonic()
        answer = self._line.post(f"{self.place}/chat/completions", body(question, self.model, server, able))
        return reply(answer, time.monotonic() - begun)


def body(question: Question, model: str, server: Server, able: Capabilities) -> dict[str, Any]:
    """The JSON of a question, as the server spells it. What the server lacks is left out."""
    table: dict[str, Any] = {
        "model": model,
        "messages": [_message(m, server, able) for m in question.messages],
        "temperature": question.temperature,
        "seed": question.seed,
        server.length: question.tokens,
        "stream": False,
    }
    if able.json_schema and question.schema:
        named = {"name": "expressed", "strict": True, "schema": dict(question.schema)}
        table["response_format"] = {"type": "json_schema", "json_schema": named}
    if able.logprobs and question.logprobs:
        table |= {"logprobs": True, "top_logprobs": _TOP}
    return table


def _message(message: Message, server: Server, able: Capabilities) -> dict[str, Any]:
    parts = [p for p in (_part(part, server, able) for part in message.parts) if p is not None]
    if all(part["type"] == "text" for part in parts):
        return {"role": message.role, "content": "\n".join(part["text"] for part in parts)}
    return {"role": message.role, "content": parts}


def _part(part: Part, server: Server, able: Capabilities) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Picture):
        url = f"data:image/jpeg;base64,{base64.b64encode(part.jpeg).decode('ascii')}"
        return {"type": "image_url", "image_url": {"url": url}} if able.image else None
    if not able.audio:
        return None
    data = base64.b64encode(part.wav).decode("ascii")
    if server.audio == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{data}"}}
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def reply(answer: Mapping[str, Any], seconds: float) -> Reply:
    """What a server answered. Every field may be missing, or hold anything.

    Raises:
        UnansweredError: it holds no message.
    """
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise UnansweredError("it gave no text")
    usage, logs = _table(answer.get("usage")), _table(choice.get("logprobs"))
    rows = logs.get("content")
    rows = rows if isinstance(rows, list) else []
    return Reply(
        text, tuple(_tokens(rows)), _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"), seconds
    )


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tokens(rows: list[Any]) -> list[Token]:
    found = []
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("token"), str):
            others = [r for r in row.get("top_logprobs") or [] if isinstance(r, dict)]
            pairs = [(r["token"], float(r["logprob"])) for r in (*others, row) if _numbered(r)]
            found.append(Token(row["token"], tuple(dict(pairs).items())))
    return found


def _numbered(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("token"), str) and isinstance(row.get("logprob"), int | float)


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) else None


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, scheme, hidden = parts.hostname, parts.scheme, parts.username or parts.password or parts.query
    except ValueError:
        host, scheme, hidden = None, "", ""
    if not host or scheme not in ("http", "https"):
        raise InputError(f"'{address}' is no address of a server; it looks like http://localhost:8000/v1")
    if hidden:
        raise InputError("the address of --llm holds no user, password or query; put the key into MIEN_LLM_KEY")
    return host


def leaves(address: str) -> bool:
    """Whether what is sent to an address leaves this machine.

    Raises:
        InputError: it is no address of a server.
    """
    host = _host(address)
    try:
        return host != "localhost" and not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _stated(can: str) -> frozenset[str] | None:
    names = [name.strip() for name in can.split(",") if name.strip()]
    for name in names:
        if name not in _ABLE:
            raise InputError(f"a model cannot have the capability '{name}'; {closest(name, _ABLE)}")
    return frozenset(names) if names else None


def _grey() -> bytes:
    """A grey picture of 64 x 64 pixels."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 64), (128, 128, 128)).save(file, "JPEG")
    return file.getvalue()


def _silence() -> bytes:
    """Half a second of silence."""
    return wav(np.zeros(8_000, np.float32))
