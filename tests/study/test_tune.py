"""Tuning: it searches where the recipe says, goes on where it stopped, and never sees the test split."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mien.data import sets
from mien.errors import InputError, RecipeError
from mien.events import Event, Notice, finish
from mien.recipe import recipe as recipes
from mien.recipe.sections import Training
from mien.study.search_space import Between, OneOf, space
from mien.study.tune import Found, Search, rewritten, tune

TOML = """\
# A small one.
name = "tiny"

[encoders.face]
name = "face_cnn"
options = { width = 4 }

[train]
epochs = 1
batch = 5
lr = 0.01  # found by hand

[tune]
"train.lr" = { low = 1e-3, high = 1e-1, log = true }
"train.schedule" = ["linear", "cosine"]

[[data]]
name = "pictures"
manifest = "pictures/manifest.csv"
clip = { image = "path" }
targets.emotion.column = "label"
"""


def searched(search: Search, root: Path, told: list[float] | None = None) -> Found:
    """What a search finds; ``told`` gets the score of each trial, NaN where its loss was none."""

    def tell(event: Event) -> None:
        if isinstance(event, Notice) and event.code in ("trial_finished", "trial_diverged") and told is not None:
            told.append(float(event.values.get("score", math.nan)))

    return finish(tune(search, root, root / "runs"), tell)


@pytest.fixture
def root(root: Path) -> Path:
    (root / "tiny.toml").write_text(TOML, encoding="utf-8")
    return root


def test_it_never_touches_the_test_split_and_goes_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (root / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:]:
        name, _, split, _ = line.split(",")
        if split == "test":
            (root / "pictures" / name).unlink()
    splits: list[str] = []
    prepare = sets.example_sets

    def spied(*arguments: Any, **named: Any) -> Any:
        splits.append(str(arguments[1]))
        return prepare(*arguments, **named)

    for place in ("loop", "result"):
        monkeypatch.setattr(f"mien.training.{place}.example_sets", spied)
    told: list[float] = []
    first = searched(Search(root / "tiny.toml", (), 2), root, told)
    assert set(splits) == {"train", "valid"}
    assert first.trials == len(told) == 2
    again = searched(Search(root / "tiny.toml", (), 3), root, told)
    assert again.trials == len(told) == 3, "two of the three were there"
    assert again.score == pytest.approx(min(told))
    best = tomllib.loads(again.file.read_text(encoding="utf-8"))
    assert best["train"]["lr"] == again.values["train.lr"]
    assert recipes.load(again.file).train.schedule == again.values["train.schedule"]
    assert list((root / "runs").rglob("*.safetensors")) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from mien.events import Progress, finish
from mien.study.tune import Search, tune

root, trial = Path(sys.argv[1]), sys.argv[2]
here = []

def tell(event):
    if isinstance(event, Progress) and event.stage == "tune":
        here[:] = [event.about]
    if here == ["trial " + trial] and isinstance(event, Progress) and event.stage == "train" and event.done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

finish(tune(Search(root / "tiny.toml", (), 13), root, root / "killed"), tell)
"""


def trials_of(runs: Path) -> list[tuple[dict[str, Any], float | None]]:
    """Values and score of each trial that is finished, in their order."""
    import optuna

    (file,) = runs.glob("tune-*/trials.db")
    storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
    try:
        study = optuna.load_study(study_name="search", storage=storage)
        return [(t.params, t.value) for t in study.trials if t.state.name in ("COMPLETE", "PRUNED")]
    finally:
        storage.engine.dispose()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")
def test_a_killed_search_has_the_same_trials_and_the_same_best(root: Path) -> None:
    """Optuna draws the first ten trials at random and learns from them after that, so one kill falls into each part."""
    for trial in ("0", "3", "11"):
        child = subprocess.run([sys.executable, "-c", KILLED, str(root), trial], capture_output=True, check=False)
        assert child.returncode == -signal.SIGKILL, child.stderr.decode()[-2000:]
    (left,) = (root / "killed").glob("tune-*/trial*/")
    assert left.name == "trial11"
    again = finish(tune(Search(root / "tiny.toml", (), 13), root, root / "killed"))
    whole = finish(tune(Search(root / "tiny.toml", (), 13), root, root / "whole"))
    assert trials_of(root / "killed") == trials_of(root / "whole")
    assert len(trials_of(root / "whole")) == again.trials == 13
    assert (again.values, again.score) == (whole.values, whole.score)
    assert again.file.read_bytes() == whole.file.read_bytes()
    assert not list((root / "killed").glob("tune-*/trial*/")), "nothing is left of broken trials"


def test_other_data_are_another_search(root: Path) -> None:
    told: list[float] = []
    search = Search(root / "tiny.toml", (), 1)
    for _ in range(2):
        searched(search, root, told)
    assert len(told) == 1, "it had been done"
    manifest = root / "pictures" / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("happy", "angry"), encoding="utf-8")
    searched(search, root, told)
    assert len(told) == 2
    assert told[0] != told[1]


def test_a_trial_whose_loss_is_no_number_is_the_worst_and_the_search_goes_on(root: Path) -> None:
    told: list[float] = []
    (root / "wild.toml").write_text(TOML.replace("lr = 0.01", "optimizer = 'sgd'\nclip = 0"), encoding="utf-8")
    search = Search(root / "wild.toml", ("tune={'train.lr' = [0.01, 1e30]}",), 6)
    found = searched(search, root, told)
    assert any(math.isnan(score) for score in told)
    assert found.trials == len(told) == 6
    assert found.values == {"train.lr": 0.01}
    assert not list((root / "runs").rglob("trial*/"))
    with pytest.raises(InputError, match=r"no finite number in any trial; let \[tune\] look at a smaller train.lr"):
        searched(Search(root / "wild.toml", ("tune={'train.lr' = [1e30]}",), 1), root)


def test_a_metric_of_the_validation_data_can_decide(root: Path) -> None:
    found = searched(Search(root / "tiny.toml", (), 1, "accuracy"), root)
    assert 0 <= found.score <= 1
    assert found.values == {"train.lr": 0.01, "train.schedule": found.values["train.schedule"]}, (
        "the recipe as it stands"
    )


def test_the_recipe_as_it_stands_has_what_was_set_and_what_it_leaves_out(root: Path) -> None:
    found = searched(Search(root / "tiny.toml", ("train.lr=0.02",), 1), root)
    assert found.values == {"train.lr": 0.02, "train.schedule": Training().schedule}
    other = ("tune={'train.lr' = [0.05, 0.1]}",)
    assert searched(Search(root / "tiny.toml", other, 1), root).values["train.lr"] in (0.05, 0.1)


def test_an_unknown_metric_is_named(root: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        searched(Search(root / "tiny.toml", (), 1, "acuracy"), root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("tune={'train.lrr' = [0.1, 0.2]}", "no key 'lrr'; did you mean 'lr'"),
        ("tune={'train.schedule' = ['linear', 'cosin'], 'train.lr' = [0.1]}", "did you mean 'cosine'"),
        ("tune={'train.epochs' = {low = 0, high = 3}}", "train.epochs must be at least 1"),
        ("tune={'fusion.name' = ['concat', 'gatd']}", "did you mean 'gated'"),
    ],
)
def test_what_no_recipe_can_have_is_told_before_the_search(root: Path, change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        searched(Search(root / "tiny.toml", (change,), 1), root)
    assert not (root / "runs").exists()


def test_a_search_has_trials() -> None:
    with pytest.raises(InputError, match="at least one trial, not 0"):
        Search("face", (), 0)


def test_comments_stay(root: Path) -> None:
    text = rewritten(root / "tiny.toml", ["train.batch=7"], {"train.lr": 0.5})
    assert "lr = 0.5  # found by hand" in text
    assert "batch = 7" in text
    assert text.startswith("# A small one.")


def test_what_extends_another_becomes_whole(root: Path) -> None:
    (root / "late.toml").write_text('extends = "tiny.toml"\nname = "late"\n', encoding="utf-8")
    table = tomllib.loads(rewritten(root / "late.toml", [], {"train.lr": 0.5}))
    assert (table["name"], table["train"]["lr"], table["train"]["epochs"]) == ("late", 0.5, 1)


def test_where_to_look(root: Path) -> None:
    found = space(recipes.load(root / "tiny.toml"))
    assert found["train.lr"] == Between(1e-3, 1e-1, log=True)
    assert found["train.schedule"] == OneOf(("linear", "cosine"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("tune={}", "has no \\[tune\\] table"),
        ("tune={a = 3}", "takes a list of choices or"),
        ("tune={a = {low = 2, high = 1}}", "low < high"),
        ("tune={a = {low = 0, high = 1, log = true}}", "with log needs low above 0"),
        ("tune={a = {low = 1, high = 2, log = true, step = 1}}", "and no step"),
        ("tune={a = {low = 1, high = 2, step = 0}}", "a step above 0, not 0"),
        ("tune={a = {low = 1, hihg = 2}}", "did you mean 'high'"),
    ],
)
def test_mistakes_are_named(root: Path, change: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        space(recipes.load(root / "tiny.toml", [change]))
