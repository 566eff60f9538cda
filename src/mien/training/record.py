"""What is kept of a training beside its weights: on what it learned, where, and by which command. The report reads it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data.batch import ExampleSet
from mien.training.result import Run

if TYPE_CHECKING:
    from mien.evaluation.missing import Cell

_PACKAGES = ("mien", "torch", "numpy", "onnxruntime", "transformers", "scikit-learn")


def record(
    run: Run, sets: Mapping[str, Sequence[ExampleSet]], cells: Sequence[Cell], command: str = ""
) -> dict[str, Any]:
    """Plain values, for JSON.

    Args:
        run: the training.
        sets: {split: its sets}, besides the training sets.
        cells: what is left when modalities are missing.
        command: what was typed.
    """
    learned, parameters = size(run)
    return {
        "schema": "mien.training/1",
        "command": command,
        "environment": environment(),
        "seconds": round(run.seconds, 1),
        "learned": learned,
        "parameters": parameters,
        "valid_loss": run.valid_loss,
        "data": [about(s, split) for split, parts in {"train": run.train, **sets}.items() for s in parts],
        "subsets": [cell.as_table() for cell in cells],
    }


def size(run: Run) -> tuple[int, int]:
    """How many parameters learned, and how many there are."""
    counts = [(p.numel() * p.requires_grad, p.numel()) for p in run.model.parameters()]
    return sum(n for n, _ in counts), sum(n for _, n in counts)


def about(part: ExampleSet, split: str) -> dict[str, Any]:
    """How many examples and speakers a set has, what of it could not be read, and how its labels are distributed."""
    labels: dict[str, dict[str, Any]] = {}
    for task in part.tasks:
        targets = part.targets(task.name)
        targets = targets[~np.isnan(targets).any(axis=1)]
        if not len(targets):
            continue
        if task.kind == "score":
            labels[task.name] = {"mean": round(float(targets.mean()), 3), "deviation": round(float(targets.std()), 3)}
        else:
            # Votes share an example out among labels; whole numbers are what people read.
            counts = np.round(targets.sum(axis=0)).astype(int)
            labels[task.name] = {label: int(n) for label, n in zip(task.labels, counts, strict=True) if n}
    speakers = {e.group for e in part.examples}
    return {
        "set": part.name,
        "split": split,
        "n": len(part),
        "speakers": 0 if None in speakers else len(speakers),
        "skipped": len(part.left_out),
        "why": part.account(),
        "labels": labels,
    }


def environment() -> dict[str, str]:
    """Versions, machine, and the state of the repository that it was run in."""
    return {
        "Python": sys.version.split()[0],
        **{name: version(name) for name in _PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "repository": _commit(),
    }


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "none"
    ran = [
        subprocess.run([git, *arguments], capture_output=True, text=True, check=False, timeout=20)
        for arguments in (["rev-parse", "HEAD"], ["status", "--porcelain"])
    ]
    if ran[0].returncode:
        return "none"
    return f"commit {ran[0].stdout.strip()[:12]}" + (" with changes" if ran[1].stdout.strip() else "")
