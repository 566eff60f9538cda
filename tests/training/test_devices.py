"""Training in several processes: the real command, two processes on the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.training.devices import Devices
from tests.tiny import recipe_text, write_pictures


@pytest.mark.slow
def test_two_processes_learn_one_model(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    (tmp_path / "pictures" / "0.png").unlink()
    (tmp_path / "two.toml").write_text(recipe_text("two", epochs=6), encoding="utf-8")
    command = [sys.executable, "-m", "mien", "train", "two.toml", "--data-root", ".", "--accelerator", "cpu"]
    done = subprocess.run(
        [*command, "--devices", "2", "--strategy", "ddp"],
        cwd=tmp_path,
        env={**os.environ, "MIEN_CACHE": str(tmp_path / "cache"), "MIEN_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "torchvision" not in done.stderr, "what libraries say about themselves"
    assert done.stdout.count("test of emotion on pictures: ") == 1, "one process prints"
    assert done.stderr.count("pictures train: 19 of 20 clips read") == 1, "and says what could not be read, once"
    assert (tmp_path / "runs/two/seed0/bundle/bundle.json").is_file()
    folder = tmp_path / "runs/two/seed0"
    log = (folder / "log.txt").read_text(encoding="utf-8").splitlines()
    assert len(log) == 1, "one process writes"
    scalars = [line.split(",")[:2] for line in (folder / "scalars.csv").read_text(encoding="utf-8").splitlines()]
    assert scalars == [*([str(step), "train/loss"] for step in range(1, 13)), ["12", "valid/loss"]]
    assert len(list((folder / "tensorboard").iterdir())) == 1
    assert float(log[0].rpartition(" ")[2]) < 0.6, "two classes at chance give 0.69"


def test_a_machine_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="this machine cannot train so"):
        Devices(accelerator="abacus").fabric("32-true")
    with pytest.raises(InputError, match="this machine cannot train so"):
        Devices(accelerator="cpu").fabric("3-true")
    with pytest.raises(InputError, match="no strategy 'dpp'; take auto, ddp or another"):
        Devices(strategy="dpp")


def test_a_precision_is_not_announced(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Devices(accelerator="cpu").fabric("bf16-mixed")
    assert caplog.messages == []
