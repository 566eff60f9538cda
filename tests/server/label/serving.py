"""A real server of the labelling page for tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Labelling:
    """A running server."""

    process: subprocess.Popen[str]
    address: str

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """The status and the answer, read as JSON where it is JSON."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            kind = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, None if body is None else json.dumps(body), {**kind, **(headers or {})})
            got = connection.getresponse()
            content = got.read()
            return got.status, json.loads(content) if "json" in (got.getheader("content-type") or "") else content
        finally:
            connection.close()

    def question(self, who: str) -> Any:
        """What somebody is asked next."""
        return self.ask("GET", f"/v1/label/next?annotator={quote(who)}")[1]["question"]


@contextmanager
def labelling(folder: Path, *options: str) -> Iterator[Labelling]:
    """A server on a free port."""
    command = [sys.executable, "-m", "mien", "label", str(folder), *options]
    command += [] if "--port" in options else ["--port", "0"]
    log = folder.parent / "label.log"
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ})
    try:
        said = process.stdout.readline() if process.stdout else ""
        found = re.search(r"https?://\S+", said)
        assert found, said + log.read_text()
        yield Labelling(process, found[0])
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()
