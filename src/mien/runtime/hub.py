"""Finds files of pretrained models, in a local folder or on the Hugging Face hub.

The hub is used only for a model that a recipe or an option names. Its client keeps downloads in its own cache.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
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
    return {} if path is None else table_of(path)


def table_of(path: Path) -> dict[str, Any]:
    """A JSON file as plain values.

    Raises:
        InputError: it is not a JSON table, or cannot be read.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"'{path}' is not valid JSON; save the model again") from error
    if not isinstance(table, dict):
        raise InputError(f"'{path}' holds no table; save the model again")
    return table


@dataclass(frozen=True)
class HubModel:
    """Where files of one model come from.

    Attributes:
        model: a folder, or the name of a hub model.
        revision: commit, branch or tag on the hub; "" for the newest.
        mirror: folder that is looked through in place of the hub: ``mirror/org/model/config.json``, or the layout of the
            hub's own cache (what is in ``HF_HOME/hub``); ``None`` asks the hub, or its cache with ``HF_HUB_OFFLINE=1``.
    """

    model: str
    revision: str = ""
    mirror: Path | None = None

    def file(self, name: str) -> Path | None:
        """A file of the model; ``None`` when it has no file with that name.

        Raises:
            InputError: there is no such model, or the hub cannot be reached.
        """
        folder = self._folder
        if folder is not None:
            return folder / name if (folder / name).is_file() else None
        return _download(self.model, name, self.revision or None, self.mirror)

    @property
    def commit(self) -> str:
        """The commit that its files are of, 40 digits; "" for a plain folder. It asks for config.json."""
        found = None if self._folder is not None else self.file("config.json")
        # The cache of the hub keeps each commit in snapshots/<commit>.
        return found.parent.name if found is not None and found.parent.parent.name == "snapshots" else ""

    def fetched(self, *names: str) -> Path:
        """The folder that holds these files of the model, as far as it has them, and its weights. All are of one commit.

        Raises:
            InputError: it has no config.json or no weights in safetensors, or the hub cannot be reached.
        """
        one = replace(self, revision=self.commit or self.revision)
        config = one.file("config.json")
        if config is None:
            raise InputError(f"the model '{self.model}' has no config.json; name a model that transformers can load")
        for name in names:
            one.file(name)
        if one.file("model.safetensors") is None:
            index = one.file("model.safetensors.index.json")
            if index is None:
                raise InputError(
                    f"the model '{self.model}' has no model.safetensors; load it with transformers where you trust it, and "
                    "save_pretrained() it to a folder"
                )
            for shard in _shards(index):
                if one.file(shard) is None:
                    raise InputError(f"the model '{self.model}' lacks its file '{shard}'; download it again")
        return config.parent

    @property
    def _folder(self) -> Path | None:
        places = [Path(os.path.expanduser(self.model))] if self.mirror is None else []
        if self.mirror is not None:
            if not self.mirror.is_dir():
                raise InputError(f"there is no folder '{self.mirror}' to take models from; check --hub")
            place = self.mirror / self.model
            places = [place] if place.resolve().is_relative_to(self.mirror.resolve()) else []
        return next((place for place in places if place.is_dir()), None)


def _shards(index: Path) -> list[str]:
    """The files that an index of weights names: plain names that end in .safetensors."""
    table = table_of(index).get("weight_map")
    names = sorted(set(map(str, table.values()))) if isinstance(table, dict) else []
    if not names or any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
        raise InputError(f"'{index}' does not say which files hold the weights; download the model again")
    return names


def _download(model: str, name: str, revision: str | None = None, mirror: Path | None = None) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        local = mirror is not None
        return Path(hf_hub_download(model, name, revision=revision, cache_dir=mirror, local_files_only=local))
    except RevisionNotFoundError as error:
        raise InputError(f"the hub model '{model}' has no revision '{revision}'; check it on its page") from error
    except HFValidationError as error:
        raise InputError(f"there is no folder '{model}', and no hub model can have that name") from error
    except RepositoryNotFoundError as error:
        raise InputError(f"the hub has no model '{model}' that you may read; check the name") from error
    except LocalEntryNotFoundError as error:
        if _known_without(model, revision, mirror):
            return None
        if mirror is not None:
            raise InputError(
                f"the folder '{mirror}' has no model '{model}'; put it there as {model}/config.json"
            ) from error
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


def _known_without(model: str, revision: str | None, mirror: Path | None) -> bool:
    """Whether the local cache holds the model, so that a file that is missing there may be missing from the model."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(model, "config.json", cache_dir=mirror, revision=revision), str)
