"""Frozen dataclasses from plain tables. An unknown or missing key or a wrong type is an error that names its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mien.errors import RecipeError, closest

T = TypeVar("T")

OPTIONAL: Mapping[str, Any] = {"optional": True}
"""Metadata for a field of a dataclass: ``plain`` leaves the field out of the table where it has its default value."""


def override(table: dict[str, Any], change: str) -> None:
    """Put ``a.b=value`` into a table, or remove ``a.b`` from it for ``-a.b``. The value is TOML, or else plain text.

    Raises:
        RecipeError: ``change`` has another form, its path goes through something that is not a table, or there is nothing to
            remove.
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
    """Build a dataclass from a table.

    Args:
        kind: the dataclass. The key of a field is its name, or "key" in its metadata. A class with values that a table cannot
            hold, such as arrays, has a class method ``from_table(table, place)``, which is used for fields of that class.
        table: as TOML or JSON gives it.
        place: what messages call the table.

    Raises:
        RecipeError: a key is unknown or missing, a value has the wrong type, or the dataclass refuses a value.
    """
    hints = _hints(kind)  # type: ignore[arg-type]  # every class can be hashed
    known = {_key(f): f for f in fields(kind)}  # type: ignore[arg-type]  # only called with dataclasses
    for key in table:
        if key not in known:
            raise RecipeError(f"{place} has no key '{key}'; {closest(key, list(known))}")
    for key, entry in known.items():
        if key not in table and entry.default is MISSING and entry.default_factory is MISSING:
            raise RecipeError(f"{place} needs '{key}'")
    values = {
        known[key].name: value(hints[known[key].name], given, f"{place} at '{key}'") for key, given in table.items()
    }
    try:
        return kind(**values)
    except ValueError as error:
        raise RecipeError(f"{place}: {error}") from error


def plain(given: Any) -> Any:
    """Plain values for JSON, which ``build`` and ``value`` can read. A class may have a method ``as_table()`` for this."""
    if hasattr(given, "as_table"):
        return given.as_table()
    if is_dataclass(given) and not isinstance(given, type):
        values = [(f, getattr(given, f.name)) for f in fields(given)]
        return {_key(f): plain(v) for f, v in values if not (f.metadata.get("optional") and v == _default(f))}
    if isinstance(given, Mapping):
        return {key: plain(inner) for key, inner in given.items()}
    if isinstance(given, list | tuple):
        return [plain(inner) for inner in given]
    return given


def value(hint: Any, given: Any, place: str) -> Any:
    """Convert a plain value to the type of a hint. Whole numbers are allowed where a float is wanted.

    Args:
        hint: a plain type, a dataclass, a union, a list, a tuple, a set, a mapping or a ``Literal``.
        given: as TOML or JSON gives it.
        place: what messages call the place of the value.

    Raises:
        RecipeError: the value has another type.
    """
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), given, place)
    if hasattr(hint, "from_table"):
        return hint.from_table(_check(given, dict, place), place)
    if hasattr(hint, "__dataclass_fields__"):
        return build(hint, _check(given, dict, place), place)
    if origin is Literal:
        if given not in get_args(hint):
            raise RecipeError(f"{place} has no '{given}'; {closest(str(given), list(map(str, get_args(hint))))}")
        return given
    if isinstance(origin, type) and issubclass(origin, Mapping):
        names, inner = get_args(hint)
        entries = _check(given, dict, place).items()
        return {value(names, k, place): value(inner, v, f"{place}.{k}") for k, v in entries}
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _several(origin, get_args(hint), given, place)
    if hint is Any:
        return given
    if hint is float and isinstance(given, int) and not isinstance(given, bool):
        return _as_float(given, place)
    if isinstance(hint, type):
        return _check(given, hint, place)
    return given


def within(name: str, given: T, least: float, most: float) -> T:
    """A number of a recipe or a bundle, checked to lie in its range.

    Raises:
        RecipeError: it lies outside, or is no number.
    """
    if not (isinstance(given, int | float) and least <= given <= most):
        raise RecipeError(f"{name} lies between {least:g} and {most:g}, not at {given!r}")
    return given


def _one_of(members: Sequence[Any], given: Any, place: str) -> Any:
    """Convert a value to the first member of a union that takes it. A member that is already its type is tried first."""
    if given is None and type(None) in members:
        return None
    wanted = sorted((m for m in members if m is not type(None)), key=lambda member: member is not type(given))
    if len(wanted) == 1:
        return value(wanted[0], given, place)
    for member in wanted:
        try:
            return value(member, given, place)
        except RecipeError:
            continue
    names = " or ".join(_called(m) for m in members if m is not type(None))
    raise RecipeError(f"{place} must be of type {names}, not {type(given).__name__} ({given!r})")


def _several(kind: type, members: Sequence[Any], given: Any, place: str) -> Any:
    """Convert a list, or make the wanted tuple or set of it. ``tuple[int, str]`` takes exactly two values."""
    listed = list(given) if isinstance(given, tuple) else _check(given, list, place)
    hints = [members[0]] * len(listed)
    if kind is tuple and members[-1] is not Ellipsis:
        if len(listed) != len(members):
            raise RecipeError(f"{place} must have {len(members)} values, not {len(listed)} ({given!r})")
        hints = list(members)
    found = [value(hint, v, place) for hint, v in zip(hints, listed, strict=True)]
    return kind(found) if kind in (tuple, set, frozenset) else found


def _check(value: Any, kind: type[T], place: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RecipeError(f"{place} must be of type {kind.__name__}, not {type(value).__name__} ({value!r})")
    return value


def _as_float(given: int, place: str) -> float:
    try:
        return float(given)
    except OverflowError as error:
        raise RecipeError(f"{place} is too large a number") from error


def _called(hint: Any) -> str:
    """A type as messages name it: "int", "list[int]"."""
    return hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _key(entry: Field[Any]) -> str:
    return str(entry.metadata.get("key", entry.name))


def _default(entry: Field[Any]) -> Any:
    return entry.default if entry.default_factory is MISSING else entry.default_factory()
