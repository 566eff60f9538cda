"""The requests of a client. Clips are sent in pieces, and never by way of a proxy."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from mien.client.tables import Explained, Timeline, Told, Version
from mien.errors import InputError, MienError

_PIECE = 1024 * 1024  # bytes sent at once


class Client:
    """Asks a server to read clips.

    Args:
        address: of the server.
        token: its token; ``None`` when it needs none.
        timeout: seconds that the server may be silent.

    Raises:
        InputError: the address is none of HTTP.
    """

    def __init__(
        self, address: str = "http://127.0.0.1:8000", token: str | None = None, timeout: float = 600.0
    ) -> None:
        self._address, self._parts, self._timeout = address, parts_of(address), timeout
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def analyze(
        self,
        source: str | os.PathLike[str] | None = None,
        *,
        text: str | None = None,
        subtitles: str | os.PathLike[str] | None = None,
    ) -> Timeline:
        """The timeline of a clip; see ``mien.analyze``.

        Raises:
            InputError: the clip cannot be used, or the server refuses it; the message is the server's.
            MienError: the server failed.
        """
        return cast(Timeline, self._answer("/v1/analyze", source, subtitles, {"text": text}))

    def explain(
        self,
        source: str | os.PathLike[str] | None = None,
        *,
        text: str | None = None,
        subtitles: str | os.PathLike[str] | None = None,
        at: float | None = None,
        who: str | None = None,
        label: str | None = None,
    ) -> Explained:
        """Why one moment was answered as it was; see ``mien.workflows.explain_clip.explain_moment``.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        fields = {"text": text, "at": None if at is None else repr(float(at)), "who": who, "label": label}
        return cast(Explained, self._answer("/v1/explain", source, subtitles, fields))

    def submit(
        self,
        source: str | os.PathLike[str] | None = None,
        *,
        text: str | None = None,
        subtitles: str | os.PathLike[str] | None = None,
        forms: tuple[str, ...] = ("json", "csv", "vtt"),
        lang: str = "en",
    ) -> str:
        """Sends a clip and gives the id of its job at once.

        Args:
            source, text, subtitles: as of ``analyze``.
            forms: the results that are made: "json", "csv", "vtt", "html".
            lang: the language of sentences in a report.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        fields = {"text": text, "forms": ",".join(forms), "lang": lang}
        with closing(self._post("/v1/analyze", source, subtitles, fields, {"Prefer": "respond-async"})) as answer:
            return str(json.load(answer)["id"])

    def events(self, job: str, after: int = 0) -> Iterator[Told]:
        """What a job tells, from its start, or after an event, to its end.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        with closing(self._ask("GET", f"/v1/jobs/{job}/events", {"Last-Event-ID": str(after)})) as answer:
            fields: dict[str, str] = {}
            for raw in answer:
                name, _, value = raw.decode("utf-8").rstrip("\n").partition(": ")
                if name in ("id", "event", "data"):
                    fields[name] = value
                elif fields:
                    yield {"number": int(fields["id"]), "event": fields["event"], "data": json.loads(fields["data"])}
                    fields = {}

    def result(self, job: str, form: str = "json") -> str:
        """A result of a job that has ended, as text.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        with closing(self._ask("GET", f"/v1/jobs/{job}/result?form={form}", {})) as answer:
            return answer.read().decode("utf-8")

    def cancel(self, job: str) -> None:
        """Ends a job, or deletes what it gave.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        self._ask("DELETE", f"/v1/jobs/{job}", {}).close()

    def version(self) -> Version:
        """What the server runs.

        Raises:
            InputError, MienError: as ``analyze``.
        """
        with closing(self._ask("GET", "/v1/version", {})) as answer:
            return cast(Version, json.load(answer))

    def _answer(
        self,
        path: str,
        source: str | os.PathLike[str] | None,
        subtitles: str | os.PathLike[str] | None,
        fields: Mapping[str, str | None],
    ) -> object:
        """The result of a request; the job is waited for when there is one."""
        with closing(self._post(path, source, subtitles, fields, {})) as answer:
            table = json.load(answer)
        if answer.status != 202:
            return table
        job = str(table["id"])
        for _ in self.events(job):
            continue
        return json.loads(self.result(job))

    def _post(
        self,
        path: str,
        source: str | os.PathLike[str] | None,
        subtitles: str | os.PathLike[str] | None,
        fields: Mapping[str, str | None],
        headers: Mapping[str, str],
    ) -> HTTPResponse:
        files = {name: Path(given) for name, given in (("file", source), ("subtitles", subtitles)) if given is not None}
        known = {name: value for name, value in fields.items() if value is not None}
        if not files:
            body = json.dumps({k: float(v) if k == "at" else v for k, v in known.items()}).encode()
            return self._ask("POST", path, {**headers, "Content-Type": "application/json"}, [body], len(body))
        border = secrets.token_hex(16)
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        heads = {name: _head(border, name, file.name) for name, file in files.items()}
        small = b"".join(_head(border, name) + value.encode() + b"\r\n" for name, value in known.items())
        end = f"--{border}--\r\n".encode()
        size = sum(len(heads[n]) + f.stat().st_size + 2 for n, f in files.items()) + len(small) + len(end)
        return self._ask("POST", path, {**headers, **kind}, _pieces(files, heads, small, end), size)

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Iterator[bytes] | list[bytes] | tuple[()] = (),
        size: int = 0,
    ) -> HTTPResponse:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(str(self._parts.hostname), self._parts.port, timeout=self._timeout)
        try:
            connection.putrequest(method, self._parts.path.rstrip("/") + path)
            for name, value in {**self._headers, **headers, "Content-Length": str(size)}.items():
                connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders()
            with suppress(BrokenPipeError, ConnectionResetError):  # it has refused the clip, and its answer says why
                for piece in body:
                    connection.send(piece)
            answer = connection.getresponse()
        except (HTTPException, ConnectionError, TimeoutError, OSError) as error:
            connection.close()
            if isinstance(error, OSError) and error.filename is not None:
                raise  # a file of the caller
            raise no_server(self._address, error) from error
        if answer.status >= 400:
            with closing(answer):
                _raise(answer.status, answer.read())
        return answer


def parts_of(address: str) -> SplitResult:
    """The parts of a server's address.

    Raises:
        InputError: it is none of HTTP.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"'{address}' is no address of a server; write it as http://127.0.0.1:8000")
    return parts


def no_server(address: str, why: object) -> InputError:
    """The error where nothing answers at an address."""
    return InputError(f"no server answers at {address} ({why}); start one with: mien serve")


def _head(border: str, name: str, file: str = "") -> bytes:
    safe = "".join(c for c in file if c.isprintable() and c not in '"\\')
    named = f'; filename="{safe or "clip"}"' if file else ""
    kind = "Content-Type: application/octet-stream\r\n" if file else ""
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{kind}\r\n'
    return head.encode("utf-8", "replace")


def _pieces(files: Mapping[str, Path], heads: Mapping[str, bytes], small: bytes, end: bytes) -> Iterator[bytes]:
    for name, path in files.items():
        yield heads[name]
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
        yield b"\r\n"
    yield small
    yield end


def _raise(status: int, body: bytes) -> None:
    """Raises the error that a problem (RFC 9457) tells."""
    try:
        table: Any = json.loads(body)
        detail = str(table["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the server answered with the status {status}"
    raise fault_of(status, detail)


def fault_of(status: int, detail: str) -> MienError:
    """The error for a problem that a server tells: ``InputError`` where the request was to blame."""
    return InputError(detail) if status < 500 else MienError(detail)
