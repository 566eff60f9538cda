"""Mutated real files: the openers answer with a result or with a clear sentence, never with anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

_ROUNDS = 8
_SCRIPT = """
import sys
from pathlib import Path
from mien.errors import InputError
from mien.media.segmenting import Segmenter
from mien.types import Segment

segmenter = Segmenter("off")
for name in sys.argv[1:]:
    path = Path(name)
    try:
        for found in segmenter.read(path):
            if isinstance(found, Segment):
                found.modalities
        print("read", path.name)
    except InputError as error:
        sentence = str(error)
        assert "\\n" not in sentence and len(sentence) < 400, sentence
        print("refused", path.name)
"""


def mutate(raw: bytes, how: int, rng: np.random.Generator) -> bytes:
    """Flip bytes, cut off the end, drop the middle, or overwrite the head."""
    data = bytearray(raw)
    if how == 0:
        for at in rng.integers(0, len(data), 1 + len(data) // 2000):
            data[at] = int(rng.integers(0, 256))
    elif how == 1:
        del data[int(rng.integers(1, len(data))) :]
    elif how == 2:
        start = int(rng.integers(0, len(data)))
        del data[start : start + int(rng.integers(1, 20_000))]
    else:
        size = int(rng.integers(4, 200))
        data[:size] = rng.integers(0, 256, size, dtype=np.uint8).tobytes()
    return bytes(data)


@pytest.mark.slow
def test_mutated_files(samples: Path, tmp_path: Path) -> None:
    originals = sorted(p for p in samples.glob("*/*") if p.stat().st_size < 600_000)
    rng = np.random.default_rng(0)
    paths = []
    for original in originals:
        raw = original.read_bytes()
        for turn in range(_ROUNDS):
            path = tmp_path / f"{original.stem}_{turn}{original.suffix}"
            path.write_bytes(mutate(raw, turn % 4, rng))
            paths.append(str(path))
    assert len(paths) >= 200
    lines: list[str] = []
    # A crash inside a codec would end the process: each batch has its own, with a limit on its time, wide for busy machines.
    for start in range(0, len(paths), 25):
        command = [sys.executable, "-c", _SCRIPT, *paths[start : start + 25]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        lines += done.stdout.splitlines()
    assert len(lines) == len(paths)
    assert any(line.startswith("refused") for line in lines)
    assert any(line.startswith("read") for line in lines)
