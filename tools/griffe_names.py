"""For the API reference: a docstring may have several names on one line, ``start, end: seconds``. Each gets its own line."""

from __future__ import annotations

import re
from typing import Any

import griffe

_SEVERAL = re.compile(r"^(?P<indent> +)(?P<names>\w+(?:, \w+)+): (?P<text>.*)$")


def apart(docstring: str) -> str:
    """The docstring with its own line for each name. Each name gets the whole text, with the lines that continue it."""
    lines: list[str] = []
    every = docstring.split("\n")
    for number, line in enumerate(every):
        found = _SEVERAL.match(line)
        if found is None:
            lines.append(line)
            continue
        indent, text = found["indent"], found["text"]
        deeper = re.compile(rf"{indent} +\S")
        rest = []
        for following in every[number + 1 :]:
            if not deeper.match(following):
                break
            rest.append(following)
        *first, last = found["names"].split(", ")
        for name in first:
            lines += [f"{indent}{name}: {text}", *rest]
        lines.append(f"{indent}{last}: {text}")
    return "\n".join(lines)


class Names(griffe.Extension):
    """Changes the docstring of every object before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Separates the names in the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = apart(obj.docstring.value)
