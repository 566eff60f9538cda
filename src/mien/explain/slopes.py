"""The trained model behind a bundle, for explainers that follow its slopes. Torch is imported when one does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.bundle import Bundle
from mien.errors import InputError
from mien.extras import needs_train

if TYPE_CHECKING:
    from mien.gradients import Slopes


def run_of(bundle: Bundle) -> Path:
    """The folder of the run in which ``mien train`` left the bundle.

    Raises:
        InputError: the trained weights are not there, or torch is not installed.
    """
    folder = bundle.folder.resolve().parent
    if not all((folder / name).is_file() for name in ("weights.safetensors", "recipe.json")):
        raise InputError(
            f"gradients need trained weights, and the bundle '{bundle.name}' has none beside it; give --bundle the folder "
            "'bundle' of a run of mien train, or take an occlusion explainer"
        )
    needs_train("following gradients")
    return folder


def slopes(bundle: Bundle) -> Slopes:
    """Those of the run's model.

    Raises:
        InputError: see ``run_of``.
    """
    folder = run_of(bundle)
    from mien.gradients import slopes_of

    return slopes_of(folder)
