"""The routes of the labelling page."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path as Location
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from mien.collection.manifest import export_manifest
from mien.collection.rows import Draft, Vote
from mien.report.language import Language, languages
from mien.report.page.palette import SIGNS, looks
from mien.server.guard import COOKIE, Sessions
from mien.server.label.desk import Desk, Question
from mien.server.label.media import MARGIN, around, sound_of, video_of
from mien.server.problems import RESPONSES, RefusedError
from mien.server.routes.about import SessionForm
from mien.server.routes.page import environment, spoken
from mien.types import Span

router = APIRouter(responses=RESPONSES)
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
Clip = Annotated[str, Path(max_length=200)]
Number = Annotated[float, Field(ge=-1, le=1)]
_STATIC = {"label.js": "text/javascript", "page.css": "text/css", "label.css": "text/css"}


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


At = Annotated[Desk, Depends(_desk)]


class Ballot(BaseModel):
    """A vote as the page sends it."""

    model_config = ConfigDict(extra="forbid")

    annotator: Name
    clip: str = Field(max_length=200)
    number: int = Field(ge=0, description="How many votes the annotator had cast before.")
    labels: dict[str, float] = Field(default_factory=dict, max_length=100)
    valence: Number | None = None
    arousal: Number | None = None
    words: str = Field("", max_length=2000)
    cannot_tell: bool = False
    comment: str = Field("", max_length=2000)
    start: float | None = Field(None, ge=0)
    end: float | None = Field(None, ge=0)
    seconds: float = Field(ge=0, le=86_400)


class Who(BaseModel):
    """The name of an annotator."""

    model_config = ConfigDict(extra="forbid")

    annotator: Name


@router.get("/", response_class=HTMLResponse)
def page(
    desk: At,
    lang: Annotated[Literal["en", "zh"] | None, Query()] = None,
    accept_language: Annotated[str | None, Header(max_length=500, pattern="^[ -~]*$")] = None,
) -> HTMLResponse:
    """The page for annotators."""
    settings = desk.dataset.settings
    say = Language(lang or spoken(accept_language or ""), settings.task)
    found = zip(settings.labels, looks(settings.labels), strict=True)
    labels = [{"key": k, "name": say.label(k), "sign": look.sign, "place": n} for n, (k, look) in enumerate(found)]
    content = (
        environment(__package__)
        .get_template("label.html")
        .render(
            say=say,
            lang=say.code,
            others=[(name, Language(name)("server.language")) for name in languages() if name != say.name],
            name=desk.dataset.folder.resolve().name,
            signs=SIGNS,
            labels=labels,
            data={
                "words": {**say.table["label"], "gone": say("server.gone")},
                "labels": {label["key"]: label for label in labels},
                "numbers": say.table["numbers"],
                "modalities": say.table["modalities"],
            },
        )
    )
    return HTMLResponse(content, headers={"Vary": "Accept-Language"})


@router.get("/static/{name}", response_model=None)
def static(name: Literal["label.js", "page.css", "label.css"], desk: At) -> Response:
    """The script and the styles of the page."""
    package = "mien.server" if name == "page.css" else __package__
    content = files(package).joinpath("templates", name).read_text(encoding="utf-8")
    if name == "label.css":
        found = looks(desk.dataset.settings.labels)
        content += "".join(f".e{n} {{ --look: {look.colour}; }}\n" for n, look in enumerate(found))
    return Response(content, media_type=_STATIC[name])


@router.post("/v1/session", status_code=204)
def session(form: SessionForm, request: Request, response: Response) -> None:
    """Gives the page a cookie for the token, because players cannot send the token."""
    sessions: Sessions = request.app.state.sessions
    response.set_cookie(COOKIE, sessions.begin(form.token), httponly=True, samesite="strict", path="/")


@router.get("/v1/label/next")
def upcoming(desk: At, annotator: Annotated[Name, Query()]) -> dict[str, Any]:
    """The next question of an annotator; ``done`` when there is none."""
    return _told(desk.question(annotator))


@router.post("/v1/label/votes")
def cast(ballot: Ballot, desk: At) -> dict[str, Any]:
    """Stores a vote. The answer has the draft, which may now be seen, and the next question."""
    values = ballot.model_dump(exclude={"number"})
    draft = desk.cast(Vote(**values), ballot.number)
    return {"draft": _draft(draft), **_told(desk.question(ballot.annotator))}


@router.post("/v1/label/undo")
def undo(who: Who, desk: At) -> dict[str, Any]:
    """Takes the last vote of an annotator back, and asks its clip again."""
    return {"undone": desk.undo(who.annotator), **_told(desk.question(who.annotator))}


@router.post("/v1/label/manifest")
def manifest(desk: At) -> dict[str, Any]:
    """Writes the manifest of the set."""
    found = export_manifest(desk.dataset, anyone=desk.plan.anyone)
    return {"rows": found.rows, "labelled": found.labelled, "left_out": dict(found.left_out)}


@router.get("/media/{clip}", response_model=None)
def media(clip: Clip, desk: At) -> FileResponse:
    """The recording of a clip, or a part of it (Range)."""
    _, recording = desk.clip(clip)
    if not desk.open_to_all(recording):
        raise RefusedError(
            403, "no-consent", "somebody in this recording did not agree; only clips of others are shown"
        )
    return FileResponse(desk.dataset.path_of(recording))


@router.get("/sound/{clip}", response_model=None)
def sound(clip: Clip, desk: At) -> Response:
    """The sound of a clip with a second before and after it, as WAV, whatever the recording is."""
    return Response(sound_of(*_cut(clip, desk)), media_type="audio/wav")


@router.get("/video/{clip}", response_model=None)
def video(clip: Clip, desk: At) -> Response:
    """A clip with a second before and after it, as MP4, for browsers that cannot play its recording."""
    return Response(video_of(*_cut(clip, desk)), media_type="video/mp4")


@router.get("/healthz", response_class=PlainTextResponse)
def health() -> str:
    """Whether the server answers."""
    return "ok\n"


def _cut(name: str, desk: Desk) -> tuple[Location, Span | None]:
    """The recording of a clip, and what of it may be seen."""
    clip, recording = desk.clip(name)
    return desk.dataset.path_of(recording), around(clip.start, clip.end, _margin(desk.open_to_all(recording)))


def _margin(whole: bool) -> float:
    """What is added before and after a clip: nothing where it could show somebody who did not agree."""
    return MARGIN if whole else 0.0


def _told(question: Question | None) -> dict[str, Any]:
    if question is None:
        return {"question": None}
    clip, shown = question.clip, question.asked.shown
    span = around(clip.start, clip.end, _margin(question.whole))
    table: dict[str, Any] = {
        "clip": clip.id,
        "number": question.number,
        "done": question.done,
        "all": question.all,
        "shown": list(shown),
        "alone": question.asked.purpose == "part" or len(shown) < len(clip.modalities),
        "text": clip.text if "text" in shown else "",
        "start": clip.start,
        "end": clip.end,
        "draft": _draft(question.draft),
        "kind": _kind(question),
        "offset": span.start if span else 0.0,
        "whole": question.whole,
    }
    return {"question": table}


def _kind(question: Question) -> str:
    """Which player the page needs: "video", "silent" (a video without its sound), "picture", "sound" or "words"."""
    shown, kind = question.asked.shown, question.recording.kind
    if kind == "video" and "face" in shown:
        return "video" if "voice" in shown else "silent"
    if kind == "image" and "face" in shown:
        return "picture"
    return "sound" if "voice" in shown else "words"


def _draft(draft: Draft | None) -> dict[str, Any] | None:
    return None if draft is None else {"label": draft.label, "scores": dict(draft.scores)}
