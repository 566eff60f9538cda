"""Checks once for each device that it answers as the CPU does, on the clip that comes with mien."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.archive.folder import Reading
from mien.archive.work import MEMORY, crew_of
from mien.errors import InputError
from mien.runtime.cache import cache_folder, write_atomic
from mien.runtime.crew import Crashed
from mien.samples import demo_clip

_MOST = 0.02  # how far a probability may differ; devices round otherwise


def check_device(reading: Reading, bundle_sha256: str) -> None:
    """Reads the sample clip on the device and on the CPU, unless this was done before; see ``difference``.

    Args:
        reading: with its device.
        bundle_sha256: of its bundle.

    Raises:
        InputError: the device cannot be used, or it gives other answers.
    """
    if reading.device == "cpu":
        return
    import onnxruntime

    said = f"{bundle_sha256} {reading.device} {onnxruntime.__version__}"
    file = cache_folder() / "devices" / hashlib.sha256(said.encode()).hexdigest()[:16]
    if file.is_file():
        return
    short = replace(reading, asr="off")
    found = difference(_timeline(short), _timeline(replace(short, device="cpu")))
    if found is None or found > _MOST:
        how = "other moments" if found is None else f"probabilities that differ by up to {found:.3f}"
        raise InputError(f"'{reading.device}' gives {how} on the sample clip; leave --device out")
    file.parent.mkdir(exist_ok=True)
    write_atomic(file, said)


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """The largest difference of a probability between two timelines of a clip; ``None`` where their moments differ."""
    segments = [t["segments"] for t in (one, other)]
    if [(s["who"], round(s["start"])) for s in segments[0]] != [(s["who"], round(s["start"])) for s in segments[1]]:
        return None
    scores = [[s["emotion"]["scores"] for s in found] for found in segments]
    return max((abs(a[k] - b[k]) for a, b in zip(*scores, strict=True) for k in a), default=0.0)


def _timeline(reading: Reading) -> dict[str, Any]:
    """The sample clip, read in a process of its own: graphs that are open stay on their device."""
    with tempfile.TemporaryDirectory(prefix="mien-device-") as folder:
        file = Path(folder) / "clip.json"
        with closing(crew_of(reading, MEMORY, 1)) as crew:
            for _, message in crew.perform([{"clip": str(demo_clip()), "file": str(file)}]):
                if isinstance(message, Crashed) or "failed" in message:
                    why = "" if isinstance(message, Crashed) else f" ({message['failed']})"
                    raise InputError(f"'{reading.device}' cannot read the sample clip{why}; leave --device out")
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found
