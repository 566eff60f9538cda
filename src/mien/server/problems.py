"""Errors as problem details (RFC 9457), with the same sentences as on the command line."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from mien.errors import explain, is_mistake

PROBLEM = "application/problem+json"
_log = logging.getLogger("mien.server")


class Problem(BaseModel):
    """What went wrong, in the form of RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:mien:problem:bad-input",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "'talk.mp4' is not media that can be read, or it is too damaged to open",
                }
            ]
        }
    )

    type: str = Field(description='A name for programs: "urn:mien:problem:" and a code.')
    title: str = Field(description="The name of the status.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="One sentence for people: what is wrong, and what to do.")


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        code: a name for programs, in lower case with hyphens.
        detail: one sentence for people.
        headers: more headers of the answer, such as ``Retry-After``.
    """

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request cannot be answered.", "content": {PROBLEM: {"schema": {}}}},
    "5XX": {"description": "The server has failed.", "content": {PROBLEM: {"schema": {}}}},
}
"""The errors of every route, for the OpenAPI document; ``published`` fills in the schema."""


def problem(refused: RefusedError) -> JSONResponse:
    """The answer to a refused request."""
    return JSONResponse(problem_of(refused).model_dump(), refused.status, refused.headers, media_type=PROBLEM)


def problem_of(refused: RefusedError) -> Problem:
    """A refusal as problem details."""
    return Problem(
        type=f"urn:mien:problem:{refused.code}",
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        detail=refused.detail,
    )


def refusal_of(error: Exception) -> RefusedError:
    """An error as a refusal. The sentence of a fault of ours holds no details, because they may hold paths."""
    if isinstance(error, RefusedError):
        return error
    if is_mistake(error):
        return RefusedError(422, "bad-input", explain(error))
    return RefusedError(500, "fault", "this is a fault of mien; the log of the server says more")


def install(app: FastAPI) -> None:
    """Makes the application answer all errors as problems."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        found = refusal_of(error)
        if found.status == 500:
            _log.error("a request failed: %s", type(error).__name__, exc_info=error)
        return problem(found)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        # What was sent is not said again, because it may be private.
        said = [(".".join(str(p) for p in e["loc"][1:]), e["msg"]) for e in getattr(error, "errors", list)()]
        sentence = "; ".join(f"'{place}': {message}" if place else message for place, message in said)
        return problem(RefusedError(422, "bad-request", sentence or "the request does not fit the OpenAPI document"))

    async def http(_: Request, error: Exception) -> JSONResponse:
        status = getattr(error, "status_code", 500)
        code = HTTPStatus(status).phrase.lower().replace(" ", "-")
        detail = "there is nothing at this address; /openapi.json has a list" if status == 404 else str(error)
        return problem(RefusedError(status, code, detail, getattr(error, "headers", None)))

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, refused)
