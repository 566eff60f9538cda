"""Asks one server over HTTP: with limits of time and size, retries, and an end to everything under way when it is closed.

No redirect is followed, and neither proxies nor .netrc are read from the environment: a question goes where the user said.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mien.errors import InputError, harmless
from mien.llms.base import UnansweredError

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

T = TypeVar("T")

_LARGEST = 5_000_000  # bytes of an answer
_SAID = 300  # characters of what a server says about an error
_LONGEST_WAIT = 60.0  # seconds between two tries
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Limits:
    """Limits of one question: seconds to connect, between two bytes and in all; tries in all; questions at once."""

    connect: float = 10.0
    read: float = 300.0
    total: float = 600.0
    tries: int = 4
    at_once: int = 4


class Line:
    """A line to one server. Its methods may be called by several threads at once.

    Args:
        address: of the server, for messages.
        headers: sent with every question. They may hold a key, so they are in no message.
        limits: see ``Limits``.
    """

    def __init__(self, address: str, headers: Mapping[str, str], limits: Limits) -> None:
        self.address, self._headers, self._limits = address, dict(headers), limits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mien-llm", daemon=True)
        self._thread.start()
        self._client: AsyncClient | None = None
        self._room = asyncio.Semaphore(limits.at_once)
        self._closed = False

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object with which a server answers.

        Raises:
            InputError: no question can be answered: there is no server, or it refuses the key, or knows no such model.
            UnansweredError: this question got no answer.
        """
        return self._run(self._asked(url, json.dumps(body, ensure_ascii=False).encode()))

    def look(self, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The JSON object at an address, tried once; ``None`` where there is none.

        Raises:
            InputError: there is no server.
        """
        content = None if body is None else json.dumps(body).encode()
        return self._run(self._seen(url, content))

    def close(self) -> None:
        """Ends all questions, and the line."""
        if not self._closed:
            self._closed = True
            asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise UnansweredError("it was stopped")
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (CancelledError, asyncio.CancelledError) as error:
            raise UnansweredError("it was stopped") from error

    async def _ended(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def _connected(self) -> AsyncClient:
        if self._client is None:
            import httpx2

            timeout = httpx2.Timeout(self._limits.read, connect=self._limits.connect)
            self._client = httpx2.AsyncClient(
                headers=self._headers, timeout=timeout, trust_env=False, follow_redirects=False
            )
        return self._client

    async def _seen(self, url: str, body: bytes | None) -> dict[str, Any] | None:
        import httpx2

        try:
            async with asyncio.timeout(self._limits.connect):
                status, content, _ = await self._sent(url, body)
        except httpx2.ConnectError as error:
            raise self._nobody() from error
        except (httpx2.HTTPError, TimeoutError, _TooLargeError):
            return None
        return _table(content) if status == 200 else None

    async def _asked(self, url: str, body: bytes) -> dict[str, Any]:
        async with self._room:
            try:
                async with asyncio.timeout(self._limits.total):
                    return await self._tried(url, body)
            except TimeoutError as error:
                raise UnansweredError(f"it took longer than {self._limits.total:g} s") from error

    async def _tried(self, url: str, body: bytes) -> dict[str, Any]:
        import httpx2

        for tried in range(1, self._limits.tries + 1):
            last = tried == self._limits.tries
            wait = min(0.5 * 2.0**tried, _LONGEST_WAIT)
            try:
                status, content, after = await self._sent(url, body)
            except httpx2.ReadTimeout as error:
                raise UnansweredError(f"nothing came for {self._limits.read:g} s") from error
            except httpx2.TransportError as error:
                if last:
                    raise self._nobody() from error
            except _TooLargeError as error:
                raise UnansweredError("its answer is too long") from error
            else:
                if status not in _AGAIN or last:
                    return self._content(status, content)
                wait = wait if after is None else after
            await asyncio.sleep(wait)
        raise UnansweredError("it was not tried")

    async def _sent(self, url: str, body: bytes | None) -> tuple[int, bytes, float | None]:
        """Status, content, and the seconds after which the server wants to be asked again; ``None`` where it does not say."""
        kind = {"Content-Type": "application/json"}
        method = "GET" if body is None else "POST"
        async with self._connected().stream(method, url, content=body, headers=kind) as response:
            found = bytearray()
            async for piece in response.aiter_bytes():
                found += piece
                if len(found) > _LARGEST:
                    raise _TooLargeError
            return response.status_code, bytes(found), _after(response)

    def _content(self, status: int, content: bytes) -> dict[str, Any]:
        if status == 200:
            table = _table(content)
            if table is None:
                raise UnansweredError("its answer is no JSON object")
            return table
        if status in (401, 403):
            raise InputError(
                f"'{self.address}' refuses the key (HTTP {status}); put a valid one into the environment variable MIEN_LLM_KEY"
            )
        said = harmless(content.decode("utf-8", "replace"))[:_SAID]
        if status in (404, 301, 302, 307, 308):
            raise InputError(
                f"'{self.address}' has no such model or address (HTTP {status}: {said}); check --llm, which usually ends "
                "in /v1, and --llm-model"
            )
        raise UnansweredError(f"HTTP {status}: {said}")

    def _nobody(self) -> InputError:
        return InputError(f"no server answers at '{self.address}'; start it, or name another one with --llm")


class _TooLargeError(Exception):
    """An answer is larger than it may be."""


def _table(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _after(response: Response) -> float | None:
    """The seconds of the header Retry-After, which holds seconds or a date (RFC 9110, 10.2.3); at most ``_LONGEST_WAIT``."""
    said = response.headers.get("retry-after", "")
    try:
        seconds = (
            float(said) if said.replace(".", "").isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
        )
    except ValueError:
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)
