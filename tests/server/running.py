"""Real server processes for tests, and requests to them as any client could send them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mien.client import Client

TOKEN = "a-secret-of-the-tests"
BORDER = "border-of-the-tests"


@dataclass(frozen=True)
class Answer:
    """An answer: its status, headers with names in lower case, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def table(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server process."""

    process: subprocess.Popen[str]
    address: str
    cache: Path
    token: str | None = None

    @property
    def client(self) -> Client:
        """A client of its own."""
        return Client(self.address, self.token, timeout=120)

    @property
    def place(self) -> Path:
        """Where uploads and results lie."""
        (found,) = (self.cache / "server").iterdir()
        return found

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sends a request as it is given."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        try:
            connection.request(method, path, body, dict(headers or {}))
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

    def post(
        self, path: str, files: Mapping[str, tuple[str, bytes]], headers: Mapping[str, str] | None = None, **fields: str
    ) -> Answer:
        """Sends a form."""
        kind = {"Content-Type": f"multipart/form-data; boundary={BORDER}"}
        return self.ask("POST", path, form(files, fields), {**kind, **(headers or {})})

    def text(self, text: str, headers: Mapping[str, str] | None = None, **fields: object) -> Answer:
        """Sends words to be analyzed."""
        body = json.dumps({"text": text, **fields}).encode()
        return self.ask("POST", "/v1/analyze", body, {"Content-Type": "application/json", **(headers or {})})

    def gauge(self, name: str) -> float:
        """A number among the metrics."""
        text = self.ask("GET", "/metrics").body.decode()
        (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(found)


def form(files: Mapping[str, tuple[str, bytes]], fields: Mapping[str, str]) -> bytes:
    """The body of a form."""
    parts = []
    for name, (file, content) in files.items():
        head = f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    for name, value in fields.items():
        parts.append(f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    return b"".join(parts) + f"--{BORDER}--\r\n".encode()


@contextmanager
def running(cache: Path, *options: str, token: str | None = None, ready: bool = True) -> Iterator[Running]:
    """A server on a free port, with a cache of its own."""
    pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
    environment = {**os.environ, "MIEN_CACHE": str(cache), "PYTHONUNBUFFERED": "1"}
    if token is not None:
        environment["MIEN_TOKEN"] = token
    command = [sys.executable, "-m", "mien", "serve", "--workers", "1", *options]
    if "--port" not in options:
        command += ["--port", "0"]
    with (cache / "errors.log").open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        said = process.stdout.readline() if process.stdout else ""
        found = re.search(r"https?://\S+", said)
        assert found, f"{said}{(cache / 'errors.log').read_text()}"
        server = Running(process, found[0], cache, token)
        if ready:
            until(lambda: server.ask("GET", "/readyz").status == 200)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def until(true: Any, seconds: float = 120) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)
