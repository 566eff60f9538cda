"""What every page has: its head, and a policy that allows only scripts with known hashes. Some have the code of Plotly."""

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
"""Finds the code of Plotly inside its wrapper for module loaders."""


def render(
    template: str,
    *,
    styles: Sequence[str],
    scripts: Sequence[str],
    clip: str = "",
    with_plotly: bool = False,
    **content: Any,
) -> str:
    """A whole page from a template that extends ``page.html``. The page loads nothing but the clip.

    The template escapes words, and JSON escapes them in the data. As a second protection, the page's
    Content-Security-Policy runs only scripts whose hashes it names. The same content gives the same bytes.

    Args:
        template: name of the template.
        styles: names of style sheets, which are templates too.
        scripts: names of scripts.
        clip: the source of the clip in a Content-Security-Policy; "" for a page without a clip.
        with_plotly: whether the page draws charts with Plotly, whose code is 4.8 MB.
        content: values for the template and the style sheets. ``page.html`` needs ``lang``, ``kicker``, ``name``, ``facts``
            and ``data``; the scripts read ``data``.

    Raises:
        ImportError: Jinja2, or Plotly where it is wanted, is not installed; see ``mien.runtime.extras``.
    """
    style = "".join(_environment().get_template(name).render(**content) for name in styles)
    script = "\n".join(_source(name) for name in (*(["plotly.js"] if with_plotly else []), *scripts))
    hashes = [hash_of(script), *([plotly_hash()] if with_plotly else [])]
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            style=style,
            script=script,
            plotly=plotly() if with_plotly else "",
            places=places() if with_plotly else [],
            policy=_policy(hashes, [hash_of(style), hash_of("")], clip),
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
    """A Content-Security-Policy. It allows the page's own scripts and styles by their hashes, and its clip."""
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
    """The code of Plotly in a form that a browser starts sooner.

    The wrapper for module loaders is removed, because engines parse the code in such a function twice. All characters become
    Latin-1, because a few other characters would make engines store and read the whole code as UTF-16.
    """
    # Measured by benchmarks/report.py on the report of an hour in Chromium 150, medians of 15. The first chart appears after
    # 1.18 s (with the wrapper 1.59 s, without Latin-1 1.26 s). The page takes 0.88 s of processor time (1.15 s, 0.89 s).
    from plotly.offline import get_plotlyjs

    code: str = get_plotlyjs()
    wrapped = _WRAPPED.fullmatch(code)
    if wrapped:
        code = '{licence}"use strict";{inside}'.format_map(wrapped.groupdict())
    return re.sub(r"[^\x00-\xff]", lambda found: f"\\u{ord(found[0]):04x}", code)


@cache
def places() -> list[str]:
    """Ids of the style elements that Plotly looks for. It would add missing ones, but the page's policy forbids that."""
    named = re.findall(r'getElementById\("([0-9a-f]{64})"\)', plotly())
    return ["plotly.js-style-global", *dict.fromkeys(named)]


@cache
def plotly_hash() -> str:
    """The hash of Plotly's code, for the policy."""
    return hash_of(plotly())


def hash_of(text: str) -> str:
    """The hash of a text in the form of a Content-Security-Policy."""
    # An HTML parser turns all ends of lines into "\n" before the browser computes the hash.
    digest = hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
