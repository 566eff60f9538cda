from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mien.data.corpus import Corpus
from mien.errors import InputError, RecipeError
from mien.events import Progress, finish
from mien.recipe.recipe import Source
from mien.recipe.sections import EncoderTable
from mien.training import loop as line
from mien.training.checkpoint import Checkpoint
from mien.training.record import record
from mien.types import Task
from tests.tiny import clips_recipe, hearing, recipe, trained, write_clips, write_pictures


@contextmanager
def dies_after(saves: int) -> Iterator[None]:
    """A kill after so many checkpoints."""
    save, done = Checkpoint.save, 0

    def save_and_die(self: Checkpoint, *args: object) -> None:
        nonlocal done
        save(self, *args)  # type: ignore[arg-type]
        done += 1
        if done == saves:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_die)
        yield


def test_it_learns(root: Path) -> None:
    run = trained(recipe(epochs=20, lr=0.02), root, root / "runs")
    assert run.valid_loss is not None
    assert run.valid_loss < 0.4, "two classes at chance give 0.69"


def test_a_second_run_asks_before_it_overwrites(root: Path) -> None:
    trained(recipe(epochs=1), root, root / "runs")
    with pytest.raises(InputError, match="--resume"):
        trained(recipe(epochs=1), root, root / "runs")


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_killed_run_resumes_to_the_same_weights(root: Path, monkeypatch: pytest.MonkeyPatch, average: float) -> None:
    plan = recipe(epochs=3, ema=average)
    whole = trained(plan, root, root / "whole")

    monkeypatch.setattr(line, "_SAVE_EVERY", 1)
    with dies_after(6), pytest.raises(KeyboardInterrupt):
        trained(plan, root, root / "broken")
    resumed = trained(plan, root, root / "broken", resume=True)

    one, other = (load_file(r.folder / "weights.safetensors") for r in (whole, resumed))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_a_training_that_is_closed_stops_at_once_and_goes_on(root: Path) -> None:
    plan = recipe(epochs=3)
    whole = trained(plan, root, root / "whole")
    work = line.train(plan, Corpus.of(plan, root), root / "closed")
    told = list(itertools.takewhile(lambda e: e != Progress("train", "tiny seed 0", 6, 12), work))
    work.close()
    assert Progress("prepare", "pictures train", 20, 20) in told
    assert [e.done for e in told if isinstance(e, Progress) and e.stage == "train"] == [1, 2, 3, 4, 5]
    lines = (root / "closed/tiny/seed0/scalars.csv").read_text(encoding="utf-8").splitlines()
    assert [row for row in lines if row.startswith("6,")], "what was learned before is written, and the file closed"
    resumed = trained(plan, root, root / "closed", resume=True)
    one, other = (load_file(r.folder / "weights.safetensors") for r in (whole, resumed))
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_a_run_counts_the_seconds_of_its_parts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an earlier part stand in the checkpoint; every step takes a second on this clock."""
    ticks = itertools.count()
    monkeypatch.setattr("mien.training.loop.time.perf_counter", lambda: float(next(ticks)))
    plan = recipe(epochs=3)
    whole = trained(plan, root, root / "whole").seconds
    with dies_after(2), pytest.raises(KeyboardInterrupt):
        trained(plan, root, root / "broken")
    assert trained(plan, root, root / "broken", resume=True).seconds >= whole > 0


def test_frozen_parts_do_not_change(root: Path) -> None:
    first = trained(recipe(epochs=1), root, root / "runs")
    frozen = replace(
        recipe(epochs=1, learn=("fusion.reliability",)),
        name="frozen",
        encoders={"face": EncoderTable("face_cnn", {"width": 4}, start="tiny/seed{seed}")},
    )
    second = trained(frozen, root, root / "runs")
    one, other = (load_file(r.folder / "weights.safetensors") for r in (first, second))
    changed = {k for k in one if not torch.equal(one[k], other[k])}
    assert changed
    assert all(k.startswith("fusion.reliability.") for k in changed), changed


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_loss_that_is_no_number_stops_the_training(root: Path, keep: str) -> None:
    with pytest.raises(InputError, match=r"the loss of 'tiny' is (nan|inf) in step .* smaller train.lr"):
        trained(recipe(lr=1e30, clip=0.0, optimizer="sgd", keep=keep), root, root / "runs")
    assert not (root / "runs/tiny/seed0/weights.safetensors").exists()


def test_a_loss_of_validation_that_is_no_number_stops_the_training(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "valid_loss", lambda *_: math.nan)
    with pytest.raises(InputError, match=r"the loss of 'tiny' is nan in validation after epoch 1: .* smaller train.lr"):
        trained(recipe(keep="best"), root, root / "runs")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": recipe(learn=("nothing",)).train}, "matches no parameter"),
        ({"train": recipe(auxiliary=({"name": "contrast"},)).train}, "did you mean 'contrastive'"),
        (
            {"tasks": (Task("type", labels=("happy", "sad")),)},
            "a task cannot be called 'type', a name that torch keeps",
        ),
        ({"fusion": {"name": "concta"}}, "did you mean 'concat'"),
        ({"encoders": {"face": EncoderTable("facecnn")}}, "did you mean 'face_cnn'"),
        (
            {"data": (replace(recipe().data[0], degrade=("", "blurr:2")),)},
            "cannot degrade by 'blurr'; did you mean 'blur'",
        ),
        ({"encoders": {"voice": EncoderTable("face_cnn")}}, "it cannot stand under \\[encoders.voice\\]"),
        ({"encoders": {"face": EncoderTable("face_cnn", {"width": 4}, start="gone")}}, "train its recipe first"),
    ],
)
def test_mistakes_are_named(root: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises((RecipeError, InputError), match=message):
        trained(replace(recipe(), **change), root, root / "runs")  # type: ignore[arg-type]


def test_what_cannot_be_read_is_noticed_by_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    for number in (0, 1, 2):
        (tmp_path / "pictures" / f"{number}.png").unlink()
    (tmp_path / "pictures" / "8.png").write_text("junk")
    said: list[str] = []
    found = finish(line.train(recipe(), Corpus.of(recipe(), tmp_path), tmp_path / "runs"), hearing(said))
    assert said == [
        f"pictures train: skipped pictures/0 and 2 more: no face: there is no file '{tmp_path}/pictures/0.png'",
        f"pictures train: skipped pictures/8: no face: '{tmp_path}/pictures/8.png' is not media that can be read, "
        "or it is too damaged to open",
        "pictures train: 16 of 20 clips read",
    ]
    (about, _) = record(found, found.valid).data
    assert (about.n, about.skipped, len(about.why)) == (16, 4, 3)


def test_sets_of_which_nothing_can_be_read_are_noticed_too(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("text,emotion,split\nso glad,happy,train\noh no,sad,train\n", encoding="utf-8")
    bare = replace(recipe(), data=(Source("bare", "m.csv", {"text": "text"}),))
    said: list[str] = []
    with pytest.raises(RecipeError, match=r"no train clip of 'tiny' can be read \(skipped bare/0 and 1 more: no face"):
        finish(line.train(bare, Corpus.of(bare, tmp_path), tmp_path / "runs"), hearing(said))
    assert said == [
        "bare train: skipped bare/0 and 1 more: no face that its encoder can read",
        "bare train: 0 of 2 clips read",
    ]


def test_validation_clips_that_cannot_be_read_are_no_training_without_validation(root: Path) -> None:
    for row in (root / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines():
        if ",valid," in row:
            (root / "pictures" / row.split(",")[0]).unlink()
    with pytest.raises(RecipeError, match=r"no valid clip of 'tiny' can be read \(.*; mien data check names every one"):
        trained(recipe(), root, root / "runs")


def test_presence_is_known_without_reading_tracks(root: Path) -> None:
    write_clips(root)
    (part,) = trained(clips_recipe(epochs=1), root, root / "runs").train
    tracks = [part.tracks(i) for i in range(len(part))]
    assert list(part.present) == ["text", "voice", "face"]
    for modality, here in part.present.items():
        assert here.tolist() == [modality in t for t in tracks]
        assert here.any()
    assert not part.present["voice"].all()


def test_a_training_stops_when_the_validation_loss_no_longer_falls(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([3.0, 2.0, 2.5, 1.0, 1.5, 1.2, 1.1, 0.5])
    monkeypatch.setattr(line, "valid_loss", lambda *_: next(given))
    plan = recipe(epochs=20, keep="best", patience=3)
    run = trained(plan, root, root / "runs")
    lines = (run.folder / "scalars.csv").read_text(encoding="utf-8").splitlines()
    assert sum("valid/loss" in each for each in lines) == 7, "three epochs after the best one"
    assert run.valid_loss == 1.0
    again = trained(plan, root, root / "runs", resume=True)
    assert again.valid_loss == 1.0, "what has stopped does not go on"
