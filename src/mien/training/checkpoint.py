"""What a training run writes to disk: its inputs, checkpoints (safetensors, nothing executable) and logs."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import torch
from safetensors.torch import save
from torch import Tensor, nn

from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.model.weights import owned
from mien.recipe.recipe import Recipe
from mien.runtime.cache import write_atomic
from mien.runtime.run_folder import DATA, LOG, RECIPE, SCALARS, TENSORBOARD, load_recipe, load_table

_APART = "name this one anew (--set name=other), or remove the folder"


def save_inputs(recipe: Recipe, corpus: Corpus, folder: Path) -> None:
    """Write what decides a run: its recipe, as plain values, and a hash of the contents of its data sets."""
    write_atomic(folder / RECIPE, json.dumps(recipe.as_table(), indent=1))
    write_atomic(folder / DATA, json.dumps({"content": corpus.content}))


def check_same(recipe: Recipe, corpus: Corpus, folder: Path) -> None:
    """Refuse to continue a run with another recipe or other data. Changes of ``[tune]`` are allowed.

    Raises:
        InputError: the recipe or the data differ. The message names the first difference.
    """
    if not (folder / DATA).is_file():
        return
    before, now = _flat(load_recipe(folder)), _flat(json.loads(json.dumps(recipe.as_table())))
    for key in dict.fromkeys((*before, *now)):
        if before.get(key) != now.get(key) and not key.startswith("tune."):
            was, is_now = (json.dumps(table.get(key), ensure_ascii=False) for table in (before, now))
            raise InputError(f"the run in '{folder}' had {key} = {was}, and now it is {is_now}; {_APART}")
    if load_table(folder, DATA).get("content") != corpus.content:
        raise InputError(f"the data of the run in '{folder}' have changed since it began; {_APART}")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """The values of nested tables and lists by their path, such as {"train.lr": 0.001}."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    nested = [_flat(inner, f"{path}.{key}" if path else str(key)) for key, inner in items]
    return {key: leaf for table in nested for key, leaf in table.items()} if nested else {path: value}


class Progressed(NamedTuple):
    """The progress of a training.

    Attributes:
        step: number of steps that are done.
        best: best validation loss so far; infinite where there is none.
        seconds: how long the loop has run.
        stale: epochs since the validation loss was lowest.
    """

    step: int = 0
    best: float = math.inf
    seconds: float = 0.0
    stale: int = 0


class Checkpoint:
    """A safetensors file with the training step, the optimizer, the averaged model and the progress."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether there is one."""
        return self.path.is_file()

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer, ema: nn.Module | None, done: Progressed) -> None:
        """Write the file atomically, so that a killed process leaves the file before it.

        Args:
            model: the module whose state is kept.
            optimizer: its optimizer.
            ema: the averaged model; ``None`` for none.
            done: the progress.
        """
        tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
        if ema is not None:
            tensors |= {f"ema.{k}": v for k, v in ema.state_dict().items()}
        for index, entry in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": v for k, v in entry.items() if isinstance(v, Tensor)}
        note = {name: json.dumps(value) for name, value in done._asdict().items()}
        write_atomic(self.path, save(owned(tensors), note))

    def load(self, model: nn.Module, optimizer: torch.optim.Optimizer, ema: nn.Module | None) -> Progressed:
        """Load the state into model, optimizer and averaged model, and return the progress."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                note = file.metadata() or {}
                tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 - a file, not a dict
        except (SafetensorError, OSError) as error:
            raise InputError(f"'{self.path}' is damaged; remove the folder and train the recipe again") from error
        # Older checkpoints have the name "doubt" for the log variances.
        old = {f"log_variances.{k}": v for k, v in _under(tensors, "model.doubt.").items()}
        states = {k: v for k, v in _under(tensors, "model.").items() if not k.startswith("doubt.")}
        model.load_state_dict({**states, **old})
        if ema is not None:
            ema.load_state_dict(_under(tensors, "ema."))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _under(tensors, "optimizer.").items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        # Older checkpoints have no seconds.
        return Progressed(**{name: json.loads(note[name]) for name in Progressed._fields if name in note})


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


class Events:
    """An event file of TensorBoard. Its own writer hands every number to a thread, which costs more than a small step.

    Args:
        folder: where the file goes; it is made.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        place = f"events.out.tfevents.{time.time_ns()}.{platform.node()}.{os.getpid()}"
        self._records = RecordWriter((folder / place).open("wb"))
        self._write(file_version="brain.Event:2")

    def scalar(self, name: str, value: float, step: int) -> None:
        """Write one number of one step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._write(step=step, summary=Summary(value=[Summary.Value(tag=name, simple_value=value)]))

    def _write(self, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **content).SerializeToString())

    def flush(self) -> None:
        """Put what was written on the disk."""
        self._records.flush()

    def close(self) -> None:
        """Close the file."""
        self._records.close()


class Log:
    """TensorBoard scalars, the same scalars as lines of ``scalars.csv`` (step, name, value), and a plain text log.

    Args:
        folder: folder of the run. ``None`` writes nothing, for processes other than the first.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._events: Any = None
        self._scalars: Any = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._events = self._open.enter_context(closing(Events(self._folder / TENSORBOARD)))
            self._scalars = self._open.enter_context((self._folder / SCALARS).open("a", encoding="utf-8"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def scalar(self, name: str, value: float, step: int) -> None:
        """Write one number of one step."""
        if self._folder is not None:
            self._events.scalar(name, value, step)
            self._scalars.write(f"{step},{name},{value:.6g}\n")

    def flush(self) -> None:
        """Put all scalars so far on the disk. What a killed process learns again is then not written twice."""
        if self._folder is not None:
            self._events.flush()
            self._scalars.flush()

    def line(self, text: str) -> None:
        """Write one line to log.txt."""
        if self._folder is not None:
            with (self._folder / LOG).open("a", encoding="utf-8") as file:
                file.write(text + "\n")
