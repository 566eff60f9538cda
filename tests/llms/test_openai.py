"""Questions to servers: how each spells them, what is tried again, and what never leaves."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import wave
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

pytest.importorskip("httpx2")
from PIL import Image
from starlette.responses import JSONResponse, Response

from mien.errors import InputError
from mien.llms._http import Limits, Line
from mien.llms._servers import OPENAI, SERVERS
from mien.llms.base import Capabilities, Question, UnansweredError
from mien.llms.openai import OpenAi, body
from mien.llms.opinion.answer import Wanted, schema_of
from mien.llms.opinion.prompt import Subject, ask_about
from mien.types import EMOTION, Audio, Frames, Segment, Span, Word, Words

from .serving import completion, said, served

WANTED = Wanted(EMOTION.labels)


def moment() -> Segment:
    span = Span(1.0, 2.0)
    pixels = np.full((3, 112, 112, 3), 90, np.uint8)
    sound = Audio(np.linspace(-0.5, 0.5, 16_000, dtype=np.float32), 1.0)
    return Segment(
        span, "person-1", Words((Word("so it is", span),), "en"), Frames(pixels, np.asarray([1.0, 1.4, 1.8])), sound
    )


def question(able: Capabilities) -> Question:
    asked = ask_about(Subject(moment()), WANTED, able, frames=2)
    return Question(asked.messages, schema_of(WANTED), 0.7, 3, logprobs=True)


ALL = Capabilities(image=True, audio=True, json_schema=True, logprobs=True)


@pytest.mark.parametrize("server", [OPENAI, *SERVERS], ids=lambda s: s.name)
def test_a_request_is_as_the_published_interface_has_it(server: Any) -> None:
    able = Capabilities(
        image=True, audio=server.audio is not None, json_schema=server.json_schema, logprobs=server.logprobs
    )
    sent = body(question(able), "m", server, able)
    parts = sent["messages"][1]["content"]
    pictures = [p for p in parts if p["type"] == "image_url"]
    assert len(pictures) == 2
    kind, _, data = pictures[0]["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (112, 112)
    sounds = [p for p in parts if p["type"] == "input_audio"]
    assert len(sounds) == (server.audio is not None)
    for part in sounds:
        assert part["input_audio"]["format"] == "wav"
        with wave.open(io.BytesIO(base64.b64decode(part["input_audio"]["data"]))) as sound:
            assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (1, 16_000, 16_000)
            samples = np.frombuffer(sound.readframes(16_000), "<i2") / 32767
        np.testing.assert_allclose(samples, np.linspace(-0.5, 0.5, 16_000), atol=1e-4)
    assert sent["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"] == list(EMOTION.labels)
    assert ("top_logprobs" in sent) == server.logprobs
    assert sent["max_completion_tokens" if server is OPENAI else "max_tokens"] == 400
    assert (sent["model"], sent["temperature"], sent["seed"], sent["stream"]) == ("m", 0.7, 3, False)


def test_what_a_model_cannot_take_is_left_out_part_by_part() -> None:
    able = Capabilities(json_schema=False)
    sent = body(question(ALL), "m", SERVERS[0], able)
    assert isinstance(sent["messages"][1]["content"], str), "words alone are sent as plain text"
    assert sent.keys().isdisjoint({"response_format", "logprobs", "top_logprobs"})
    asked = ask_about(Subject(moment()), WANTED, able, frames=2)
    assert (asked.left_out, asked.given) == (("image", "audio"), ("text",))


PAGES: dict[str, tuple[dict[str, Any], Capabilities]] = {
    "llama.cpp": ({"/props": {"modalities": {"vision": True, "audio": False}}}, Capabilities(True, False, True, True)),
    "ollama": (
        {"/api/version": {"version": "0.12.6"}, "/api/show": {"capabilities": ["completion", "vision"]}},
        Capabilities(True, False, True, True),
    ),
    "lmstudio": ({"/api/v0/models": {"data": [{"id": "m", "type": "vlm"}]}}, Capabilities(True, False, True, False)),
    "unknown": ({}, Capabilities(False, False, False, False)),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_server_is_asked_what_it_can_do(name: str) -> None:
    pages, able = PAGES[name]

    def answer(_: Mapping[str, Any]) -> Response:
        return Response("no such part", status_code=400)

    with served(answer, pages) as server:
        llm = OpenAi("m", server.address)
        assert llm.capabilities == able
        llm.close()


def test_where_a_server_does_not_tell_an_empty_part_is_tried() -> None:
    def answer(sent: Mapping[str, Any]) -> str | Response:
        sound = any(p["type"] == "input_audio" for p in sent["messages"][0]["content"])
        return Response("no sound", status_code=400) if sound else "grey"

    with served(answer) as server:
        llm = OpenAi("m", server.address)
        assert llm.capabilities == Capabilities(True, False, True, True)
        llm.close()
    with served(answer) as server:
        llm = OpenAi("m", server.address, can="audio")
        assert llm.capabilities == Capabilities(audio=True), "what is stated is not tried"
        assert server.bodies == []
        llm.close()


def asked(answer: Any, monkeypatch: pytest.MonkeyPatch | None = None, **more: Any) -> tuple[Any, Any]:
    with served(answer) as server:
        llm = OpenAi("m", server.address, can="json_schema", **more)
        try:
            return llm.ask(question(Capabilities())), server
        finally:
            llm.close()


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    times: list[float] = []

    def answer(_: Mapping[str, Any]) -> str | Response:
        times.append(time.monotonic())
        busy = Response("busy", status_code=429, headers={"Retry-After": "1"})
        return busy if len(times) == 1 else said("happy")

    reply, _ = asked(answer)
    assert json.loads(reply.text)["label"] == "happy"
    assert (reply.read, reply.written) == (100, 20)
    assert len(times) == 2
    assert times[1] - times[0] >= 1.0


def test_other_errors_are_not_tried_again() -> None:
    count: list[int] = []

    def answer(_: Mapping[str, Any]) -> Response:
        count.append(1)
        return JSONResponse({"error": {"message": "context is too long"}}, status_code=400)

    with pytest.raises(UnansweredError, match="context is too long"):
        asked(answer)
    assert len(count) == 1


@pytest.mark.parametrize(("status", "told"), [(401, "MIEN_LLM_KEY"), (404, "--llm-model"), (307, "--llm")])
def test_what_no_question_can_survive_is_the_users_mistake(
    status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_LLM_KEY", "sk-secret-123")
    elsewhere = {"Location": "http://127.0.0.1:9/v1/chat/completions"}
    with pytest.raises(InputError, match=told) as caught:
        asked(lambda _: Response("no", status_code=status, headers=elsewhere))
    assert "secret" not in str(caught.value)


def test_the_key_comes_from_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("MIEN_LLM_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    _, server = asked(lambda _: said("sad"))
    assert "authorization" not in server.headers[0]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("MIEN_LLM_KEY", "sk-mine")
    with caplog.at_level("DEBUG"):
        _, server = asked(lambda _: said("sad"))
    assert server.headers[0]["authorization"] == "Bearer sk-mine"
    assert "sk-mine" not in caplog.text
    for address in ("http://me:secret@localhost/v1", "http://localhost/v1?key=1"):
        with pytest.raises(InputError, match="holds no user, password or query") as caught:
            OpenAi("m", address)
        assert "secret" not in str(caught.value)


def test_nothing_listens() -> None:
    line = Line("http://127.0.0.1:9/v1", {}, Limits(connect=1.0, tries=1))
    with pytest.raises(InputError, match="no server answers at"):
        line.post("http://127.0.0.1:9/v1/chat/completions", {})
    line.close()


def test_a_slow_answer_ends_at_its_limit_and_when_the_line_is_closed() -> None:
    def answer(_: Mapping[str, Any]) -> str:
        threading.Event().wait(1.5)
        return said("happy")

    with served(answer) as server:
        url = f"{server.address}/chat/completions"
        line = Line(server.address, {}, Limits(total=0.2))
        with pytest.raises(UnansweredError, match=r"longer than 0\.2 s"):
            line.post(url, {})
        line.close()
        line, ended = Line(server.address, {}, Limits()), list[float]()

        def wait() -> None:
            with pytest.raises(UnansweredError, match="stopped"):
                line.post(url, {})
            ended.append(time.monotonic())

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)
        closed = time.monotonic()
        line.close()
        thread.join()
        assert ended[0] - closed < 0.5


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
        {"choices": "x"},
        {"choices": [{"message": []}]},
    ],
)
def test_answers_of_any_form_are_read(answer: dict[str, Any]) -> None:
    with pytest.raises(UnansweredError, match="no text"):
        asked(lambda _: JSONResponse(answer))


def test_an_endless_answer_is_refused() -> None:
    with pytest.raises(UnansweredError, match="too long"):
        asked(lambda _: Response("x" * 6_000_000))


def test_probabilities_of_tokens_are_read() -> None:
    top = [{"token": "happy", "logprob": -0.1}, {"token": "sad", "logprob": -2.5}]
    rows = [
        {"token": '{"label": "', "logprob": 0.0, "top_logprobs": []},
        {"token": "happy", "logprob": -0.1, "top_logprobs": top},
    ]
    reply, _ = asked(lambda _: JSONResponse(completion("{}", logprobs={"content": [*rows, "x", {"token": 1}]})))
    assert [t.text for t in reply.tokens] == ['{"label": "', "happy"]
    assert dict(reply.tokens[1].alternatives) == {"happy": -0.1, "sad": -2.5}


def test_capabilities_and_addresses_are_checked() -> None:
    with pytest.raises(InputError, match="did you mean 'image'"):
        OpenAi("m", "http://localhost/v1", can="imagee")
    for address in ("localhost:8000", "ftp://localhost/v1", "http://"):
        with pytest.raises(InputError, match="no address of a server"):
            OpenAi("m", address)
    assert [OpenAi("m", a).remote for a in ("http://localhost/v1", "http://127.0.0.2/v1", "http://[::1]/v1")] == [
        False
    ] * 3
    assert [OpenAi("m", a).remote for a in ("https://api.openai.com/v1", "http://10.0.0.1/v1")] == [True] * 2
