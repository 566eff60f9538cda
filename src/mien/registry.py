"""Families of parts. A family is one extension point; a part is a class or function, registered under its file's name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, get_type_hints

from mien.errors import RecipeError, UnknownNameError, closest
from mien.recipe import own_code, strict

T = TypeVar("T")
P = TypeVar("P")


def construct(name: str, part: Callable[..., T], settings: Mapping[str, Any], given: Mapping[str, Any]) -> T:
    """Call a part with settings of a recipe, and with arguments of the program.

    All settings are checked against the signature before the call. So a ``TypeError`` from the call is a fault of the part and
    not a mistake of the user, and it is not caught.

    Args:
        name: what messages call the part.
        part: a class or function.
        settings: arguments from a recipe.
        given: arguments from the program, which a recipe may not set.

    Raises:
        RecipeError: a setting is unknown or missing, is given by the program, or has another type than in the signature.
        TypeError: the part does not take an argument of the program, or raises this error itself.
    """
    parameters = inspect.signature(part).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    known = {
        k: p for k, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and k not in given
    }
    for key in settings:
        if key in given or not (key in known or takes_any):
            raise RecipeError(f"'{name}' takes no argument '{key}'; {closest(key, known)}")
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in settings:
            raise RecipeError(f"'{name}' needs the argument '{key}'")
    hints = _hints(part)
    checked = {k: strict.value(hints.get(k, Any), v, f"'{name}' at '{k}'") for k, v in settings.items()}
    return part(**checked, **given)


def _hints(part: Callable[..., Any]) -> dict[str, Any]:
    """The types of a part's arguments; empty where a plugin imports some of its types for type checkers only."""
    try:
        return get_type_hints(part.__init__ if inspect.isclass(part) else part)
    except NameError:
        return {}


class Family(Generic[T]):
    """One extension point: parts by name.

    Built-in parts are the modules of ``packages`` whose name does not start with "_" and is not "base"; subfolders do not
    count. Each part registers itself under the name of its file. Third-party parts come from the entry-point group
    ``mien.<name>``. A part is imported only when it is needed.

    Args:
        name: plural name for messages and entry points ("fusions").
        packages: dotted packages of the built-in parts.
    """

    def __init__(self, name: str, *packages: str) -> None:
        self.name = name
        self._packages = packages
        self._parts: dict[str, Callable[..., T]] = {}

    def register(self, part: P) -> P:
        """Register a class or function under the name of the module that defines it. Used as a decorator.

        Raises:
            TypeError: the part has no module.
        """
        module = inspect.getmodule(part)
        if module is None:
            raise TypeError(f"{part!r} has no module to take its name from")
        name = module.__name__.rpartition(".")[2]
        self._parts[name] = part  # type: ignore[assignment]  # checked by the family's contract tests
        return part

    def names(self) -> list[str]:
        """All names of parts, sorted."""
        return sorted({*self._builtin(), *self._parts, *(e.name for e in self._plugins())})

    def get(self, name: str) -> Callable[..., T]:
        """The part called ``name``, or a part of the user's own file that was allowed to run (``recipe/own_code.py``).

        Raises:
            UnknownNameError: there is no such part. The message names the closest one.
            RecipeError: the file of the part was not allowed to run, or lacks it.
        """
        if own_code.is_own(name):
            part: Callable[..., T] = own_code.part_of(name)
            return part
        if name not in self._parts:
            if package := self._builtin().get(name):
                importlib.import_module(f"{package}.{name}")
            else:
                for entry in self._plugins():
                    if entry.name == name:
                        self._parts[name] = entry.load()
        if name not in self._parts:
            raise UnknownNameError(f"no {self.name} called '{name}'; {closest(name, self.names())}")
        return self._parts[name]

    def build(self, table: Mapping[str, Any], **given: Any) -> T:
        """Build a part from a recipe table: ``name`` plus its arguments, checked against the signature.

        Args:
            table: ``{"name": ..., argument: value, ...}``.
            **given: arguments from the program, which a table may not set.

        Raises:
            UnknownNameError: there is no part with this name.
            RecipeError: an argument is unknown, missing, given twice or of another type, or the table has no name.
        """
        part = self.named(table)
        return construct(table["name"], part, {k: v for k, v in table.items() if k != "name"}, given)

    def named(self, table: Mapping[str, Any]) -> Callable[..., T]:
        """The part that a recipe table names.

        Raises:
            UnknownNameError: there is no part with this name.
            RecipeError: the table has no name.
        """
        if not isinstance(table.get("name"), str):
            raise RecipeError(f"a table of {self.name} needs a name; known: {', '.join(self.names())}")
        return self.get(table["name"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _builtin(self) -> dict[str, str]:
        """{name of a built-in part: its package}."""
        return {
            m.name: package
            for package in self._packages
            for m in pkgutil.iter_modules(importlib.import_module(package).__path__)
            if not m.ispkg and m.name != "base" and m.name[0] != "_"
        }

    def _plugins(self) -> list[Any]:
        return list(entry_points(group=f"mien.{self.name}"))
