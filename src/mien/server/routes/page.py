"""The page of the server: drop a clip, watch its timeline grow, look at its report. It loads nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import HTMLResponse, Response

from mien.bundle.answer import single
from mien.bundle.load import load
from mien.report.language import Language, languages
from mien.report.page.palette import SIGNS, looks
from mien.server.problems import RESPONSES
from mien.server.state import State, state_of

if TYPE_CHECKING:
    from jinja2 import Environment

router = APIRouter(responses=RESPONSES)
Server = Annotated[State, Depends(state_of)]
_STATIC = {
    "page.js": "text/javascript",
    "live.js": "text/javascript",
    "now.js": "text/javascript",
    "sound.js": "text/javascript",
    "page.css": "text/css",
}


@router.get(
    "/",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The page."}},
)
def page(
    server: Server,
    lang: Annotated[Literal["en", "zh"] | None, Query(description="Without it, that of the browser.")] = None,
    accept_language: Annotated[str | None, Header(max_length=500, pattern="^[ -~]*$")] = None,
) -> HTMLResponse:
    """The page for people."""
    table = load(server.settings.bundle).table
    task = single(table.tasks, server.settings.task)
    say = Language(lang or spoken(accept_language or ""), task.name)
    known = enumerate(zip(task.labels, looks(task.labels), strict=True))
    content = (
        environment()
        .get_template("page.html")
        .render(
            say=say,
            lang=say.code,
            others=[(name, Language(name)("server.language")) for name in languages() if name != say.name],
            bundle=table.name,
            where=_where(server, say),
            signs=SIGNS,
            megabytes=f"{server.settings.max_bytes / 1e6:g}",
            data={
                "lang": say.name,
                "words": say.table["server"],
                "numbers": say.table["numbers"],
                "people": say.table["people"],
                "modalities": say.table["modalities"],
                "labels": {k: {"name": say.label(k), "sign": look.sign, "place": n} for n, (k, look) in known},
                "most": server.settings.max_bytes,
            },
        )
    )
    return HTMLResponse(content, headers={"Vary": "Accept-Language"})


def _where(server: State, say: Language) -> str:
    """Who gets a clip."""
    llm = server.settings.llm
    if llm is None:
        return say("server.notice_where")
    return say("server.notice_elsewhere" if llm.elsewhere else "server.notice_asked", model=llm.model)


@router.get(
    "/static/{name}",
    response_model=None,
    responses={
        200: {"content": {m: {"schema": {"type": "string"}} for m in _STATIC.values()}, "description": "A file."}
    },
)
def static(name: Literal["page.js", "live.js", "now.js", "sound.js", "page.css"], server: Server) -> Response:
    """The script and the style of the page."""
    content = files("mien.server").joinpath("templates", name).read_text(encoding="utf-8")
    if name == "page.css":
        table = load(server.settings.bundle).table
        found = looks(single(table.tasks, server.settings.task).labels)
        content += "".join(f".e{n} {{ --look: {look.colour}; }}\n" for n, look in enumerate(found))
    return Response(content, media_type=_STATIC[name])


def spoken(accepted: str) -> str:
    """The first language of a browser that mien speaks."""
    asked = (part.partition(";")[0].strip().lower().partition("-")[0] for part in accepted.split(","))
    return next((name for name in asked if name in languages()), "en")


@cache
def environment(package: str = "mien.server") -> Environment:
    """The templates of a package. They escape what they are given."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
