"""Puts a trained bundle into the package: ``python -m tools.ship_bundle FOLDER``.

Graphs of encoders go to the folder that bundles share.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from mien import bundles
from mien.bundle.bundle import Bundle
from mien.errors import InputError


def ship(folder: Path) -> Path:
    """Copies a bundle into the package, and deletes shared graphs that no bundle uses any more.

    Returns:
        The bundle's folder in the package.

    Raises:
        InputError: the licence of one of its encoders does not allow this.
    """
    bundle = Bundle.load(folder)
    for encoder in bundle.encoders.values():
        if encoder.licence_note:
            raise InputError(f"'{folder}' cannot be shipped with mien: {encoder.licence_note}")
    home = bundles.folder()
    target, shared = home / bundle.name, home / "shared"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in folder.iterdir():
        graph = path.suffix == ".onnx" and not path.name.startswith("fusion-")
        shutil.copyfile(path, (shared if graph else target) / path.name)
    named = {entry.file for name in bundles.shipped() for entry in Bundle.load(name).table.graphs.values()}
    for modality in bundle.modalities:
        for path in (p for part in ("", "_trunk", "_vectors") for p in shared.glob(f"{modality}{part}-*.onnx")):
            if path.name not in named:
                path.unlink()
    return target


def main() -> None:
    """Ships the bundle that the command line names."""
    target = ship(Path(sys.argv[1]))
    sys.stdout.write(f"shipped to {target}\n")


if __name__ == "__main__":
    main()
