"""The process that serves an application until it is asked to end."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from mien.errors import InputError
from mien.server.live.messages import LARGEST
from mien.server.settings import Settings

_CONNECTIONS = 256  # more are answered with 503
_IDLE = 20  # seconds until an idle connection is closed


def run(app: ASGIApp, settings: Settings, tell: Callable[[str], object]) -> None:
    """Serves an application.

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
