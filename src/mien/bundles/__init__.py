"""The shipped bundles, and where they lie."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from mien.errors import MienError


def folder() -> Path:
    """The folder of the shipped bundles. The package must lie unpacked on disk, as pip installs it."""
    with as_file(files(__name__)) as path:
        return Path(path)


def shipped() -> list[str]:
    """The names of the shipped bundles."""
    return sorted(p.parent.name for p in folder().glob("*/bundle.json"))


def shared_file(name: str) -> Path:
    """A file that several bundles share.

    Raises:
        MienError: the installation lacks it.
    """
    path = folder() / "shared" / name
    if not path.is_file():
        raise MienError(f"this installation of mien lacks its file '{name}'; install mien again")
    return path


def presets() -> list[str]:
    """The names of the bundles that are made when they are asked for, of models that are downloaded then."""
    return sorted(p.stem for p in folder().glob("*.toml"))


def preset(name: str) -> Path:
    """The specification of such a bundle.

    Raises:
        MienError: the installation lacks it.
    """
    path = folder() / f"{name}.toml"
    if name not in presets():
        raise MienError(f"this installation of mien lacks its file '{name}.toml'; install mien again")
    return path
