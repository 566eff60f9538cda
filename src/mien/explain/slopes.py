"""The trained model of a bundle, for explainers that need its gradients. Torch is imported only for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.bundle.bundle import Bundle
from mien.errors import InputError
from mien.runtime.cache import file_sha256
from mien.runtime.extras import needs_train
from mien.runtime.run_folder import RECIPE, WEIGHTS

if TYPE_CHECKING:
    from mien.model.gradients import Slopes


def run_of(bundle: Bundle) -> tuple[Path, str]:
    """The folder of the training run that holds the bundle, and the SHA-256 of its weights.

    Raises:
        InputError: the trained weights are missing or are not those of the bundle, or torch is not installed.
    """
    folder = bundle.folder.resolve().parent
    weights = folder / WEIGHTS
    if not (weights.is_file() and (folder / RECIPE).is_file()):
        raise InputError(
            f"gradients need trained weights, and the bundle '{bundle.name}' has none beside it; give --bundle the folder "
            "'bundle' of a run of mien train, or take an occlusion explainer"
        )
    sha256 = file_sha256(weights)
    if bundle.weights not in (None, sha256):
        raise InputError(
            f"the trained weights beside the bundle '{bundle.name}' are not those it was exported from; train its recipe again "
            "into another folder, or take an occlusion explainer"
        )
    needs_train("following gradients")
    return folder, sha256


def slopes(bundle: Bundle) -> Slopes:
    """The gradients of the model of the run, see ``model.gradients``.

    Raises:
        InputError: see ``run_of``.
    """
    folder, sha256 = run_of(bundle)
    from mien.model.gradients import slopes_of

    return slopes_of(folder, sha256)
