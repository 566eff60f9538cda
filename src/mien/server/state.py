"""What all routes share."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from mien.server.guard import Sessions
from mien.server.jobs import Jobs
from mien.server.live.sessions import Sessions as LiveSessions
from mien.server.metrics import Metrics
from mien.server.settings import Settings


@dataclass(frozen=True)
class State:
    """The parts of a running server."""

    settings: Settings
    jobs: Jobs
    metrics: Metrics
    sessions: Sessions
    live: LiveSessions


def state_of(request: Request) -> State:
    """The state of the server that got a request."""
    state: State = request.app.state.mien
    return state
