"""The application, and the process that serves it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mien import __version__
from mien.bundle.answer import single
from mien.bundle.bundle import Bundle
from mien.client.pieces import LARGEST
from mien.errors import InputError
from mien.server import problems, published
from mien.server.guard import Guard, Sessions
from mien.server.jobs import Jobs
from mien.server.live.sessions import Sessions as LiveSessions
from mien.server.metrics import Metrics
from mien.server.routes import about, clips, docs, live, page
from mien.server.routes import jobs as routes_of_jobs
from mien.server.settings import Settings
from mien.server.state import State

_ABOUT = "Reads the emotion people express in words, voice and face, together."
_ALONE = "Nothing leaves the machine it runs on."
_ASKING = (
    "A language model ({model}), {where}, is asked, too: it gets words, pictures of faces and sound of each moment."
)
_CONNECTIONS = 512  # more are answered with 503
_EACH = 256  # of one address; more are closed
_IDLE = 20  # seconds until a connection is closed that has been answered and asks nothing more
_LOOK = 5.0  # seconds between two looks at what a connection has sent


class Connection(H11Protocol):
    """A connection, which is closed when it has sent no whole head of a request for 5 to 10 s.

    Uvicorn waits for a head forever, so a client with some hundred sockets would keep everybody else out. One address has at
    most half of all connections.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """See ``asyncio.Protocol``."""
        super().connection_made(transport)
        self._waited: tuple[bool, object] = False, None
        if sum(_address(one) == _address(self) for one in self.connections) > _EACH:
            transport.abort()
            return
        self.loop.call_later(_LOOK, self._look)

    def _look(self) -> None:
        if self not in self.connections:
            return  # it has been closed, or is a WebSocket now
        idle = self.cycle is None or self.cycle.response_complete
        waits = idle and self.timeout_keep_alive_task is None, self.cycle
        if waits[0] and waits == self._waited:
            self.transport.abort()
            return
        self._waited = waits
        self.loop.call_later(_LOOK, self._look)


def _address(connection: object) -> str:
    client = getattr(connection, "client", None)  # of a WebSocket, too
    return client[0] if client else ""


def create_app(settings: Settings) -> ASGIApp:
    """The whole application with its guard. Its workers start and end with it."""
    metrics = Metrics()
    jobs = Jobs(settings, metrics)
    state = State(settings, jobs, metrics, Sessions(settings), LiveSessions(settings, jobs))

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await jobs.start()
        try:
            yield
        finally:
            await state.live.stop()
            await jobs.stop()

    # The usual pages with documentation load scripts from elsewhere; /docs is our own.
    app = FastAPI(
        title="mien", version=__version__, description=_about(settings), lifespan=life, docs_url=None, redoc_url=None
    )
    app.state.mien = state
    for part in (clips, routes_of_jobs, about, live, page, docs):
        app.include_router(part.router)
    problems.install(app)
    published.install(app, token=settings.token is not None)
    inner: ASGIApp = app
    if settings.origins:
        inner = CORSMiddleware(
            app, settings.origins, allow_methods=["GET", "POST", "DELETE"], allow_headers=["Authorization", "Prefer"]
        )
    return Guard(inner, settings, state.sessions, metrics)


def _about(settings: Settings) -> str:
    if settings.llm is None:
        return f"{_ABOUT} {_ALONE}"
    where = "on another machine" if settings.llm.elsewhere else "on the same machine"
    return f"{_ABOUT} {_ASKING.format(model=settings.llm.model, where=where)}"


def serve(settings: Settings, tell: Callable[[str], object]) -> None:
    """Serves until the process is asked to end.

    Args:
        settings: see there.
        tell: called with the address once the server listens.

    Raises:
        InputError: the bundle, the task or the prior cannot be used, or nothing can listen at the address.
    """
    single(Bundle.load(settings.bundle).expecting(settings.prior).tasks, settings.task)
    run(create_app(settings), settings, tell)


def run(app: ASGIApp, settings: Settings, tell: Callable[[str], object]) -> None:
    """Serves an application until the process is asked to end.

    Args:
        app: with its guard.
        settings: where it listens.
        tell: called with the address once the server listens.

    Raises:
        InputError: nothing can listen at the address.
    """
    listening = _listening(settings)
    logging.basicConfig(format="mien: %(message)s", level=logging.WARNING)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # what people send is not written down
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=5,
        limit_concurrency=_CONNECTIONS,
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=LARGEST + 1024,
        ws_ping_interval=20,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    scheme = "https" if config.is_ssl else "http"
    host, port = listening.getsockname()[:2]
    tell(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}")
    uvicorn.Server(config).run(sockets=[listening])


def _listening(settings: Settings) -> socket.socket:
    """A socket that listens. From here on, clients that come wait until the server takes them.

    Raises:
        InputError: nothing can listen at the address.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_CONNECTIONS)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        why = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(f"nothing can listen at {where} ({why}); take another --port or --host") from error
