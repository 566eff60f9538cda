"""What every page has: its head, Plotly's code, and a policy that runs only what the page names by its hash."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_WRAPPED = re.compile(
    r'(?P<licence>/\*.{,500}?\*/\n)\(.{,300}?\} \(typeof self !== "undefined" \? self : this, \(\) => \{\n"use strict";'
    r"(?P<inside>var Plotly=.+)\nwindow\.Plotly = Plotly;\nreturn Plotly;\n\}\)\);\s*",
    re.DOTALL,
)
"""How the code of Plotly lies in a function for module loaders."""


def render(template: str, *, styles: Sequence[str], scripts: Sequence[str], clip: str = "", **content: Any) -> str:
    """A whole page: a template that extends ``page.html``, filled. It loads nothing but the clip.

    Words are escaped by the template and, in the data, by JSON. Should some get through all the same, the page's
    Content-Security-Policy runs only the scripts whose hashes it names. The same content gives the same bytes.

    Args:
        template: its name.
        styles: names of style sheets, which are templates too.
        scripts: names of scripts.
        clip: where the clip comes from, as a source of a Content-Security-Policy; "" for a page without one.
        content: what the template and the style sheets show. ``page.html`` needs ``lang``, ``kicker``, ``name``, ``facts`` and
            ``data``, which the scripts read.

    Raises:
        ImportError: if Jinja2 or Plotly is not installed (``mien.runtime.extras.needs_report`` says how).
    """
    style = "".join(_environment().get_template(name).render(**content) for name in styles)
    script = "\n".join(_source(name) for name in ("plotly.js", *scripts))
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            style=style,
            script=script,
            plotly=plotly(),
            places=places(),
            policy=_policy([hash_of(script), plotly_hash()], [hash_of(style), hash_of("")], clip),
        )
    )


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


def _policy(scripts: Sequence[str], styles: Sequence[str], clip: str) -> str:
    """A Content-Security-Policy. It allows the page's own scripts and styles, by their hashes, and its one clip."""
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
def plotly() -> str:
    """The code of Plotly, in a form that a browser starts sooner.

    Its wrapper for module loaders goes, because engines read twice what stands inside such a function. And it becomes
    Latin-1, because two dozen other characters would make engines hold and read all of it as UTF-16.
    """
    # benchmarks/report.py, the hour-long report, Chromium 150, medians of 15. The first chart is there after 1.18 s; with the
    # wrapper after 1.59 s, without Latin-1 after 1.26 s. Processor time of the page: 0.88 s, 1.15 s, 0.89 s.
    from plotly.offline import get_plotlyjs

    code: str = get_plotlyjs()
    wrapped = _WRAPPED.fullmatch(code)
    if wrapped:
        code = '{licence}"use strict";{inside}'.format_map(wrapped.groupdict())
    return re.sub(r"[^\x00-\xff]", lambda found: f"\\u{ord(found[0]):04x}", code)


@cache
def places() -> list[str]:
    """Ids of the style elements that Plotly looks for. It would add missing ones, which the page's policy refuses."""
    named = re.findall(r'getElementById\("([0-9a-f]{64})"\)', plotly())
    return ["plotly.js-style-global", *dict.fromkeys(named)]


@cache
def plotly_hash() -> str:
    """The hash of Plotly's code, for the policy."""
    return hash_of(plotly())


def hash_of(text: str) -> str:
    """The hash of a text, as a Content-Security-Policy names it."""
    # The parser of HTML makes all ends of lines "\n" before a browser hashes what it found.
    digest = hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
