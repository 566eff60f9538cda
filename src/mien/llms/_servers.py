"""What differs between servers with an OpenAI-compatible interface, as a table. Each row is from the server's documentation.

What a model can read depends on the model. Where the server tells it, it is asked; else it is tried with an empty picture and
a moment of silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Spelling = Literal["input_audio", "audio_url"]


@dataclass(frozen=True)
class Server:
    """One kind of server.

    Attributes:
        name: of the kind.
        probe: address, from the root of the server, whose JSON has the key ``sign`` only at this kind; "" for none.
        sign: see ``probe``.
        json_schema: whether it holds answers to ``response_format`` of type "json_schema".
        logprobs: whether chat completions take "logprobs" and "top_logprobs".
        length: the field for the largest number of tokens.
        audio: how sound is spelled; ``None`` where chat completions take none.
    """

    name: str
    probe: str
    sign: str
    json_schema: bool
    logprobs: bool
    length: str = "max_tokens"
    audio: Spelling | None = "input_audio"


OPENAI = Server("openai", "", "", json_schema=True, logprobs=True, length="max_completion_tokens")
"""https://developers.openai.com/api/reference/resources/chat (looked up 2026-11): parts "image_url" with a data URL and
"input_audio" with base64 and a format, "response_format", "logprobs" with at most 20 "top_logprobs"; "max_tokens" is out of
date."""

SERVERS = (
    # https://raw.githubusercontent.com/ggml-org/llama.cpp/master/docs/multimodal.md: images and sound through
    # /chat/completions. tools/server/README.md: "response_format" with a schema, "logprobs"; GET /props tells "modalities".
    Server("llama.cpp", "/props", "modalities", json_schema=True, logprobs=True),
    # https://docs.ollama.com/api/openai-compatibility: text and images, "response_format", logprobs; no parts of sound.
    # https://docs.ollama.com/api-reference/get-version, and /show-model-details, whose "capabilities" may hold "vision".
    Server("ollama", "/api/version", "version", json_schema=True, logprobs=True, audio=None),
    # https://lmstudio.ai/docs/advanced/structured-output; https://lmstudio.ai/docs/api/rest-api: /api/v0/models tells the type
    # "vlm" of models that see. Its chat completions document neither parts of sound nor "logprobs".
    Server("lmstudio", "/api/v0/models", "data", json_schema=True, logprobs=False, audio=None),
    # https://docs.vllm.ai/en/v0.28.0/serving/online_serving/openai_compatible_server/ and
    # https://docs.vllm.ai/en/v0.18.1/examples/online_serving/openai_chat_completion_client_for_multimodal/: "image_url",
    # "input_audio" and "audio_url", "response_format", "logprobs". GET /version tells its version alone.
    Server("vllm", "/version", "version", json_schema=True, logprobs=True),
)
"""In the order in which they are tried. Ollama answers nothing at /version, and the others nothing at /api/version."""

UNKNOWN = Server("unknown", "", "", json_schema=False, logprobs=False)
"""A server of another kind. Its answers are checked here all the same."""


def told(server: Server, answer: Mapping[str, Any], model: str) -> tuple[bool | None, bool | None]:
    """Whether a model takes pictures and sound, as the server tells; ``None`` where it does not tell.

    Args:
        server: of which kind it is.
        answer: the JSON at ``probe``; of Ollama, the JSON of /api/show.
        model: its name.
    """
    if server.name == "llama.cpp":
        known = answer.get("modalities")
        return (bool(known.get("vision")), bool(known.get("audio"))) if isinstance(known, dict) else (None, None)
    if server.name == "ollama":
        able = answer.get("capabilities")
        return ("vision" in able if isinstance(able, list) else None), False
    if server.name == "lmstudio":
        data = answer.get("data")
        rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
        kinds = {row.get("id"): row.get("type") for row in rows}
        return (kinds[model] == "vlm" if model in kinds else None), False
    return None, None if server.audio else False
