"""Clients that mean harm. Each attack is bounded, and after it the server serves others."""

from __future__ import annotations

import asyncio
import hmac
import io
import json
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import psutil
import pytest

from mien.client.pieces import PICTURE, RECORDING, Piece, written
from mien.samples import demo_clip

from .live.replay import begin, pieces, session
from .running import Running, running, until

pytest.importorskip("websockets", reason="needs the server: pip install 'mien[serve]'")
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

pytestmark = pytest.mark.slow
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("target"), "--asr", "off") as found:
        yield found


def opened(target: Running) -> socket.socket:
    host, _, port = urlsplit(target.address).netloc.partition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def well(target: Running) -> bool:
    with suppress(OSError):
        return target.ask("GET", "/healthz").status == 200
    return False


def memory(target: Running) -> float:
    """Megabytes of the server without its workers."""
    return float(psutil.Process(target.process.pid).memory_info().rss) / 1e6


def serves(target: Running) -> bool:
    """Whether a session can be held, and is over in the end."""
    with session(target) as one:
        if begin(one)["type"] != "ready":
            return False
        one.send('{"type": "stop"}')
        return bool(json.loads(list(one)[-1])["type"] == "end")


def live_workers(target: Running) -> list[int]:
    return [p.pid for p in psutil.Process(target.process.pid).children() if "--live" in p.cmdline()]


@pytest.mark.parametrize("head", [b"", HEAD + b"X-Slow: "], ids=["silent", "dripping"])
def test_connections_without_a_request_keep_nobody_out(target: Running, head: bytes) -> None:
    sockets = [opened(target) for _ in range(1000 if not head else 300)]
    for one in sockets:
        with suppress(OSError):
            one.sendall(head)
    end, answered = time.monotonic() + 20, False
    while not answered and time.monotonic() < end:
        for one in sockets if head else ():
            with suppress(OSError):
                one.sendall(b"a")
        answered = well(target)
        time.sleep(0.5)
    assert answered, "they were closed after 10 s, though they went on sending"
    for one in sockets:
        one.close()
    until(lambda: well(target), 5)


@pytest.mark.parametrize(("piece", "refused"), [(b"a", True), (b"a" * 2000, False)], ids=["drips", "flows"])
def test_a_body_that_drips_is_not_waited_for(piece: bytes, refused: bool) -> None:
    """Each piece comes in time, but all of them would take hours, and an upload holds a place in the queue."""
    from mien.server.guard import Guard, Sessions
    from mien.server.metrics import Metrics
    from mien.server.problems import RefusedError
    from mien.server.settings import Settings

    settings, sent, ends = Settings(receive_seconds=0.3), 0, list[str]()

    async def receive() -> Any:
        nonlocal sent
        await asyncio.sleep(0.02)
        sent += 1
        return {"type": "http.request", "body": piece, "more_body": sent < 40}

    async def read(scope: Any, receive: Any, send: Any) -> None:
        try:
            while (await receive())["more_body"]:
                pass
            ends.append("read")
        except RefusedError as error:
            ends.append(error.code)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "path": "/v1/analyze", "method": "POST", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(read, settings, Sessions(settings), Metrics())(scope, receive, send))
    assert ends == ["too-slow" if refused else "read"]


def test_a_connection_that_asks_now_and_then_is_kept(target: Running) -> None:
    with opened(target) as one:
        for _ in range(3):
            one.sendall(HEAD + b"\r\n")
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += one.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(4)


@pytest.mark.parametrize(
    ("start", "more"),
    [(HEAD + b"X-Long: ", b"a" * 100_000), (HEAD, b"X-Many: y\r\n" * 9000), (b"GET /", b"a" * 100_000)],
    ids=["header", "headers", "address"],
)
def test_a_head_without_end_is_not_kept(target: Running, start: bytes, more: bytes) -> None:
    before = memory(target)
    with opened(target) as one:
        one.sendall(start)
        with pytest.raises((ConnectionError, TimeoutError)):  # noqa: PT012 - the server may close it at any piece
            for _ in range(500):
                one.sendall(more)
    assert memory(target) < before + 10
    assert well(target)


def test_sockets_that_say_nothing_take_no_place_for_long(target: Running) -> None:
    def silent(_: int) -> str:
        with connect(target.address.replace("http", "ws") + "/v1/live", open_timeout=30) as one:
            try:
                return str(json.loads(one.recv(timeout=30))["problem"]["type"])
            except Exception as error:
                return type(error).__name__

    with ThreadPoolExecutor(50) as pool:
        ends = list(pool.map(silent, range(200)))
    assert ends.count("urn:mien:problem:client-full") >= 190
    until(lambda: serves(target), 20)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_message_that_is_too_large_is_refused_before_it_is_unpacked(target: Running, compression: Any) -> None:
    def end() -> int | None:
        with connect(target.address.replace("http", "ws") + "/v1/live", compression=compression) as one:
            with suppress(ConnectionClosedError):  # while it is still being sent
                one.send("a" * 50_000_000)
            with suppress(ConnectionClosedError):
                while True:
                    one.recv(timeout=10)
        return one.close_code

    before = memory(target)
    until(lambda: end() == 1009, 20)  # 1013 while the session before is still being ended
    assert memory(target) < before + 10
    until(lambda: serves(target), 20)


def test_a_flood_of_nonsense_ends_its_session_and_no_other(target: Running) -> None:
    before = memory(target)
    with session(target) as one:
        begin(one)
        with suppress(ConnectionClosedError):
            for _ in range(20_000):
                one.send("x" * 100)
    assert memory(target) < before + 20
    until(lambda: serves(target), 20)


def changed(content: bytes, rng: random.Random) -> bytes:
    """Some bytes are others, and perhaps the end is missing."""
    found = bytearray(content)
    for _ in range(rng.randrange(1, 30)):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found[: rng.randrange(1, len(found))] if rng.random() < 0.3 else found)


def recording() -> bytes:
    """Two seconds of noise as WebM with Opus, as a browser records it."""
    file, rng = io.BytesIO(), np.random.default_rng(0)
    with av.open(file, "w", format="webm") as out:
        track: Any = out.add_stream("libopus", rate=48_000)
        track.layout = "mono"
        for n in range(100):
            frame = av.AudioFrame.from_ndarray((3000 * rng.standard_normal((1, 960))).astype("<i2"), "s16", "mono")
            frame.sample_rate, frame.pts = 48_000, 960 * n
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return file.getvalue()


def test_damaged_pictures_and_recordings_end_no_worker(target: Running) -> None:
    rng, shown = random.Random(0), [p.content for p in pieces(demo_clip()) if p.kind == PICTURE]
    with session(target) as one:
        begin(one)
        workers = live_workers(target)
        for n in range(60):
            one.send(written(Piece(PICTURE, n / 5, changed(rng.choice(shown), rng))))
            time.sleep(0.02)
        one.send('{"type": "stop"}')
        assert json.loads(list(one)[-1])["type"] == "end"
    sound = recording()
    for n in range(10):
        with session(target) as one:
            begin(one)
            content = changed(sound, rng) if n % 3 else rng.randbytes(5000)
            for at in range(0, len(content), 4000):
                one.send(written(Piece(RECORDING, 0.0, content[at : at + 4000])))
            one.send('{"type": "stop"}')
            assert json.loads(list(one)[-1])["type"] in ("end", "problem")
    assert live_workers(target) == workers


def test_jobs_that_are_cancelled_at_once_leave_nothing(target: Running) -> None:
    clip, kept = demo_clip().read_bytes(), set(target.place.iterdir())
    for _ in range(30):
        sent = target.post("/v1/analyze", {"file": ("x.mp4", clip)}, {"Prefer": "respond-async"})
        assert sent.status == 202
        assert target.ask("DELETE", f"/v1/jobs/{sent.table['id']}").status < 300
    until(lambda: set(target.place.iterdir()) <= kept, 30)
    assert target.client.analyze(demo_clip())["segments"]


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "//etc/passwd", "/v1/bundles/%00"),
        *("/v1/jobs/..%2f..%2fetc", "/v1/bundles/..%2f..%2f..%2fetc%2fpasswd/card", "/v1/jobs/%00/result"),
        "/v1/bundles/" + "a" * 5000,
    ],
)
def test_no_address_leads_to_a_file(target: Running, path: str) -> None:
    answer = target.ask("GET", path)
    assert answer.status in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost.evil.example", "evil.example@localhost", "localhost@evil.example", "127.0.0.1.evil.example"),
        *("[::1", "", "localhost, evil.example", "localhost."),
    ],
)
def test_a_host_that_only_looks_like_this_one_is_refused(target: Running, host: str) -> None:
    assert target.ask("GET", "/v1/version", headers={"Host": host}).status == 421


@pytest.mark.parametrize(
    "origin",
    ["null", "file://", "http://localhost.evil.example", "http://localhost:1", "http://evil.example@{host}", "{host}"],
)
def test_an_origin_that_only_looks_like_this_one_is_refused(target: Running, origin: str) -> None:
    own = urlsplit(target.address).netloc
    assert target.ask("GET", "/v1/version", headers={"Origin": origin.format(host=own)}).status == 403


def test_tokens_and_sessions_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.server import guard
    from mien.server.settings import Settings

    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(given: bytes, known: bytes) -> bool:
        compared.append((given, known))
        return real(given, known)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    secret = "a-secret-of-the-tests"
    sessions = guard.Sessions(Settings(token=secret))
    assert not sessions.fits("a-secret-of-the-test")
    name = sessions.begin(secret)
    assert sessions.known(name)
    assert not sessions.known("other")
    assert [b for _, b in compared] == [secret.encode(), secret.encode(), name.encode(), name.encode()]
