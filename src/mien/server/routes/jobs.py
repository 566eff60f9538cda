"""Routes of jobs: how far they are, what they tell, what they gave, and their end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import Response, StreamingResponse

from mien.server.job import Job
from mien.server.problems import RESPONSES, RefusedError
from mien.server.published import EXPLANATION, TIMELINE, referred
from mien.server.routes.clips import result_of
from mien.server.routes.forms import FORMS, JobState
from mien.server.state import State, state_of

router = APIRouter(prefix="/v1/jobs", responses=RESPONSES)
Server = Annotated[State, Depends(state_of)]
Id = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{22}$", description="The id of a job.")]
_JSON = {"schema": {"anyOf": [referred(TIMELINE), referred(EXPLANATION)]}}
_RESULT = {media: _JSON if form == "json" else {"schema": {"type": "string"}} for form, media in FORMS.items()}


@router.get("/{id}")
async def job(id: Id, server: Server) -> JobState:
    """How a job is."""
    return JobState.of(server.jobs.get(id))


@router.delete("/{id}", status_code=204)
async def cancel(id: Id, server: Server) -> None:
    """Cancels a job. The results of one that has ended are deleted."""
    server.jobs.cancel(server.jobs.get(id))


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
)
async def events(
    id: Id,
    server: Server,
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9]{1,6}$", description="The last event that was seen.")
    ] = None,
) -> StreamingResponse:
    """What a job tells, from its start: progress, words, answers, notices and its end."""
    found = server.jobs.get(id)
    return StreamingResponse(_told(found, int(last_event_id or 0)), media_type="text/event-stream")


async def _told(job: Job, after: int) -> AsyncIterator[str]:
    async for number, name, data in job.listen(after):
        # A line that begins with a colon is a comment.
        yield f"id: {number}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" if name else ":\n\n"


@router.get("/{id}/result", responses={200: {"description": "The result.", "content": _RESULT}}, response_model=None)
async def result(
    id: Id,
    server: Server,
    form: Annotated[Literal["json", "csv", "vtt", "html"], Query(description="One of the forms of the job.")] = "json",
) -> Response:
    """What a job has given."""
    found = server.jobs.get(id)
    if found.ended is None:
        raise RefusedError(409, "not-ended", "this job has not ended; listen to its events", {"Retry-After": "1"})
    return result_of(found, form, {})
