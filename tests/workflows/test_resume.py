"""A training that is killed between any two steps goes on with ``resume``, to the same result."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from mien.bundle import write as writing
from mien.workflows import train_bundle as line
from tests.tiny import bundle_of, recipe, write_pictures

pytestmark = pytest.mark.slow

STEPS = ("export", "fit", "entrusted", "example_sets", "evaluate", "record", "annotate")
"""Functions of ``train_bundle`` that are called after the training, in their order; the kill comes before each."""


class KilledError(BaseException):
    """As a kill it is no exception that any code handles."""


def killed(*_: object, **__: object) -> Any:
    raise KilledError


def results_of(runs: Path) -> tuple[dict[str, Any], Any, Any]:
    folder = runs / "tiny" / "seed0"
    table = json.loads((folder / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    for changing in ("seconds", "command"):
        record.pop(changing)
    return table, json.loads((folder / "results.json").read_text(encoding="utf-8")), record


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    write_pictures(root, count=240)
    return root


@pytest.fixture(scope="module")
def unbroken(home: Path) -> tuple[dict[str, Any], Any, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(home / "cache"))
        bundle_of(recipe(), [0], home, home / "whole")
    return results_of(home / "whole")


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_after_the_training_costs_nothing(
    home: Path, unbroken: tuple[dict[str, Any], Any, Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(home / "cache"))
    runs = home / f"before-{step}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line, step, killed)
        with pytest.raises(KilledError):
            bundle_of(recipe(), [0], home, runs)
    bundle = bundle_of(recipe(), [0], home, runs, resume=True)
    assert bundle.trust.fitted
    assert results_of(runs) == unbroken


@pytest.mark.parametrize("step", ["_write", "write_atomic"])
def test_a_kill_between_two_files_costs_nothing(
    home: Path, unbroken: tuple[dict[str, Any], Any, Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Of the record and the results, and of the table and the card of a bundle, the first is written."""
    monkeypatch.setenv("MIEN_CACHE", str(home / "cache"))
    runs = home / f"within-{step}"
    place = line if step == "_write" else writing
    done, write = 0, getattr(place, step)

    def once(file: Path, content: Any) -> None:
        nonlocal done
        # The draft of an export is thrown away by a kill; what lies in the folder of a bundle was exported.
        finished = not file.parent.name.startswith(".draft-")
        if finished and done:
            raise KilledError
        write(file, content)
        done += finished

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, step, once)
        with pytest.raises(KilledError):
            bundle_of(recipe(), [0], home, runs)
    card = bundle_of(recipe(), [0], home, runs, resume=True).card
    assert results_of(runs) == unbroken
    assert card == (home / "whole" / "tiny" / "seed0" / "bundle" / "card.md").read_text(encoding="utf-8")


def test_a_git_that_hangs_ends_no_training(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(home / "cache"))
    script = tmp_path / "git"
    script.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("mien.training.record._PATIENCE", 0.2)
    bundle_of(recipe(), [0], home, tmp_path / "runs")
    record = json.loads((tmp_path / "runs" / "tiny" / "seed0" / "record.json").read_text(encoding="utf-8"))
    assert record["environment"]["repository"] == "unknown: git did not answer within 0.2 s"
