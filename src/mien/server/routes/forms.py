"""What clients send and get, beside the published timeline and explanation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mien.server.job import Job, State
from mien.server.orders import RESULTS, Kind
from mien.server.problems import Problem
from mien.server.published import referred

Text = Annotated[
    str | None, Field(default=None, max_length=1_000_000, description="The words, in place of recognition.")
]
_FILE = {"type": "string", "format": "binary", "description": "Video, sound, picture, .txt, .srt, .vtt or .ass."}
_SUBTITLES = {"type": "string", "format": "binary", "description": ".srt, .vtt or .ass with the words of the file."}


class AnalyzeForm(BaseModel):
    """The fields of an analysis beside its files."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "We won!"}]})

    text: Text
    forms: str = Field(
        default="json,csv,vtt",
        pattern="^(json|csv|vtt|html)(,(json|csv|vtt|html)){0,3}$",
        description="The results that are made, parted by commas.",
    )
    lang: Literal["en", "zh"] = Field(default="en", description="The language of sentences in a report.")


class ExplainForm(BaseModel):
    """The fields of an explanation beside its files."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "We won!", "label": "happy"}]})

    text: Text
    at: float | None = Field(
        default=None, ge=0, le=1e7, allow_inf_nan=False, description="Seconds; without it, the clearest moment."
    )
    who: str | None = Field(default=None, max_length=100, description="The person, as person-2.")
    label: str | None = Field(default=None, max_length=100, description="Explain this label instead of the answer.")
    lang: Literal["en", "zh"] = Field(default="en", description="The language of sentences.")

    @field_validator("at", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        # Python reads "1_0" as ten.
        return "no number" if isinstance(value, bool) or (isinstance(value, str) and "_" in value) else value


class Links(BaseModel):
    """Addresses of a job, relative to the server."""

    self: str
    events: str
    result: str


class ProgressNow(BaseModel):
    """How far a job is: seconds of the clip; ``total`` is 0 when it is not known."""

    stage: str
    done: float
    total: float


class JobState(BaseModel):
    """A job as clients see it."""

    id: str
    kind: Kind
    state: State
    name: str = Field(description="Of the clip.")
    progress: ProgressNow | None = Field(description="The latest; null before the first.")
    forms: list[str] = Field(description="The results that it gives.")
    problem: Problem | None = Field(description="Why it failed; null when it did not.")
    links: Links

    @classmethod
    def of(cls, job: Job) -> JobState:
        """How a job is now."""
        at = f"/v1/jobs/{job.id}"
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            name=job.order.name,
            progress=ProgressNow(**job.progress) if job.progress else None,
            forms=list(job.order.forms),
            problem=failure_of(job) if job.state == "failed" else None,
            links=Links(self=at, events=f"{at}/events", result=f"{at}/result"),
        )


def failure_of(job: Job) -> Problem:
    """Why a job has failed."""
    failure = job.failure
    if failure.get("mistake"):
        return Problem(
            type="urn:mien:problem:bad-input", title="Unprocessable Content", status=422, detail=failure["detail"]
        )
    detail = failure.get("detail") or "this is a fault of mien; the log of the server says more"
    return Problem(type="urn:mien:problem:fault", title="Internal Server Error", status=500, detail=detail)


def request_body(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI description of a request with a clip: a form with a file, or JSON with a text."""
    schema = model.model_json_schema()
    form = {
        **schema,
        "properties": {"file": _FILE, "subtitles": _SUBTITLES, **schema["properties"]},
        "required": ["file"],
    }
    form.pop("examples", None)
    words = {"type": "string", "minLength": 1, "maxLength": 1_000_000, "pattern": r"\S"}
    alone = {**schema, "properties": {**schema["properties"], "text": words}, "required": ["text"]}
    content = {"multipart/form-data": {"schema": form}, "application/json": {"schema": alone}}
    return {"requestBody": {"required": True, "content": content}}


def accepted(name: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of the answers: the result at once, or a job."""
    place = {"Location": {"description": "The job.", "schema": {"type": "string"}}}
    return {
        200: {
            "description": "The result.",
            "headers": place,
            "content": {"application/json": {"schema": referred(name)}},
        },
        202: {"description": "It takes longer, or was asked for as a job.", "headers": place, "model": JobState},
    }


FORMS = {form: media for form, (_, media) in RESULTS.items()}
"""{form: media type} of results."""
