"""What is kept of a training: facts that cannot be had say why, and stop nothing."""

from __future__ import annotations

import json
import os
import stat
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as known
from pathlib import Path

import pytest

from mien.events import Notice
from mien.training import record as records
from mien.training.record import SetRecord, TrainingRecord, environment, record
from tests.tiny import recipe, trained


def git_that(folder: Path, does: str) -> str:
    """A PATH on which git is a script."""
    folder.mkdir()
    script = folder / "git"
    script.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("sleep 60", "unknown: git did not answer within 0.3 s"),
        ("exit 128", "none"),
        ("printf '0123456789abcdef\\n'", "commit 0123456789ab with changes"),
        ("printf '\\377\\376'", "commit \ufffd\ufffd with changes"),
    ],
    ids=["hangs", "no repository", "answers", "no text"],
)
def test_whatever_git_does_the_record_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, told: str
) -> None:
    monkeypatch.setattr(records, "_PATIENCE", 0.3)
    monkeypatch.setenv("PATH", git_that(tmp_path / "bin", does))
    assert environment()["repository"] == told


def test_without_git_the_record_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment()["repository"] == "unknown: there is no git"


def test_git_that_cannot_be_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", git_that(tmp_path / "bin", ""))
    (tmp_path / "bin" / "git").write_bytes(b"\x7fELF")
    assert environment()["repository"].startswith("unknown: git cannot be run (")


def test_sources_that_are_not_installed_have_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("mien", "transformers"):
            raise PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr("mien.training.record.version", version)
    facts = environment()
    assert facts["mien"] == facts["transformers"] == "unknown: it is not installed as a package"
    assert facts["numpy"] == known("numpy")


def test_a_record_is_read_again(root: Path) -> None:
    (root / "pictures" / "0.png").unlink()
    run = trained(recipe(epochs=1), root, root / "runs")
    found = record(run, run.valid, "mien train tiny.toml")
    table = json.loads(json.dumps(found.as_table()))
    assert TrainingRecord.from_table(table) == found
    train, valid = found.data
    assert (train.set, train.split, train.n, train.skipped) == ("pictures", "train", 19, 1)
    assert train.labels == {"emotion": {"happy": 9, "sad": 10}}
    assert [notice.code for notice in train.why] == ["clip_unread", "clips_read"]
    assert (valid.split, valid.why) == ("valid", ())


def test_a_record_of_version_1_holds_sentences() -> None:
    row = {"set": "s", "split": "test", "n": 3, "speakers": 0, "skipped": 1, "why": ["2 of 3 clips read"], "labels": {}}
    assert SetRecord.from_table(row).why == (Notice("unread", {"text": "2 of 3 clips read"}),)
