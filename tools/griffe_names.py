"""For the API reference: a docstring may tell of several names on one line, ``start, end: seconds``; here each gets its own."""

from __future__ import annotations

import re
from typing import Any

import griffe

_SEVERAL = re.compile(r"^(?P<indent> +)(?P<names>\w+(?:, \w+)+): (?P<text>.*)$")


def apart(docstring: str) -> str:
    """The docstring with a line for each name. What follows on further lines stays with the last name.

    The others get the first line alone, and say with which name it goes on.
    """
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
    """Is shown every object before its docstring is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Set the names of its docstring apart."""
        if obj.docstring is not None:
            obj.docstring.value = apart(obj.docstring.value)
