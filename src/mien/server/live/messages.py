"""The messages of a live session, `mien.live/1`: what a client sends, and what it is told. docs/serve.md describes them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from mien.client.pieces import HEAD, LARGEST, LONGEST, PICTURE, RECORDING, SCHEMA, SOUND, Piece
from mien.server.problems import Problem, RefusedError
from mien.server.published import TIMELINE, components

_LATEST = 86_400.0  # seconds of one session


def piece_of(message: bytes) -> Piece:
    """A binary message.

    Raises:
        RefusedError: it is none of this form.
    """
    if len(message) <= HEAD.size:
        raise RefusedError(
            422, "bad-piece", "a piece has 16 bytes before its content: kind, zeros, seconds as a double"
        )
    kind, time = HEAD.unpack_from(message)
    content = message[HEAD.size :]
    if kind not in (SOUND, PICTURE, RECORDING) or not (math.isfinite(time) and 0 <= time <= _LATEST):
        raise RefusedError(
            422,
            "bad-piece",
            "a piece is sound (1), a picture (2) or a chunk (3), with a time in seconds from the start",
        )
    if kind == SOUND and (len(content) % 2 or len(content) > LONGEST):
        raise RefusedError(422, "bad-piece", "sound comes as whole samples of 16 bits, at most one second at a time")
    if kind == PICTURE and len(content) > LARGEST:
        raise RefusedError(422, "bad-piece", f"a picture has at most {LARGEST:,} bytes; send a smaller one")
    if kind == RECORDING and len(content) > LARGEST:
        raise RefusedError(422, "bad-piece", f"a chunk has at most {LARGEST:,} bytes; send smaller ones, more often")
    return Piece(kind, time, content)


class Start(BaseModel):
    """The first message of a client."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["start"]
    schema_: Literal["mien.live/1"] = Field(alias="schema")
    lang: Literal["en", "zh"] = Field(default="en", description="Of the sentences of notices and of the report.")


class Stop(BaseModel):
    """The last message of a client. What was said until then is still answered."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["stop"]


class Ready(BaseModel):
    """The server listens. ``job`` is the job of the session, which has its results at the end."""

    type: Literal["ready"]
    schema_: Literal["mien.live/1"] = Field(alias="schema")
    job: str
    bundle: str


class Words(BaseModel):
    """The words of an utterance."""

    type: Literal["words"]
    start: float
    end: float
    who: str | None
    text: str
    language: str | None


Box = Annotated[
    list[float] | None,
    Field(
        min_length=4,
        max_length=4,
        description="Where the face is at the end: left, top, right and bottom as parts of the picture; null when not in view.",
    ),
]


class Shown(BaseModel):
    """What to show of a person now. It changes less often than the answers, so that it does not flicker."""

    who: str | None
    label: str
    scores: dict[str, float]
    changed: bool = Field(description="Whether the label has just changed.")


class Partial(BaseModel):
    """The answer so far about an utterance that goes on, or about a face while nobody speaks.

    The next one about the same person takes its place, and at last a final one. Of several that a slow client has not taken,
    it gets the newest.
    """

    type: Literal["partial"]
    answer: dict[str, Any] = Field(
        description="A segment of mien.timeline/1: what has been said and shown so far, and who seems to speak. Its text is "
        "that of the words that are known so far, and empty when none are."
    )
    shown: Shown
    face: Box
    latency: float | None = Field(description="Seconds from the arrival of the newest piece that it counts.")


class Final(BaseModel):
    """The answer about one utterance, or about one stretch with a face and no speech."""

    type: Literal["final"]
    answer: dict[str, Any] = Field(description="A segment of mien.timeline/1.")
    shown: Shown
    face: Box
    latency: float | None = Field(
        description="Seconds from the arrival of its last piece; null when that is not known."
    )


class Told(BaseModel):
    """A notice."""

    type: Literal["notice"]
    code: str
    values: dict[str, Any]
    sentence: str


class Dropped(BaseModel):
    """Pictures that were left out because the machine is too slow for all of them; ``count`` is that of the session."""

    type: Literal["dropped"]
    count: int


class End(BaseModel):
    """The end of the session. ``/v1/jobs/{job}/result`` has the results."""

    type: Literal["end"]
    forms: list[str]


class Failed(BaseModel):
    """The session has ended with an error."""

    type: Literal["problem"]
    problem: Problem


class Cancelled(BaseModel):
    """The session was cancelled."""

    type: Literal["cancelled"]


FromClient = TypeAdapter[Start | Stop](Annotated[Start | Stop, Field(discriminator="type")])
ToClient = TypeAdapter[Ready | Words | Partial | Final | Told | Dropped | End | Failed | Cancelled](
    Annotated[Ready | Words | Partial | Final | Told | Dropped | End | Failed | Cancelled, Field(discriminator="type")]
)


def schema() -> dict[str, Any]:
    """The JSON Schema of the messages of text."""
    segment = components()[f"{TIMELINE}_segment"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": f"Text messages of a live session. An answer is: {segment.get('description', 'a segment')}",
        "properties": {"client": FromClient.json_schema(), "server": ToClient.json_schema()},
    }
