from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mien.errors import InputError
from mien.recipe.recipe import Recipe
from mien.training.checkpoint import Checkpoint, Log, Progressed
from tests.tiny import bundle_of, recipe, trained

from .test_loop import dies_after


def test_what_was_logged_is_on_disk_before_its_checkpoint(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill takes nothing that came before a checkpoint, or the curve would have a hole."""
    curves = []

    def look(self: Checkpoint, model: object, optimizer: object, ema: object, done: Progressed) -> None:
        lines = (self.path.parent / "scalars.csv").read_text(encoding="utf-8").splitlines()
        curves.append((done.step, [int(line.split(",")[0]) for line in lines if ",train/loss," in line]))

    monkeypatch.setattr(Checkpoint, "save", look)
    trained(recipe(epochs=2), root, root / "runs")
    assert [steps for _, steps in curves] == [list(range(1, done + 1)) for done, _ in curves]
    assert [done for done, _ in curves] == [4, 8]


def test_tensorboard_reads_what_was_logged(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        for step in (1, 2):
            log.scalar("train/loss", 1 / step, step)
        log.flush()
        read = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
        assert [(s.step, s.value) for s in read.Scalars("train/loss")] == [(1, 1.0), (2, 0.5)]


def relabelled(root: Path) -> None:
    manifest = root / "pictures" / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("happy", "angry"), encoding="utf-8")


def go_on(plan: Recipe, root: Path) -> None:
    trained(plan, root, root / "runs", resume=True)


def test_a_broken_run_goes_on_only_as_what_it_was(root: Path) -> None:
    with dies_after(1), pytest.raises(KeyboardInterrupt):
        go_on(recipe(), root)
    longer = recipe(epochs=9)
    with pytest.raises(InputError, match=r"tiny/seed0' had train\.epochs = 2, and now it is 9; name this one anew"):
        go_on(longer, root)
    (source,) = recipe().data
    fewer = replace(recipe(), data=(replace(source, limit=3),))
    with pytest.raises(InputError, match=r"had data\.0\.limit = 0, and now it is 3"):
        go_on(fewer, root)
    held = (root / "pictures" / "manifest.csv").read_bytes()
    relabelled(root)
    with pytest.raises(InputError, match="have changed since it began"):
        go_on(recipe(), root)
    (root / "pictures" / "manifest.csv").write_bytes(held)
    go_on(recipe(), root)


@pytest.mark.slow
def test_a_finished_run_is_not_taken_for_one_of_other_data(root: Path) -> None:
    bundle_of(recipe(), [0], root, root / "runs")
    bundle_of(recipe(), [0], root, root / "runs", resume=True)
    relabelled(root)
    with pytest.raises(InputError, match="have changed since it began"):
        bundle_of(recipe(), [0], root, root / "runs", resume=True)
