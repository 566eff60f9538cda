"""Plain tables to frozen dataclasses, strictly: unknown and missing keys and wrong types are errors that name their place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mien.errors import RecipeError, closest

T = TypeVar("T")


def override(table: dict[str, Any], change: str) -> None:
    """Put ``a.b=value`` (value in TOML, or plain text) into a table, or take ``-a.b`` out of it.

    Raises:
        RecipeError: not of that form, a path through something that is no table, or nothing there to take out.
    """
    if change.startswith("-"):
        node, last = _place(table, change[1:])
        if last not in node:
            raise RecipeError(f"'{change}' takes out what is not there; {closest(last, list(node))}")
        del node[last]
        return
    path, found, text = change.partition("=")
    if not found:
        raise RecipeError(f"'{change}' is not of the form key=value, for example train.epochs=5")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    node, last = _place(table, path)
    node[last] = value


def _place(table: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The table that holds the last name of a path, and that name."""
    *parents, last = path.strip().split(".")
    for key in parents:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise RecipeError(f"'{path}' goes through '{key}', which is not a table")
    return table, last


def build(kind: type[T], table: Mapping[str, Any], place: str) -> T:
    """A dataclass from a table; ``place`` is what messages call it.

    Raises:
        RecipeError: unknown or missing key, a value of the wrong type, or one that the dataclass refuses.
    """
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]  # only called with dataclasses
    for key in table:
        if key not in known:
            raise RecipeError(f"{place} has no key '{key}'; {closest(key, list(known))}")
    for name, entry in known.items():
        if name not in table and entry.default is MISSING and entry.default_factory is MISSING:
            raise RecipeError(f"{place} needs '{name}'")
    values = {key: value(hints[key], given, f"{place} at '{key}'") for key, given in table.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise RecipeError(f"{place}: {error}") from error


def value(hint: Any, given: Any, place: str) -> Any:
    """A value that has the type of a hint; a whole number will do where a number is wanted.

    Raises:
        RecipeError: it has another; ``place`` is what the message calls where it stands.
    """
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        inner = [h for h in get_args(hint) if h is not type(None)]
        return None if given is None else value(inner[0], given, place)
    if hasattr(hint, "__dataclass_fields__"):
        return build(hint, _check(given, dict, place), place)
    if origin is tuple:
        return tuple(value(get_args(hint)[0], v, place) for v in _check(given, list, place))
    if origin is Sequence:
        listed = list(given) if isinstance(given, tuple) else given
        return [value(get_args(hint)[0], v, place) for v in _check(listed, list, place)]
    if origin in (dict, Mapping):
        names, inner_hint = get_args(hint)
        entries = _check(given, dict, place).items()
        return {value(names, k, place): value(inner_hint, v, f"{place}.{k}") for k, v in entries}
    if origin is Literal:
        if given not in get_args(hint):
            raise RecipeError(f"{place} has no '{given}'; {closest(str(given), list(get_args(hint)))}")
        return given
    if hint is Any:
        return given
    if hint is float and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    if isinstance(hint, type):
        return _check(given, hint, place)
    return given


def _check(value: Any, kind: type[T], place: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RecipeError(f"{place} must be of type {kind.__name__}, not {type(value).__name__} ({value!r})")
    return value
