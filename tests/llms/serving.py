"""A server with an OpenAI-compatible interface for tests: a real socket, and answers from a function."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mien.llms.base import Llm, Message, Question, Text

Answer = Callable[[Mapping[str, Any]], "str | Response"]


@dataclass
class Served:
    """A running server: its address, and what it was asked."""

    address: str
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies without those that try what the model takes."""
        return [b for b in self.bodies if b.get("max_tokens", b.get("max_completion_tokens")) != 1]


def completion(text: str, **more: Any) -> dict[str, Any]:
    """A chat completion as the published interface has it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def answers_of(model: Llm) -> Answer:
    """What a model in this process answers, as the published interface has it, with the probabilities of tokens."""

    def answer(body: Mapping[str, Any]) -> Response:
        messages = tuple(Message(m["role"], (Text(m["content"]),)) for m in body["messages"])
        schema = body["response_format"]["json_schema"]["schema"]
        reply = model.ask(Question(messages, schema, body["temperature"], body["seed"], body["max_tokens"]))
        rows = [
            {
                "token": token.text,
                "logprob": dict(token.alternatives).get(token.text, 0.0),
                "top_logprobs": [{"token": text, "logprob": log} for text, log in token.alternatives],
            }
            for token in reply.tokens
        ]
        return JSONResponse(completion(reply.text, logprobs={"content": rows}))

    return answer


@contextmanager
def served(answer: Answer, pages: Mapping[str, Any] | None = None, port: int = 0) -> Iterator[Served]:
    """A server.

    Args:
        answer: text for the JSON of a question, or a whole response.
        pages: {path: JSON} of what tells its kind; those of vLLM without them.
        port: where it listens; 0 for a free port.
    """
    known = {"/version": {"version": "0.28.0"}} if pages is None else dict(pages)
    found = Served("")

    async def complete(request: Request) -> Response:
        body = json.loads(await request.body())
        found.bodies.append(body)
        found.headers.append(dict(request.headers))
        said = answer(body)
        return said if isinstance(said, Response) else JSONResponse(completion(said))

    async def page(request: Request) -> Response:
        there = known.get(request.url.path)
        return Response(status_code=404) if there is None else JSONResponse(there)

    routes = [Route("/v1/chat/completions", complete, methods=["POST"])]
    app = Starlette(routes=[*routes, Route("/{rest:path}", page, methods=["GET", "POST"])])
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        found.address = f"http://127.0.0.1:{sock.getsockname()[1]}/v1"

        def stop() -> None:
            server.should_exit = True
            server.force_exit = True
            thread.join()

        found.stop = stop
        try:
            yield found
        finally:
            stop()


def said(label: str, **more: Any) -> str:
    """A valid answer with a reason."""
    return json.dumps({"label": label, "because": ["text"], "reason": "The words say so.", **more})
