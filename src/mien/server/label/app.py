"""The application of the labelling page, and the process that serves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from mien import __version__
from mien.collection.dataset import DataSet, open_set
from mien.server import problems
from mien.server.app import run
from mien.server.guard import Guard, Sessions
from mien.server.label import routes
from mien.server.label.desk import Desk
from mien.server.label.plan import Plan
from mien.server.metrics import Metrics
from mien.server.settings import Settings


def create_app(dataset: DataSet, plan: Plan, settings: Settings) -> ASGIApp:
    """The application with the guard of all servers of mien.

    Raises:
        InputError: no clip may be labelled.
    """
    app = FastAPI(title="mien label", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk, app.state.sessions = Desk(dataset, plan), Sessions(settings)
    app.include_router(routes.router)
    problems.install(app)
    return Guard(app, settings, app.state.sessions, Metrics())


def serve(folder: Path, plan: Plan, settings: Settings, tell: Callable[[str], object]) -> None:
    """Serves the page for a set until the process is asked to end. Every vote is on the disk before it is answered.

    Args:
        folder: of the set.
        plan: how it is labelled.
        settings: where to listen.
        tell: called with the address once the server listens.

    Raises:
        InputError: there is no set, no clip may be labelled, or nothing can listen at the address.
    """
    with open_set(folder) as dataset:
        run(create_app(dataset, plan, settings), settings, tell)
