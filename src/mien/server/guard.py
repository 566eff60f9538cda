"""Stands before the application: who may call it, from which pages, and how much they may send."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.server.metrics import Metrics
from mien.server.problems import RefusedError, problem
from mien.server.settings import LOOPBACK, Settings

COOKIE = "mien_session"
"""A page that has shown the token gets this cookie, because pictures, frames and sockets cannot send the token."""
_HEALTH = ("/healthz", "/readyz")
_OPEN = ("/", *_HEALTH, "/v1/session")
_OPEN_BELOW = "/static/"
_REMEMBERED = 10_000  # clients; of those beyond, the ones that asked longest ago are forgotten
_MINUTE = 60.0
_LARGE = ("/v1/analyze", "/v1/explain")
_SLOWEST = 10_000  # bytes a second that a body has to come with, on the whole; a place in the queue is held for it
_SMALL = 64 * 1024  # bytes that a form may have beside its files
_SITES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
POLICY = "; ".join(f"{rule} {sources}" for rule, sources in _SITES.items())
"""The Content-Security-Policy of everything but a report, which has its own."""
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
    "cache-control": "no-store",
}


def client_of(connection: HTTPConnection) -> str:
    """The address of who asks; "" when it is not known."""
    return connection.client.host if connection.client is not None else ""


class Sessions:
    """The pages that have shown the token. They are forgotten when the server ends."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token
        self._open: deque[str] = deque(maxlen=100)

    def begin(self, token: str) -> str:
        """The name of a new session.

        Raises:
            RefusedError: it is another token.
        """
        if not self.fits(token):
            raise RefusedError(401, "token", "this is not the token of this server", {"WWW-Authenticate": "Bearer"})
        self._open.append(secrets.token_urlsafe(32))
        return self._open[-1]

    def fits(self, token: str) -> bool:
        """Whether it is the token, compared in a time that tells nothing."""
        return self._token is None or hmac.compare_digest(token.encode(), self._token.encode())

    def known(self, session: str) -> bool:
        """Whether a session is open."""
        return any(hmac.compare_digest(session.encode(), name.encode()) for name in self._open)


class Clients:
    """Counts the requests of each client, and refuses those beyond the limit (a token bucket).

    A client is an address: all who come through one proxy are one client.

    Args:
        per_minute: requests of one client in a minute; ``None`` without a limit.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._most = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests that are left, and when that was

    def check(self, client: str) -> None:
        """Counts one more request of a client.

        Raises:
            RefusedError: it has asked too often; the answer says when to try again.
        """
        if self._most is None:
            return
        now = time.monotonic()
        left, then = self._left.pop(client, (float(self._most), now))
        left = min(float(self._most), left + (now - then) * self._most / _MINUTE)
        self._left[client] = max(0.0, left - 1.0), now
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if left < 1.0:
            after = max(1, round((1.0 - left) * _MINUTE / self._most))
            sentence = f"one client may send {self._most} requests a minute; try again in {after} s"
            raise RefusedError(429, "too-often", sentence, {"Retry-After": str(after)})


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions, metrics: Metrics) -> None:
        self._app, self._settings, self._sessions, self._metrics = app, settings, sessions, metrics
        self._clients = Clients(settings.most_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check(scope, headers)
        except RefusedError as refused:
            if refused.status != 413:
                self._metrics.count("refused", refused.code)
            if scope["type"] == "http":
                await problem(refused)(scope, receive, self._told(send))
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": refused.detail[:100]})
            return
        if scope["type"] == "http":
            receive = self._limited(scope, receive)
            send = self._told(send)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Refuses a request by its headers.

        Raises:
            RefusedError: the client asks too often, the name of the server is another one, a page of another site calls, the
                token is missing, or the body is too large.
        """
        if scope["path"] not in _HEALTH:
            self._clients.check(client_of(HTTPConnection(scope)))
        host = headers.get("host", "")
        if not self._is_mine(host):
            raise RefusedError(421, "host", "this server has another name; add it with --allow-host")
        origin = headers.get("origin")
        if origin is not None and origin not in self._settings.origins and urlsplit(origin).netloc != host:
            raise RefusedError(
                403, "origin", "pages of other sites may not call this server; add the site with --allow-origin"
            )
        if origin is None and headers.get("sec-fetch-site") in ("cross-site", "same-site") and scope["path"] != "/":
            raise RefusedError(
                403, "origin", "pages of other sites may not call this server; add the site with --allow-origin"
            )
        if scope.get("method") != "OPTIONS" and not self._may(scope["path"], headers):
            sentence = "this server needs its token: send the header 'Authorization: Bearer TOKEN'"
            raise RefusedError(401, "token", sentence, {"WWW-Authenticate": "Bearer"})
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._most(scope):
            raise self._too_large(scope)

    def _is_mine(self, host: str) -> bool:
        """Whether a request means this server. An address of numbers always does: no name can be made to lead to it."""
        if "@" in host:
            return False  # what stands before it is no part of a name
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in (*LOOPBACK, self._settings.host.lower(), *(h.lower() for h in self._settings.hosts))
        return True

    def _may(self, path: str, headers: Headers) -> bool:
        """Whether the token, or a session that has shown it, is there; or neither is needed."""
        if self._settings.token is None or path in _OPEN or path.startswith(_OPEN_BELOW):
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._sessions.fits(token.strip()):
            return True
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in cookies and self._sessions.known(cookies[COOKIE].value)

    def _most(self, scope: Scope) -> int:
        """The largest body of a request, bytes. Only clips may be large."""
        return self._settings.max_bytes + _SMALL if scope["path"] in _LARGE else _SMALL

    def _too_large(self, scope: Scope) -> RefusedError:
        self._metrics.count("refused", "too-large")
        if scope["path"] not in _LARGE:
            return RefusedError(413, "too-large", "this request is too large")
        megabytes = self._settings.max_bytes / 1e6
        return RefusedError(
            413, "too-large", f"this server takes at most {megabytes:g} MB; send a smaller or shorter clip"
        )

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """The body, which may not be longer than allowed, whatever its header says, nor pause for long, nor drip."""
        got, begun = 0, time.monotonic()

        async def limited() -> Message:
            nonlocal got
            if got < 0:
                return await receive()
            try:
                patience = self._settings.receive_seconds
                left = begun + patience + got / _SLOWEST - time.monotonic()
                async with asyncio.timeout(min(patience, left)):
                    message = await receive()
            except TimeoutError as error:
                raise RefusedError(408, "too-slow", "the request came too slowly; send it again") from error
            got += len(message.get("body", b""))
            if got > self._most(scope):
                raise self._too_large(scope)
            if not message.get("more_body", False):
                got = -1  # what comes now is the end of the connection, which may take any time
            return message

        return limited

    def _told(self, send: Send) -> Send:
        """The answer with the headers that protect browsers, and counted."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                self._metrics.count("requests", str(message["status"]))
            await send(message)

        return told
