"""Who may call the server and what they may send. docs/serve.md has these points as a checklist."""

from __future__ import annotations

import http.client
import io
import subprocess
import sys
import time
import wave
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from mien.samples import demo_clip

from .running import TOKEN, Running, until

pytestmark = pytest.mark.slow
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PLAYLISTS = {
    "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "list.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "list.wav": b"[playlist]\nFile1=http://127.0.0.1:1/x\n",
    "page.mpd": b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:1/</BaseURL></MPD>',
    "run.exe": b"MZ\x90\x00" + b"\x00" * 100,
}


def silence(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * round(8000 * seconds))
    return file.getvalue()


def test_nobody_gets_in_without_the_token(narrow: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, {"Cookie": "mien_session=x"}):
        for method, path in (
            ("GET", "/v1/version"),
            ("POST", "/v1/analyze"),
            ("GET", "/metrics"),
            ("GET", "/openapi.json"),
        ):
            answer = narrow.ask(method, path, headers=headers)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    assert narrow.ask("GET", "/v1/version", headers=BEARER).status == 200
    assert narrow.ask("GET", "/healthz").status == 200


def test_a_page_that_shows_the_token_gets_a_cookie_that_scripts_and_other_sites_do_not(narrow: Running) -> None:
    json = {"Content-Type": "application/json"}
    assert narrow.ask("POST", "/v1/session", b'{"token": "wrong"}', json).status == 401
    answer = narrow.ask("POST", "/v1/session", f'{{"token": "{TOKEN}"}}'.encode(), json)
    cookie = answer.headers["set-cookie"]
    assert answer.status == 204
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert narrow.ask("GET", "/v1/version", headers={"Cookie": cookie.partition(";")[0]}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:80"])
def test_a_name_that_was_made_to_lead_here_is_refused(server: Running, host: str) -> None:
    assert server.ask("GET", "/v1/version", headers={"Host": host}).status == 421


def test_names_of_its_own_are_taken(server: Running, narrow: Running) -> None:
    assert server.ask("GET", "/v1/version", headers={"Host": "localhost:1234"}).status == 200
    assert narrow.ask("GET", "/v1/version", headers={**BEARER, "Host": "mien.example"}).status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_pages_of_other_sites_cannot_drive_the_server(server: Running, headers: dict[str, str]) -> None:
    assert server.text("We won!", headers).status == 403
    assert server.ask("GET", "/v1/version", headers=headers).status == 403


def test_a_named_site_may_call(narrow: Running) -> None:
    origin = {"Origin": "https://lab.example"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    asked = narrow.ask("OPTIONS", "/v1/analyze", headers={**origin, **asks})
    assert asked.headers["access-control-allow-origin"] == "https://lab.example"
    assert narrow.ask("GET", "/v1/version", headers={**BEARER, **origin}).status == 200
    assert narrow.ask("OPTIONS", "/v1/analyze", headers={**asks, "Origin": "https://x.example"}).status == 403


def test_every_answer_protects_browsers(server: Running) -> None:
    for path in ("/", "/v1/version", "/nothing", "/static/page.js"):
        headers = server.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("name", PLAYLISTS)
def test_lists_of_other_files_and_programs_are_no_media(server: Running, name: str) -> None:
    answer = server.post("/v1/analyze", {"file": (name, PLAYLISTS[name])})
    assert answer.status == 415
    assert answer.table["detail"].startswith(f"'{name}' is no video, sound or picture")


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\\\x\\\\talk.wav", "a/b.wav", "%2e%2e%2fx", "\x1b[31mred"])
def test_the_name_of_a_file_is_only_shown(server: Running, name: str) -> None:
    answer = server.post("/v1/analyze", {"file": (name, silence(1))})
    assert answer.status == 200
    assert not set(answer.table["source"]) & set("/\\\x1b")


def test_an_empty_file_and_no_file_have_a_sentence(server: Running) -> None:
    assert server.post("/v1/analyze", {"file": ("a.wav", b"")}).table["detail"].startswith("'a.wav' is empty")
    assert server.post("/v1/analyze", {}).table["detail"] == "there is nothing to analyse: send a 'file', or a 'text'"
    twice = server.post("/v1/analyze", {"file": ("a.wav", silence(1))}, text="x", other="y")
    assert twice.status == 422


def test_what_is_too_large_is_refused_before_it_is_read(narrow: Running) -> None:
    answer = narrow.post("/v1/analyze", {"file": ("a.wav", silence(300))}, BEARER)
    assert (answer.status, answer.table["detail"]) == (
        413,
        "this server takes at most 1 MB; send a smaller or shorter clip",
    )
    small = narrow.ask(
        "POST", "/v1/session", b'{"token": "' + b"x" * 100_000 + b'"}', {"Content-Type": "application/json"}
    )
    assert small.status == 413


def test_what_lies_about_its_size_is_refused_while_it_is_read(narrow: Running) -> None:
    connection = http.client.HTTPConnection(urlsplit(narrow.address).netloc, timeout=60)
    connection.putrequest("POST", "/v1/analyze")
    for name, value in {
        **BEARER,
        "Transfer-Encoding": "chunked",
        "Content-Type": "multipart/form-data; boundary=b",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    piece = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + silence(20)
    try:
        for _ in range(20):
            connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    except OSError:
        pass  # it stopped listening
    else:
        connection.send(b"0\r\n\r\n")
    with suppress(ConnectionResetError):  # the refusal may be lost with the connection
        assert connection.getresponse().status == 413
    connection.close()
    until(lambda: not any(narrow.place.glob("*/clip")))


def test_a_clip_that_is_too_long_is_refused_whatever_its_header_says(narrow: Running) -> None:
    answer = narrow.post("/v1/analyze", {"file": ("a.wav", silence(60))}, BEARER)
    assert (answer.status, answer.table["detail"]) == (
        422,
        "'a.wav' is longer than the 6 s that this server reads; cut it",
    )


def test_beyond_the_queue_clients_are_told_when_to_come_again(narrow: Running) -> None:
    clip = {"file": ("talk.mp4", demo_clip().read_bytes())}
    jobs, refused = [], None
    for _ in range(8):
        answer = narrow.post("/v1/analyze", clip, {**BEARER, "Prefer": "respond-async"})
        if answer.status == 429:
            refused = answer
            break
        jobs.append(answer.table["id"])
    assert refused is not None
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.table["type"] == "urn:mien:problem:queue-full"
    for job in jobs:
        narrow.client.cancel(job)
    until(lambda: narrow.text("We won!", BEARER).status == 200)


def test_others_reach_it_only_with_a_token() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mien", "serve", "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "mien: '0.0.0.0' can be reached by others; name a file with a secret with --token-file, or leave --host out\n"
    )


def test_a_client_that_sends_slowly_holds_no_place(server: Running) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
    connection.putrequest("POST", "/v1/analyze")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    time.sleep(0.5)
    assert server.client.analyze(text="We won!")["summary"]["label"]
    connection.close()
    until(lambda: server.gauge("mien_queue") == 0, 15)
