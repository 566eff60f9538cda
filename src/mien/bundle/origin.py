"""Where the parts of a bundle that others trained come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.recipe import strict
from mien.types import Modality


@dataclass(frozen=True)
class Origin:
    """Where one ready-made part comes from, as found when the bundle was made.

    Attributes:
        model: its name on the hub, or the name of its folder.
        licence: of its weights, as the maker of the bundle wrote it down.
        source: address of its model card; "" where there is none.
        revision: commit of the hub, 40 digits; "" for a folder that is no download of the hub.
        sha256: {file that was read: its SHA-256}.
        prior: how the shares of its training data were taken out: what the counts are of, or "" where they stayed in.
        in_torch: why its network runs in torch and not as a graph; "" for a graph.
    """

    model: str
    licence: str
    source: str = ""
    revision: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    prior: str = ""
    in_torch: str = field(default="", metadata=strict.OPTIONAL)

    def __post_init__(self) -> None:
        if self.revision and not re.fullmatch("[0-9a-f]{40}", self.revision):
            raise ValueError(f"the revision of '{self.model}' is a commit of 40 digits, not '{self.revision}'")


def origins(parts: Mapping[Modality, Origin], tables: Mapping[Modality, Mapping[str, str]]) -> str:
    """The section of the card about parts that others trained, without its heading; "" where there are none.

    Args:
        parts: {modality: where its part comes from}.
        tables: {modality: {label of the part: label of the task}}.
    """
    return "\n\n".join(_origin(m, part, tables.get(m, {})) for m, part in parts.items())


def _origin(modality: Modality, part: Origin, table: Mapping[str, str]) -> str:
    lines = [f"**{modality}**: `{part.model}`", f"- licence: {part.licence}"]
    lines += [f"- source: {part.source}"] if part.source else []
    lines += [f"- revision: `{part.revision}`" if part.revision else "- revision: unknown, it was read from a folder"]
    lines += [f"- SHA-256 of {name}: `{sha}`" for name, sha in part.sha256.items()]
    lines += [f"- labels: {', '.join(f'{name} -> {label}' for name, label in table.items())}"] if table else []
    prior = f"taken out ({part.prior})" if part.prior else "not stated, so it is still in its answers"
    lines += [f"- label shares of its training data: {prior}"]
    lines += [f"- runs in torch (extra `hf`): {part.in_torch}"] if part.in_torch else []
    return lines[0] + "\n\n" + "\n".join(lines[1:])
