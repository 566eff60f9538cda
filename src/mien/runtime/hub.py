"""Finds files of pretrained models, in a local folder or on the Hugging Face hub.

The hub is used only for a model that a recipe or an option names. Its client keeps downloads in its own cache.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from mien.errors import InputError


def model_file(model: str, name: str) -> Path | None:
    """A file of a model; ``None`` when the model has no file with that name.

    Args:
        model: a folder, or the name of a hub model ("FacebookAI/roberta-base"). A name that is not a folder is looked up on
            the hub. With ``HF_HUB_OFFLINE=1``, only earlier downloads are used.
        name: of the file.

    Raises:
        InputError: there is no such model, or the hub cannot be reached.
    """
    folder = Path(os.path.expanduser(model))
    if folder.is_dir():
        path = folder / name
        return path if path.is_file() else None
    return _download(model, name)


def needed_file(model: str, name: str, remedy: str) -> Path:
    """A file that the model must have.

    Args:
        model, name: see ``model_file``.
        remedy: what the user can do when there is no such file, for the message.

    Raises:
        InputError: there is no such model or file, or the hub cannot be reached.
    """
    path = model_file(model, name)
    if path is None:
        raise InputError(f"the model '{model}' has no {name}; {remedy}")
    return path


def model_table(model: str, name: str) -> dict[str, Any]:
    """A JSON file of a model as plain values; empty when the model has no file with that name.

    Raises:
        InputError: there is no such model, the hub cannot be reached, or the file is not a JSON table.
    """
    path = model_file(model, name)
    if path is None:
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"'{path}' is not valid JSON; save the model again") from error
    if not isinstance(table, dict):
        raise InputError(f"'{path}' holds no table; save the model again")
    return table


def _download(model: str, name: str) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        return Path(hf_hub_download(model, name))
    except HFValidationError as error:
        raise InputError(f"there is no folder '{model}', and no hub model can have that name") from error
    except RepositoryNotFoundError as error:
        raise InputError(f"the hub has no model '{model}' that you may read; check the name") from error
    except LocalEntryNotFoundError as error:
        raise InputError(
            f"the model '{model}' is neither a folder nor in the local cache, and the hub cannot be reached; "
            "go online once, or name a local folder"
        ) from error
    except EntryNotFoundError:
        return None
    except (HfHubHTTPError, OSError) as error:
        raise InputError(
            f"the hub did not give {name} of '{model}'; try again later, or name a local folder"
        ) from error
