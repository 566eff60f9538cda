"""The record of a training: which data it used, where it ran, and by which command.

The report reads it, so nothing here imports torch.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mien.events import Notice

if TYPE_CHECKING:
    from mien.data.sets import ExampleSet
    from mien.training.result import Run

SCHEMA = "mien.training/2"
_PACKAGES = ("mien", "torch", "numpy", "onnxruntime", "transformers", "scikit-learn")
_PATIENCE = 20.0  # seconds that git may take


@dataclass(frozen=True)
class SetRecord:
    """One set and split that a training used.

    Attributes:
        set: name of the data set.
        split: "train", "valid" or "test".
        n: number of examples.
        speakers: number of people; 0 where an example names none.
        skipped: number of clips that were left out.
        why: notices about what could not be read.
        labels: {task: {label: number of examples}}, and {"mean": ..., "deviation": ...} for a score.
    """

    set: str
    split: str
    n: int
    speakers: int
    skipped: int
    why: tuple[Notice, ...]
    labels: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, part: ExampleSet) -> Self:
        """The record of a data set."""
        return cls(
            part.name,
            part.split,
            len(part),
            part.speakers,
            len(part.left_out),
            tuple(part.notices),
            _labels(part),
        )

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Read what ``TrainingRecord.as_table`` wrote."""
        return cls(**{**table, "why": tuple(_notice(why) for why in table["why"])})


@dataclass(frozen=True)
class TrainingRecord:
    """What a report needs to know about a training.

    Attributes:
        command: the command line; "" where there was none.
        environment: {fact: value}: versions, the machine, the commit. The value of an unknown fact says why it is unknown.
        seconds: how long the loop ran.
        learned: number of parameters that learned.
        parameters: number of all parameters.
        valid_loss: validation loss of the kept weights; ``None`` without validation data.
        data: all data sets that it used.
    """

    command: str
    environment: Mapping[str, str]
    seconds: float
    learned: int
    parameters: int
    valid_loss: float | None
    data: tuple[SetRecord, ...]

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Read what ``as_table`` wrote, in this or an earlier version. Unknown keys are ignored."""
        known = {name: table[name] for name in cls.__dataclass_fields__}
        return cls(**{**known, "data": tuple(SetRecord.from_table(row) for row in table["data"])})


def record(run: Run, sets: Sequence[ExampleSet], command: str = "") -> TrainingRecord:
    """The record of a training. Facts that cannot be found out are recorded as unknown, so a finished training does not fail.

    Args:
        run: the training.
        sets: the validation and test sets that it was evaluated on.
        command: the command line; "" for none.
    """
    learned, parameters = size(run)
    data = tuple(SetRecord.of(part) for part in (*run.train, *sets))
    return TrainingRecord(command, environment(), round(run.seconds, 1), learned, parameters, run.valid_loss, data)


def size(run: Run) -> tuple[int, int]:
    """Number of parameters that learned, and number of all parameters."""
    counts = [(p.numel() * p.requires_grad, p.numel()) for p in run.model.parameters()]
    return sum(n for n, _ in counts), sum(n for _, n in counts)


def _labels(part: ExampleSet) -> dict[str, dict[str, float]]:
    """The distribution of the labels of each task."""
    labels: dict[str, dict[str, float]] = {}
    for task in part.tasks:
        targets = part.targets(task.name)
        targets = targets[~np.isnan(targets).any(axis=1)]
        if not len(targets):
            continue
        if task.kind == "score":
            labels[task.name] = {"mean": round(float(targets.mean()), 3), "deviation": round(float(targets.std()), 3)}
        else:
            # Votes divide an example among labels, but people expect whole numbers.
            counts = np.round(targets.sum(axis=0)).astype(int)
            labels[task.name] = {label: int(n) for label, n in zip(task.labels, counts, strict=True) if n}
    return labels


def _notice(table: Any) -> Notice:
    """A notice from a record. Records of version 1 hold sentences instead of codes."""
    return Notice("unread", {"text": table}) if isinstance(table, str) else Notice(**table)


def environment() -> dict[str, str]:
    """Versions, the machine, and the state of the git repository. The value of an unknown fact says why it is unknown."""
    processors = os.cpu_count()
    return {
        "Python": sys.version.split()[0],
        **{name: _version(name) for name in _PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {processors or 'an unknown number of'} processors",
        "repository": _commit(),
    }


def _version(package: str) -> str:
    """Version of an installed package. A package that is only on the path has none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown: it is not installed as a package"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown: there is no git"
    try:
        head, status = (
            subprocess.run(
                [git, *arguments],
                check=False,
                timeout=_PATIENCE,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
            )
            for arguments in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except subprocess.TimeoutExpired:
        return f"unknown: git did not answer within {_PATIENCE:g} s"
    except OSError as error:
        return f"unknown: git cannot be run ({error.strerror})"
    if head.returncode:
        return "none"
    return f"commit {head.stdout.strip()[:12]}" + (" with changes" if status.stdout.strip() else "")
