"""Routes about the server itself: its bundles, its version, its health, its counters, and the session of a page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from mien import __version__
from mien.bundle.card import card as written
from mien.bundle.load import load
from mien.bundle.table import BundleTable
from mien.bundles import shipped
from mien.report import explanation
from mien.report.exporters import json as timeline
from mien.server.guard import COOKIE
from mien.server.problems import RESPONSES, RefusedError
from mien.server.state import State, state_of

router = APIRouter(responses=RESPONSES)
Server = Annotated[State, Depends(state_of)]
Name = Annotated[str, Path(max_length=100, description="The name of a bundle, as /v1/bundles lists it.")]
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "As text."}
}


class Version(BaseModel):
    """What answers here."""

    mien: str = Field(description="The version of mien.")
    api: int = Field(description="The version of these routes.")
    timeline: str = Field(description="The form of results.")
    bundle: str = Field(description="The bundle that reads clips.")
    bundle_sha256: str
    llm: str | None = Field(description="The language model that is asked about clips, too; null for none.")
    llm_elsewhere: bool = Field(description="Whether clips are sent to another machine for that.")


class BundleInfo(BaseModel):
    """A bundle. Its card says more."""

    name: str
    sha256: str
    served: bool = Field(description="Whether it is the one that reads clips here.")
    licence: str
    summary: str
    modalities: list[str]
    tasks: list[str]
    notes: list[str] = Field(description="What its user must know.")


class SessionForm(BaseModel):
    """The token of the server."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=1000)


@router.get("/v1/version")
def version(server: Server) -> Version:
    """The versions of mien, of these routes and of the bundle."""
    _, table, sha256 = load(server.settings.bundle)
    llm = server.settings.llm
    return Version(
        mien=__version__,
        api=1,
        timeline=timeline.SCHEMA,
        bundle=table.name,
        bundle_sha256=sha256,
        llm=None if llm is None else llm.model,
        llm_elsewhere=llm is not None and llm.elsewhere,
    )


@router.get("/v1/bundles")
def bundles(server: Server) -> list[BundleInfo]:
    """The bundles that are here."""
    return [_info(table, sha256, server) for table, sha256 in _bundles(server).values()]


@router.get("/v1/bundles/{name}")
def bundle(name: Name, server: Server) -> BundleInfo:
    """One bundle."""
    return _info(*_bundle(name, server), server)


@router.get(
    "/v1/bundles/{name}/card",
    response_model=None,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}, "description": "Markdown."}},
)
def card(name: Name, server: Server) -> Response:
    """The model card: data, licence, results, limits."""
    table, _ = _bundle(name, server)
    return Response(written(table), media_type="text/markdown")


def _bundles(server: State) -> dict[str, tuple[BundleTable, str]]:
    """The shipped bundles, and the one that is served. No name from a client is ever opened."""
    found = [load(which) for which in dict.fromkeys([*shipped(), server.settings.bundle])]
    return {table.name: (table, sha256) for _, table, sha256 in found}


def _bundle(name: str, server: State) -> tuple[BundleTable, str]:
    known = _bundles(server)
    if name not in known:
        raise RefusedError(404, "no-bundle", f"there is no such bundle; known: {', '.join(known)}")
    return known[name]


def _info(table: BundleTable, sha256: str, server: State) -> BundleInfo:
    return BundleInfo(
        name=table.name,
        sha256=sha256,
        served=load(server.settings.bundle)[2] == sha256,
        licence=table.licence,
        summary=table.summary,
        modalities=list(table.modalities),
        tasks=[task.name for task in table.tasks],
        notes=list(table.notes),
    )


@router.get("/v1/schemas/{name}", response_model=None)
def schema(name: Literal["timeline", "explanation"]) -> JSONResponse:
    """The JSON Schema of results."""
    table: dict[str, Any] = timeline.schema() if name == "timeline" else explanation.schema()
    return JSONResponse(table)


@router.post("/v1/session", status_code=204)
def session(form: SessionForm, server: Server, response: Response) -> None:
    """Gives a page a cookie for the token, because frames and sockets cannot send the token."""
    name = server.sessions.begin(form.token)
    secure = server.settings.certificate is not None
    response.set_cookie(COOKIE, name, httponly=True, samesite="strict", secure=secure, path="/")


@router.get("/healthz", response_class=PlainTextResponse, responses=_TEXT)
def health() -> str:
    """Whether the server answers."""
    return "ok\n"


@router.get("/readyz", response_class=PlainTextResponse, responses=_TEXT)
def ready(server: Server) -> str:
    """Whether a worker can read clips."""
    if not server.jobs.ready:
        raise RefusedError(503, "not-ready", "the bundle is being loaded; try again", {"Retry-After": "2"})
    return "ready\n"


@router.get("/metrics", response_class=PlainTextResponse, responses=_TEXT)
def metrics(server: Server) -> str:
    """Counters in the text format of Prometheus."""
    jobs = server.jobs
    gauges = {
        "mien_queue": ("Jobs that wait.", float(jobs.waiting)),
        "mien_workers_ready": ("Workers that can read clips.", float(sum(w.ready for w in jobs.workers))),
        "mien_worker_restarts": (
            "Workers that were started again.",
            float(sum(max(0, w.restarts) for w in jobs.workers)),
        ),
    }
    return server.metrics.text(gauges)
