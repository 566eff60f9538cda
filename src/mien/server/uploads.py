"""Reads the body of a request that sends a clip. Files go to disk in pieces, under names of ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request, UploadFile
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile as Received

from mien.server import sniffing
from mien.server.guard import client_of
from mien.server.jobs import Jobs
from mien.server.problems import RefusedError

_MOST_JSON = 2_000_000  # bytes of a request without a file
_MOST_FIELD = 1_000_000  # bytes of a field beside a file
_FIELDS = 12
_SUBTITLES = (".srt", ".vtt", ".ass", ".ssa")
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True)
class Upload:
    """A clip that has been sent.

    Attributes:
        folder: of its job.
        name: that the client gave, as it may be shown; "text" when there are only words.
        file: where it lies; "" when there are only words.
        subtitles: where its subtitles lie; "" without them.
    """

    folder: Path
    name: str
    file: str
    subtitles: str


@asynccontextmanager
async def received(request: Request, jobs: Jobs, model: type[Form]) -> AsyncIterator[tuple[Upload, Form]]:
    """The clip and the other fields of a request. When the block ends in an error, nothing of the clip is left.

    Args:
        request: its body is a form, or JSON when there are only words.
        jobs: give the folder, and hold a place in the queue.
        model: of the other fields.

    Raises:
        RefusedError: the queue is full, or the body is not what is wanted.
    """
    folder = jobs.new_folder(client_of(request))
    try:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            async with request.form(max_files=2, max_fields=_FIELDS, max_part_size=_MOST_FIELD) as form:
                pairs = form.multi_items()
                sent = {name: value for name, value in pairs if isinstance(value, Received)}
                fields = {name: value for name, value in pairs if isinstance(value, str) and value != ""}
                found = _checked(model, fields, {name for name, _ in pairs}, len(pairs))
                yield await _stored(folder, sent, fields), found
        elif kind == "application/json":
            given = await _json(request)
            yield await _stored(folder, {}, given), _checked(model, given, set(given), len(given))
        else:
            sentence = "send a form (multipart/form-data) with a file, or JSON (application/json) with a text"
            raise RefusedError(415, "no-form", sentence)
    except BaseException:
        jobs.give_up(folder)
        raise


async def _json(request: Request) -> Mapping[str, Any]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_JSON:
            raise RefusedError(413, "too-large", f"a text has at most {_MOST_JSON / 1e6:g} MB; send it as a file")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "no-json", "the body is no JSON") from error
    if not isinstance(found, dict):
        raise RefusedError(422, "bad-request", "the body is a JSON object with a 'text'")
    return found


def _checked(model: type[Form], fields: Mapping[str, Any], names: set[str], count: int) -> Form:
    if len(names) < count:
        raise RefusedError(422, "bad-request", "a field comes twice; send each once")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        said = [f"'{'.'.join(str(p) for p in e['loc'])}': {e['msg']}" for e in error.errors(include_input=False)]
        raise RefusedError(422, "bad-request", "; ".join(said)) from error


async def _stored(folder: Path, sent: Mapping[str, UploadFile | Received], fields: Mapping[str, Any]) -> Upload:
    """Puts the files of a form into the folder of the job."""
    if unknown := set(sent) - {"file", "subtitles"}:
        raise RefusedError(
            422, "bad-request", f"'{sniffing.shown(min(unknown))}' is no file of this form; send 'file' or 'subtitles'"
        )
    if "file" not in sent:
        if not str(fields.get("text") or "").strip() or sent:
            raise RefusedError(422, "bad-input", "there is nothing to analyse: send a 'file', or a 'text'")
        return Upload(folder, "text", "", "")
    clip, name = sent["file"], sent["file"].filename or ""
    path = folder / f"clip{sniffing.kept_suffix(name)}"
    await run_in_threadpool(_copy, clip, path)
    await run_in_threadpool(sniffing.check, path, name)
    subtitles = ""
    if "subtitles" in sent:
        suffix = sniffing.kept_suffix(sent["subtitles"].filename or "")
        if suffix not in _SUBTITLES:
            raise RefusedError(415, "no-subtitles", f"the name of subtitles ends with {', '.join(_SUBTITLES)}")
        await run_in_threadpool(_copy, sent["subtitles"], folder / f"words{suffix}")
        subtitles = str(folder / f"words{suffix}")
    return Upload(folder, sniffing.shown(name), str(path), subtitles)


def _copy(sent: UploadFile | Received, path: Path) -> None:
    with path.open("xb") as file:
        shutil.copyfileobj(sent.file, file, 1024 * 1024)
