"""Live sessions with a real server: the answers are those of the file, and no client harms another."""

from __future__ import annotations

import io
import json
import os
import struct
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from PIL import Image

from mien import Analyzer
from mien.client.pieces import LARGEST, PICTURE, RECORDING, SOUND, Piece, written
from mien.samples import demo_clip
from mien.timeline import Timeline

from ...media.decoding.test_chunks import recording
from ..running import TOKEN, Running, running, until
from .replay import begin, pieces, replayed, session

pytest.importorskip("websockets", reason="needs the server: pip install 'mien[serve]'")
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mien.server.live.messages import ToClient

pytestmark = pytest.mark.slow
SCORES, SUMMARY = 0.25, 0.1
"""Tolerance of a live answer, beside that of the file: the probability of each label in an utterance, and over the clip."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("live"), "--asr", "tiny.en") as found:
        yield found


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Analyzer(asr="tiny.en").analyze(demo_clip())


@pytest.fixture(scope="module")
def told(live: Running) -> tuple[str, list[Any]]:
    return replayed(live, demo_clip())


def test_answers_are_those_of_the_file(told: tuple[str, list[Any]], timeline: Timeline, live: Running) -> None:
    finals = [m["answer"] for m in told[1] if m["type"] == "final"]
    spoken = [p for p in timeline.predictions if p.text]
    answers = [a for a in finals if a["text"]]
    assert [(a["text"], a["emotion"]["label"]) for a in answers] == [(p.text, p.label) for p in spoken]
    for a, p in zip(answers, spoken, strict=True):
        assert a["start"] == pytest.approx(p.span.start, abs=0.15)
        assert a["end"] == pytest.approx(p.span.end, abs=0.15)
        assert a["emotion"]["scores"] == pytest.approx(p.scores, abs=SCORES)
    result = json.loads(live.client.result(told[0]))
    assert result["summary"]["label"] == timeline.label
    assert result["summary"]["scores"] == pytest.approx(timeline.scores, abs=SUMMARY)
    assert result["duration"] == pytest.approx(timeline.duration, abs=0.2)


def test_messages_have_their_schema_and_order(told: tuple[str, list[Any]], live: Running) -> None:
    messages = told[1]
    for message in messages:
        ToClient.validate_python(message)
    assert messages[-1]["type"] == "end"
    assert [m for m in messages if m["type"] == "dropped"] == []
    finals = [m["answer"]["start"] for m in messages if m["type"] == "final"]
    assert finals == sorted(finals)
    first = next(i for i, m in enumerate(messages) if m["type"] == "final")
    assert next(m for m in reversed(messages[:first]) if m["type"] != "partial")["type"] == "words"
    assert live.ask("GET", "/v1/live/schema").table["title"] == "mien.live/1"


def test_answers_so_far_come_before_the_end_of_an_utterance(told: tuple[str, list[Any]]) -> None:
    messages = told[1]
    at = next(n for n, m in enumerate(messages) if m["type"] == "final" and m["answer"]["text"])
    final = messages[at]["answer"]
    before = [m["answer"] for m in messages[:at] if m["type"] == "partial"]
    own = [a for a in before if a["who"] == final["who"] and a["start"] == pytest.approx(final["start"], abs=0.15)]
    assert len(own) >= 2
    assert own[0]["end"] < own[-1]["end"]
    assert own[0]["text"] == "", "its words are not known yet"
    assert {"voice", "face"} <= set(own[-1]["opinions"])
    assert own[-1]["emotion"]["label"] == final["emotion"]["label"]
    late = [m for m in messages[at:] if m["type"] == "partial" and m["answer"]["start"] == final["start"]]
    assert late == [], "what is over has no answer so far"


def test_what_is_shown_changes_less_often_than_the_answers(told: tuple[str, list[Any]]) -> None:
    finals = [m for m in told[1] if m["type"] == "final"]
    first = next(m for m in told[1] if m["type"] in ("partial", "final"))
    assert first["shown"]["changed"]
    assert sum(m["shown"]["changed"] for m in told[1] if m["type"] in ("partial", "final")) <= 4
    assert finals[-1]["shown"]["label"] in ("happy", "neutral")


def test_the_session_has_results_of_every_form(told: tuple[str, list[Any]], live: Running) -> None:
    assert live.client.result(told[0], "vtt").startswith("WEBVTT")
    page = live.client.result(told[0], "html")
    assert page.startswith("<!DOCTYPE html>")
    assert "data:image/jpeg" not in page, "a session keeps no picture of anybody"


def test_sound_alone_and_pictures_alone_are_answered(live: Running) -> None:
    for kind, present, absent in ((SOUND, "voice", "face"), (PICTURE, "face", "voice")):
        with session(live) as socket:
            begin(socket)
            for piece in pieces(demo_clip()):
                if piece.kind == kind:
                    socket.send(written(piece))
                    time.sleep(0.02)
            socket.send('{"type": "stop"}')
            messages = [json.loads(m) for m in socket]
        answers = [m["answer"] for m in messages if m["type"] == "final"]
        assert answers, messages
        assert all(present in a["opinions"] and absent not in a["opinions"] for a in answers)


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "start", "schema": "mien.live/9"}',
        '{"type": "stop"}',
        "no json",
        '{"type": "start", "schema": "mien.live/1", "file": "/etc/passwd"}',
    ],
)
def test_a_session_that_begins_wrongly_is_told_why(live: Running, message: str) -> None:
    with session(live) as socket:
        socket.send(message)
        answer = json.loads(socket.recv(timeout=30))
        assert answer["type"] == "problem"
        assert answer["problem"]["status"] == 422
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01" * 10,
        written(Piece(4, 0.0, b"xx")),
        written(Piece(RECORDING, 0.0, b"no recording" * 10_000)),
        written(Piece(RECORDING, 0.0, bytes(LARGEST + 1))),
        written(Piece(SOUND, -1.0, b"xx")),
        written(Piece(SOUND, float("nan"), b"xx")),
        written(Piece(SOUND, 0.0, b"x")),
        written(Piece(SOUND, 0.0, b"x" * 40_000)),
    ],
    ids=lambda content: f"{content[:1].hex()}-{len(content)}",
)
def test_pieces_of_another_form_end_the_session_and_no_other(live: Running, content: bytes) -> None:
    with session(live) as socket:
        begin(socket)
        socket.send(content)
        messages = [json.loads(m) for m in _until_closed(socket)]
    assert messages[-1]["type"] == "problem"
    assert messages[-1]["problem"]["status"] == 422
    assert live.client.analyze(text="We won!")["summary"]["label"]


def test_a_recording_in_chunks_is_answered_as_the_file(live: Running, timeline: Timeline) -> None:
    whole = recording(demo_clip())
    with session(live) as socket:
        begin(socket)
        for at in range(0, len(whole), 2000):
            socket.send(written(Piece(RECORDING, 0.0, whole[at : at + 2000])))
        socket.send('{"type": "stop"}')
        messages = [json.loads(m) for m in socket]
    assert messages[-1]["type"] == "end"
    said = [m["answer"]["text"] for m in messages if m["type"] == "final" and m["answer"]["text"]]
    assert said == [p.text for p in timeline.predictions if p.text]


def test_damaged_and_huge_pictures_are_counted_and_left_out(live: Running) -> None:
    huge = io.BytesIO()
    Image.new("RGB", (4000, 3000)).save(huge, "JPEG")
    with session(live) as socket:
        begin(socket)
        for n, content in enumerate((b"\xff\xd8 no picture", huge.getvalue(), b"GIF89a" + bytes(40))):
            socket.send(written(Piece(PICTURE, n / 5, content)))
        socket.send(written(Piece(SOUND, 0.0, bytes(32_000))))
        socket.send('{"type": "stop"}')
        messages = [json.loads(m) for m in socket]
    assert [m["count"] for m in messages if m["type"] == "dropped"][-1:] == [3]
    assert messages[-1]["type"] == "end"


def test_a_flood_of_pictures_does_not_grow(live: Running) -> None:
    (picture,) = [p for p in pieces(demo_clip()) if p.kind == PICTURE][:1]
    noise = io.BytesIO()
    Image.frombytes("RGB", (640, 480), os.urandom(640 * 480 * 3)).save(noise, "JPEG", quality=90)
    with session(live) as socket:
        begin(socket)
        before = _memory(live)
        for n in range(300):
            socket.send(written(Piece(PICTURE, n / 5, noise.getvalue() if n % 2 else picture.content)))
        assert len(noise.getvalue()) < LARGEST
        assert _memory(live) - before < 250e6
        socket.send('{"type": "stop"}')
        messages = [json.loads(m) for m in socket]
    assert messages[-1]["type"] == "end"
    assert [m["count"] for m in messages if m["type"] == "dropped"][-1] > 0


def test_a_client_that_vanishes_leaves_nothing(live: Running) -> None:
    with session(live) as socket:
        job = begin(socket)["job"]
        socket.send(written(Piece(SOUND, 0.0, bytes(3200))))
        socket.close_socket()
    until(lambda: not (live.place / job).exists(), 30)
    with session(live) as socket:
        assert begin(socket)["type"] == "ready"


def test_sessions_are_bounded(live: Running) -> None:
    for _ in range(50):
        try:
            with session(live) as socket:
                begin(socket)
                with session(live) as other:
                    answer = json.loads(other.recv(timeout=30))
                assert (answer["type"], answer["problem"]["status"]) == ("problem", 429)
                return
        except ConnectionClosed:
            time.sleep(0.2)  # the session of the test before has not ended yet
    pytest.fail("no session could be begun")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}], ids=str)
def test_pages_of_other_sites_open_no_session(live: Running, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus), session(live, **headers) as socket:
        begin(socket)


def test_a_session_needs_the_token(narrow: Running) -> None:
    other = Running(narrow.process, narrow.address, narrow.cache)
    with pytest.raises(InvalidStatus), session(other) as socket:
        begin(socket)
    with session(Running(narrow.process, narrow.address, narrow.cache, TOKEN)) as socket:
        assert begin(socket)["type"] == "ready"


def _until_closed(socket: Any) -> Iterator[str]:
    while True:
        try:
            yield socket.recv(timeout=60)
        except ConnectionClosed:
            return


def _memory(server: Running) -> float:
    process = psutil.Process(server.process.pid)
    return float(sum(p.memory_info().rss for p in (process, *process.children(recursive=True))))


def test_the_head_of_a_piece_is_as_documented() -> None:
    assert written(Piece(SOUND, 1.5, b"ab")) == b"\x01" + bytes(7) + struct.pack("<d", 1.5) + b"ab"
