"""``set.toml``: what was decided when a set was made. A person may change it; unknown names are refused."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.files.ordinary import read_bytes
from mien.recipe.strict import build, plain
from mien.runtime.cache import write_atomic

FORMAT = "mien.set/1"
SETTINGS = "set.toml"
_LARGEST = 1_000_000  # bytes


@dataclass(frozen=True)
class Gates:
    """What a clip needs to be labelled; see ``mien.collection.reading.gates``.

    Attributes:
        seconds: shortest clip.
        snr_db: lowest signal-to-noise ratio of a voice without a face, dB.
        side_px: smallest side of a face without a voice, pixels of the recording.
        face: whether every clip needs a face.
        two_voices: largest share of the voiced time in which two voices are heard at once.
    """

    seconds: float = 0.7
    snr_db: float = 5.0
    side_px: float = 24.0
    face: bool = False
    two_voices: float = 0.1


@dataclass(frozen=True)
class SetSettings:
    """The settings of a set.

    Attributes:
        format: of the folder; ``FORMAT``.
        task: what is labelled.
        labels: the labels that annotators choose from.
        bundle, asr: the bundle and the speech recognition that collected it.
        shares: shares of the clips for train, valid and test.
        copy: whether recordings are copied into the folder.
        gates: see ``Gates``.
    """

    format: str = FORMAT
    task: str = "emotion"
    labels: tuple[str, ...] = EMOTIONS
    bundle: str = "research"
    asr: str = "auto"
    shares: tuple[float, float, float] = (0.7, 0.1, 0.2)
    copy: bool = False
    gates: Gates = field(default_factory=Gates)


def read_settings(folder: Path) -> SetSettings:
    """The settings in a folder.

    Raises:
        InputError: there are none, or they have a mistake.
    """
    path = folder / SETTINGS
    if not path.is_file():
        raise InputError(f"'{folder}' is no data set: it has no {SETTINGS}; make one with mien collect")
    try:
        table = tomllib.loads(read_bytes(path, _LARGEST).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' is no TOML: {error}; correct it, or restore it from a copy") from error
    if table.get("format") != FORMAT:
        raise InputError(
            f"'{path}' has the format {table.get('format')!r}, and this mien reads '{FORMAT}'; update mien"
        )
    found = build(SetSettings, table, SETTINGS)
    if min(found.shares) < 0 or sum(found.shares) <= 0:
        raise InputError(
            f"'{path}': shares are three numbers from 0 for train, valid and test, not {list(found.shares)}"
        )
    return found


def write_settings(folder: Path, settings: SetSettings) -> None:
    """Writes the settings into a folder, completely or not at all."""
    table = plain(settings)
    lines = [f"{name} = {_value(value)}" for name, value in table.items() if not isinstance(value, dict)]
    for name, inner in table.items():
        if isinstance(inner, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in inner.items())]
    write_atomic(folder / SETTINGS, "\n".join(lines) + "\n")


def _value(value: Any) -> str:
    """A value in TOML. Its strings, numbers, booleans and lists are written as in JSON."""
    return json.dumps(value, ensure_ascii=False)
