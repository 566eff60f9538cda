"""The route of live sessions, and the schema of their messages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, WebSocket

from mien.server.live.messages import schema as messages
from mien.server.problems import RESPONSES
from mien.server.state import State

router = APIRouter(prefix="/v1/live", responses=RESPONSES)


@router.websocket("")
async def live(socket: WebSocket) -> None:
    """A live session; see ``mien.server.live.messages``."""
    state: State = socket.app.state.mien
    await state.live.serve(socket)


@router.get("/schema")
def schema() -> dict[str, Any]:
    """The JSON Schema of the messages of a live session."""
    return messages()
