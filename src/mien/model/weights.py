"""The weights of a model on disk, as safetensors, which hold nothing executable."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from mien.errors import InputError
from mien.model.model import Model
from mien.runtime.cache import write_atomic
from mien.runtime.run_folder import WEIGHTS
from mien.types import Modality


def save_weights(model: nn.Module, folder: Path) -> None:
    """Write all parameters and buffers to the folder, atomically."""
    write_atomic(folder / WEIGHTS, save(owned(model.state_dict())))


def load_weights(model: Model, folder: Path, modality: Modality | None = None) -> None:
    """Put the weights of a run into a model.

    Args:
        model: the model, which is changed.
        folder: folder of the run.
        modality: take only the parts that serve this modality, see ``Model.parts_of``; ``None`` for all parts.

    Raises:
        InputError: there is no such run, or its weights do not fit the model.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise InputError(f"there is no trained run in '{folder}'; train its recipe first")
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"'{path}' is damaged; train the recipe again") from error
    if modality is not None:
        parts = model.parts_of(modality)
        state = {k: v for k, v in state.items() if any(k == part or k.startswith(f"{part}.") for part in parts)}
    try:
        left_out = model.load_state_dict(state, strict=modality is None)
    except RuntimeError as error:
        reason = str(error).strip().rpartition("\n")[2]
        raise InputError(f"the run in '{folder}' does not fit this recipe: {reason}") from error
    if left_out.unexpected_keys:
        raise InputError(f"the run in '{folder}' does not fit this recipe: {left_out.unexpected_keys[0]} has no place")


def owned(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies that share no memory, as safetensors needs them."""
    return {k: v.detach().contiguous().clone() for k, v in state.items()}
