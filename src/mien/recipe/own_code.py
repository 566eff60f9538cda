"""Parts from a Python file of the user: ``fusion.name = "./mine.py:Mine"``. Such a file runs code, so it has to be allowed."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import RecipeError
from mien.files.ordinary import read_bytes

if TYPE_CHECKING:
    from mien.recipe.recipe import Recipe

_MARK = ".py:"
_LARGEST = 5_000_000  # bytes of a file of code
Asked = Callable[[Path], bool]
"""A function that tells whether the code of a file may run."""

_allowed: dict[Path, Any] = {}  # the modules of this process; nothing is allowed for longer


def refuse(file: Path) -> bool:
    """The usual answer: no file may run."""
    return False


def is_own(name: str) -> bool:
    """Whether the name of a part names a file: "./mine.py:Mine"."""
    return _MARK in name


def allow(recipe: Recipe, asked: Asked) -> None:
    """Runs the files that a recipe names, each once in a process, if they are allowed.

    Args:
        recipe: its fusion and its encoders may come from files.
        asked: called once for each file that has not run yet.

    Raises:
        RecipeError: a file may not run, is missing, or fails.
    """
    names = [str(recipe.fusion.get("name", "")), *(table.name for table in recipe.encoders.values())]
    for file in dict.fromkeys(_file(name) for name in names if is_own(name)):
        if file in _allowed:
            continue
        if not file.is_file():
            raise RecipeError(f"there is no file '{file}', from which the recipe takes a part")
        if not asked(file):
            raise RecipeError(f"the recipe runs the code of '{file}'; read it, and allow it with --allow-code")
        _allowed[file] = _run(file)


def part_of(name: str) -> Any:
    """The part that "file.py:Name" names.

    Raises:
        RecipeError: the file was not allowed to run, or has no such name.
    """
    file, _, wanted = name.rpartition(":")
    module = _allowed.get(_file(name))
    if module is None:
        raise RecipeError(
            f"'{name}' is code in a file, which no bundle and no recipe runs by itself; only a training that allows it does"
        )
    part = getattr(module, wanted, None)
    if not callable(part):
        raise RecipeError(f"'{file}' defines no '{wanted}'")
    return part


def sha256_of(name: str) -> str:
    """The hash of the file of a part; "" for a part that has a registered name."""
    return hashlib.sha256(read_bytes(_file(name), _LARGEST)).hexdigest() if is_own(name) else ""


def located(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A recipe as plain values in which files of parts are named from everywhere, and not from the folder of the recipe."""
    found = dict(table)
    if isinstance(found.get("fusion"), dict):
        found["fusion"] = _absolute(found["fusion"], folder)
    if isinstance(found.get("encoders"), dict):
        found["encoders"] = {
            m: _absolute(t, folder) if isinstance(t, dict) else t for m, t in found["encoders"].items()
        }
    return found


def _absolute(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    name = table.get("name")
    if not isinstance(name, str) or not is_own(name):
        return dict(table)
    file, _, wanted = name.rpartition(":")
    return {**table, "name": f"{(folder / file).absolute()}:{wanted}"}


def _file(name: str) -> Path:
    return Path(name.rpartition(":")[0]).absolute()


def _run(file: Path) -> Any:
    name = f"mien_own_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RecipeError(f"'{file}' is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Types of arguments are looked up in the module by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RecipeError(f"'{file}' cannot be run: {type(error).__name__}: {error}") from error
    return module
