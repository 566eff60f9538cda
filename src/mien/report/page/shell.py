"""What every page has: templates, Plotly's code, and a policy that runs only what the page names by its hash."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_WRAPPED = re.compile(
    r'(?P<licence>/\*.{,500}?\*/\n)\(.{,300}?\} \(typeof self !== "undefined" \? self : this, \(\) => \{\n"use strict";'
    r"(?P<inside>var Plotly=.+)\nwindow\.Plotly = Plotly;\nreturn Plotly;\n\}\)\);\s*",
    re.DOTALL,
)
"""How the code of Plotly lies in a function for module loaders."""


@cache
def environment(*packages: str) -> Environment:
    """Templates of the packages' folders ``templates``; the first that has one wins."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def policy(scripts: Sequence[str], styles: Sequence[str], clip: str = "") -> str:
    """Forbids everything but the page's own scripts and styles, by hash, and its one clip (a source of such a policy)."""
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
    """The code of Plotly, so written that a browser starts it in two thirds of the time.

    Its wrapper for module loaders goes: engines read what is inside such a function twice. And it becomes Latin-1: two
    dozen characters beyond would make them hold and read all of it as UTF-16.
    """
    from plotly.offline import get_plotlyjs

    code: str = get_plotlyjs()
    wrapped = _WRAPPED.fullmatch(code)
    if wrapped:
        code = '{licence}"use strict";{inside}'.format_map(wrapped.groupdict())
    return re.sub(r"[^\x00-\xff]", lambda found: f"\\u{ord(found[0]):04x}", code)


@cache
def places() -> list[str]:
    """Ids of the style elements Plotly would make. Where they exist it makes none, which the page's policy would refuse."""
    named = re.findall(r'getElementById\("([0-9a-f]{64})"\)', plotly())
    return ["plotly.js-style-global", *dict.fromkeys(named)]


@cache
def plotly_hash() -> str:
    """Of its code, for the policy."""
    return hash_of(plotly())


def hash_of(text: str) -> str:
    """A source of a Content-Security-Policy."""
    # The parser of HTML makes all ends of lines "\n" before a browser hashes what it found.
    digest = hashlib.sha256(text.replace("\r\n", "\n").replace("\r", "\n").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
