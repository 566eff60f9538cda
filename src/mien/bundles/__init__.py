"""The shipped weights, and where they lie."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from mien.errors import MienError


def folder() -> Path:
    """The folder of the shipped bundles. Works for wheels unpacked on disk, as pip installs them."""
    with as_file(files(__name__)) as path:
        return Path(path)


def shipped() -> list[str]:
    """Names of the bundles in the package."""
    return sorted(p.parent.name for p in folder().glob("*/bundle.json"))


def shared_file(name: str) -> Path:
    """A frozen file that several bundles use.

    Raises:
        MienError: if the installation lacks it.
    """
    path = folder() / "shared" / name
    if not path.is_file():
        raise MienError(f"this installation of mien lacks its file '{name}'; install mien again")
    return path
