"""Routes that read clips: analyze and explain. Short ones are answered at once, others become jobs."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from mien.server.job import Job
from mien.server.orders import RESULTS, Order
from mien.server.problems import RESPONSES, RefusedError, problem
from mien.server.published import EXPLANATION, TIMELINE
from mien.server.routes.forms import AnalyzeForm, ExplainForm, JobState, accepted, failure_of, request_body
from mien.server.state import State, state_of
from mien.server.uploads import Upload, received

router = APIRouter(prefix="/v1", responses=RESPONSES)
_LOOK = 0.5  # seconds between two looks whether the client is still there
_WAIT = re.compile(r"\bwait=(\d{1,6})\b")
Server = Annotated[State, Depends(state_of)]
Prefer = Annotated[
    str | None,
    Header(
        description="As in RFC 7240: 'respond-async' gives a job at once, 'wait=5' after 5 s.",
        max_length=200,
        pattern="^[ -~]*$",
    ),
]


@router.post("/analyze", responses=accepted(TIMELINE), openapi_extra=request_body(AnalyzeForm), response_model=None)
async def analyze(request: Request, server: Server, prefer: Prefer = None) -> Response:
    """Reads the expressed emotion of a clip: a video, a sound, a picture or a text."""
    async with received(request, server.jobs, AnalyzeForm) as (upload, form):
        forms = tuple(dict.fromkeys(["json", *form.forms.split(",")]))
        order = _order(server, upload, "analyze", form, forms)
    return await _answer(request, server, order, prefer)


@router.post("/explain", responses=accepted(EXPLANATION), openapi_extra=request_body(ExplainForm), response_model=None)
async def explain(request: Request, server: Server, prefer: Prefer = None) -> Response:
    """Says why one moment of a clip was answered as it was."""
    async with received(request, server.jobs, ExplainForm) as (upload, form):
        order = _order(server, upload, "explain", form, ("json",))
    return await _answer(request, server, order, prefer)


def _order(server: State, upload: Upload, kind: Any, form: AnalyzeForm | ExplainForm, forms: tuple[str, ...]) -> Order:
    moment = {name: getattr(form, name) for name in ("at", "who", "label")} if isinstance(form, ExplainForm) else {}
    return Order(
        job=upload.folder.name,
        kind=kind,
        folder=str(upload.folder),
        name=upload.name,
        file=upload.file,
        text=form.text,
        subtitles=upload.subtitles,
        forms=forms,
        lang=form.lang,
        longest=server.settings.max_seconds,
        **moment,
    )


async def _answer(request: Request, server: State, order: Order, prefer: str | None) -> Response:
    """The result of a new job, or the job itself when it takes longer than the client waits."""
    job = server.jobs.submit(order)
    place = {"Location": f"/v1/jobs/{job.id}"}
    until = time.monotonic() + _patience(prefer or "", server.settings.wait)
    while time.monotonic() < until and not await job.wait(min(_LOOK, until - time.monotonic())):
        if await request.is_disconnected():
            # Nobody else knows the job.
            server.jobs.cancel(job)
            return Response(status_code=499)
    if job.ended is None:
        return JSONResponse(JobState.of(job).model_dump(), 202, place)
    return result_of(job, "json", place)


def _patience(prefer: str, most: float) -> float:
    """How long a client wants to wait, seconds."""
    if re.search(r"\brespond-async\b", prefer, re.IGNORECASE) and not _WAIT.search(prefer):
        return 0.0
    asked = _WAIT.search(prefer)
    return min(most, float(asked[1])) if asked else most


def result_of(job: Job, form: str, headers: dict[str, str]) -> Response:
    """A result of a job that has ended.

    Raises:
        RefusedError: it was cancelled, or the result was not made.
    """
    if job.state == "failed":
        failure = failure_of(job)
        return problem(RefusedError(failure.status, failure.type.rpartition(":")[2], failure.detail, headers))
    if job.state == "cancelled":
        raise RefusedError(409, "cancelled", "this job was cancelled; send the clip again")
    if form not in job.order.forms:
        raise RefusedError(
            404, "no-form", f"this job gives {', '.join(job.order.forms)}; ask for '{form}' with the field 'forms'"
        )
    file, media = RESULTS[form]
    if form == "html":
        # The report has a policy of its own, which allows its own scripts only; it may be shown in the page of this server.
        headers = {**headers, "content-security-policy": "frame-ancestors 'self'"}
    return FileResponse(job.folder / file, headers=headers, media_type=media)
