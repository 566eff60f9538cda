"""HTML: one self-contained page that opens offline in any browser."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mien.report._page import view
from mien.report._page.evidence import Evidence
from mien.report._page.media import Media
from mien.report._page.palette import SIGNS
from mien.report._page.words import Language
from mien.report.base import exporters
from mien.timeline import Timeline

if TYPE_CHECKING:
    from jinja2 import Environment

_SCRIPTS = ("core.js", "charts.js", "moment.js", "page.js")


@exporters.register
def write_html(
    timeline: Timeline, *, lang: str = "en", media: Media | None = None, evidence: Sequence[Evidence | None] = ()
) -> str:
    """The whole page: markup, style, script, data and the code of Plotly; it loads nothing but the clip.

    Words and names are escaped by the template and, in the data, by JSON; and should one get through, the page's
    Content-Security-Policy runs only the scripts whose hashes it names. The same timeline gives the same bytes.

    Args:
        timeline: what is reported.
        lang: "en" or "zh".
        media: the clip; ``None`` when there is none to play.
        evidence: explanations, one for each prediction; empty or ``None`` where there is none.

    Raises:
        InputError: if there is no such language.
        ImportError: if Jinja2 or Plotly is not installed (``mien.extras.needs_report`` says how).
    """
    say = Language(lang)
    shown = view.page(timeline, say, media)
    environment = _environment()
    style = environment.get_template("report.css").render(labels=shown["labels"], modalities=shown["modalities"])
    script = "\n".join(_source(name) for name in _SCRIPTS)
    page = environment.get_template("report.html")
    return page.render(
        **shown,
        say=say,
        signs=SIGNS,
        data=view.data(timeline, say, media, evidence),
        style=style,
        script=script,
        plotly=_plotly(),
        places=_places(),
        policy=_policy([_plotly_hash(), _hash(script)], [_hash(style), _hash("")], media),
    )


def _policy(scripts: Sequence[str], styles: Sequence[str], media: Media | None) -> str:
    """Forbids everything but the page's own scripts and styles, by hash, and its one clip."""
    clip = "" if media is None else "blob:" if media.content else "'self' file:" if media.url else ""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(f"'{s}'" for s in scripts),
        "style-src": " ".join(f"'{s}'" for s in styles),
        "img-src": f"data: {clip}".strip(),
        "media-src": clip or "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{rule} {sources}" for rule, sources in rules.items())


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("mien.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(name: str) -> str:
    return files("mien.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    code: str = get_plotlyjs()
    return code


@cache
def _places() -> list[str]:
    """Ids of the style elements Plotly would make. Where they exist it makes none, which the page's policy would refuse."""
    named = re.findall(r'getElementById\("([0-9a-f]{64})"\)', _plotly())
    return ["plotly.js-style-global", *dict.fromkeys(named)]


@cache
def _plotly_hash() -> str:
    return _hash(_plotly())


def _hash(text: str) -> str:
    """A source of a Content-Security-Policy."""
    # The parser of HTML makes all ends of lines "\n" before a browser hashes what it found.
    digest = hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
