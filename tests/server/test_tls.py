"""TLS with a certificate of our own: requests, and a live session."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.client import Client
from mien.errors import MienError

from .running import TOKEN, Running, running, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, to make a certificate"),
]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    options = ("--certificate", str(certificate), "--key", str(key), "--asr", "off")
    with running(folder, *options, token=TOKEN, ready=False) as found:
        yield found, certificate


def test_a_client_that_trusts_the_certificate_is_answered(
    secured: tuple[Running, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = secured
    assert server.address.startswith("https://")
    with pytest.raises(MienError):
        Client(server.address, TOKEN, timeout=30).version()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = Client(server.address, TOKEN, timeout=60)
    until(lambda: _answered(client))
    assert client.analyze(text="We won!")["summary"]["label"] == "happy"


def _answered(client: Client) -> bool:
    try:
        return bool(client.version())
    except MienError:
        return False


def test_a_live_session_is_encrypted_too(secured: tuple[Running, Path]) -> None:
    connect = pytest.importorskip("websockets.sync.client").connect
    server, certificate = secured
    trusted = ssl.create_default_context(cafile=str(certificate))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    address = server.address.replace("https", "wss") + "/v1/live"
    with connect(address, ssl=trusted, additional_headers=headers, open_timeout=60) as socket:
        socket.send('{"type": "start", "schema": "mien.live/1"}')
        assert json.loads(socket.recv(timeout=120))["type"] == "ready"
        socket.send('{"type": "stop"}')
        assert [json.loads(m)["type"] for m in socket][-1] == "end"


def test_the_cookie_of_the_page_never_travels_in_the_open(
    secured: tuple[Running, Path],
) -> None:
    import http.client
    from urllib.parse import urlsplit

    server, certificate = secured
    context = ssl.create_default_context(cafile=str(certificate))
    connection = http.client.HTTPSConnection(urlsplit(server.address).netloc, context=context, timeout=60)
    body = json.dumps({"token": TOKEN})
    connection.request("POST", "/v1/session", body, {"Content-Type": "application/json"})
    assert "Secure" in (connection.getresponse().getheader("set-cookie") or "")
    connection.close()
