from __future__ import annotations

import re
from pathlib import Path

import pytest

from mien.errors import RecipeError
from mien.fusion.base import fusions
from mien.recipe.recipe import load, shipped
from mien.samples import demo_clip


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_parse_and_are_named_after_their_file(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name.replace("/", "-")
    assert recipe.data


def test_overrides_reach_any_depth() -> None:
    recipe = load("face", ["train.epochs=7", "encoders.face.options.width=8", "name=mine"])
    assert (recipe.train.epochs, recipe.encoders["face"].options["width"], recipe.name) == (7, 8, "mine")


def test_overrides_take_out_too() -> None:
    assert set(load("research", ["-encoders.text"]).encoders) == {"voice", "face"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epocs=3", "the recipe at 'train' has no key 'epocs'; did you mean 'epochs'?"),
        ("train.epochs='three'", "the recipe at 'train' at 'epochs' must be of type int, not str"),
        ("train.epochs=true", "must be of type int, not bool"),
        ("-encoders.fase", "takes out what is not there; did you mean 'face'"),
        ("seed", "not of the form key=value"),
        ("name.first=3", "goes through 'name', which is not a table"),
        ("encoders.txt.name=text_hf", "the recipe at 'encoders' has no 'txt'; did you mean 'text'?"),
        ("tasks=[{name='x', kind='sngle'}]", "at 'kind' has no 'sngle'; did you mean 'single'?"),
        ("tasks=[{name='x'}]", "the recipe at 'tasks': task 'x' needs at least two labels"),
        ("tasks=[{name='x', labels=['1', '1', '2']}]", "task 'x' has the label '1' several times; name each once"),
        ("tasks=[{name='a.b', labels=['1', '2']}]", "the recipe at 'tasks': a task cannot be called 'a.b': name it in"),
        (
            "tasks=[{name='x', labels=['1', '2']}, {name='x', labels=['1', '2']}]",
            "two tasks of the recipe have the same name",
        ),
        (
            "tasks=[{name='x', kind='score', bounds=[1, -1]}]",
            "the recipe at 'tasks': the score 'x' needs bounds",
        ),
        ("tasks=[{name='x', kind='score', bounds=[1]}]", "the recipe at 'tasks' at 'bounds' must have 2 values, not 1"),
        (
            "tasks=[{name='x', kind='score', bounds=[0, 1, 2]}]",
            "the recipe at 'tasks' at 'bounds' must have 2 values, not 3",
        ),
        ("train.optimizer=foo", "train.optimizer cannot be 'foo'; known: adamw, sgd"),
        ("train.schedule=cosin", "train.schedule cannot be 'cosin'; did you mean 'cosine'?"),
        ("train.keep=foo", "train.keep cannot be 'foo'; known: best, last"),
        ("train.epochs=0", "train.epochs must be at least 1, not 0"),
        ("train.batch=0", "train.batch must be at least 1, not 0"),
        ("train.lr=-1", "train.lr must be above 0, not -1"),
        ("encoders.face.lr=-1", "lr of the encoder 'face_cnn' must be above 0, not -1"),
        ("seed=-1", "a seed must be at least 0, not -1"),
        ("losses.emotion.logit_adjustment=-1", "weight, focal and logit_adjustment of a loss must be at least 0"),
        (
            "losses.emotion={logit_adjustment=1.0, class_weights='balanced'}",
            "a loss balances its labels by class_weights or by logit_adjustment",
        ),
        (
            "tasks=[{name='x', kind='multi', labels=['1', '2']}]\nlosses.x.logit_adjustment=1",
            "logit_adjustment is for tasks with one label, and 'x' has several",
        ),
        ("losses.emotoin.weight=2", "[losses.emotoin] is of no task of this recipe; did you mean 'emotion'?"),
        ('export.int8=["foo"]', "[export] knows no graph 'foo'; known: face, face_trunk, fusion, text"),
        ("train.warmup=7", "train.warmup must be a share of all steps, from 0 to 1, not 7"),
        ("train.ema=1", "train.ema must be at least 0 and below 1, not 1"),
    ],
)
def test_mistakes_are_named(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        load("face", override.split("\n"))


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe 'nothing'"):
        load("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(RecipeError, match="not valid TOML"):
        load(broken)
    with pytest.raises(RecipeError, match=r"demo\.mp4' is not text, as a recipe in TOML is"):
        load(demo_clip())
    broken.write_text('name = "x"\ndata = []')
    with pytest.raises(RecipeError, match="the recipe needs 'encoders'"):
        load(broken)


def test_every_fusion_has_a_recipe() -> None:
    found = {name.removeprefix("fusions/"): load(name) for name in shipped() if name.startswith("fusions/")}
    assert {name: recipe.fusion for name, recipe in found.items()} == {name: {"name": name} for name in fusions.names()}
    first = next(iter(found.values()))
    assert all((r.data, r.train, r.encoders) == (first.data, first.train, first.encoders) for r in found.values())


def test_a_recipe_extends_another_one(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "base"\ndata = []\nseed = 4\n[encoders.face]\nname = "face_cnn"\n[fusion]\nname = "late"\nredundancy = 0.1'
    )
    (tmp_path / "deep").mkdir()
    child = tmp_path / "deep" / "child.toml"
    child.write_text('extends = "../base.toml"\nname = "child"\nfusion.name = "concat"')
    recipe = load(child, ["train.epochs=7"])
    assert (recipe.name, recipe.seed, recipe.fusion, recipe.train.epochs) == ("child", 4, {"name": "concat"}, 7)
    assert recipe.encoders["face"].name == "face_cnn"
    (tmp_path / "deep" / "third.toml").write_text('extends = "child.toml"\nname = "third"')
    with pytest.raises(RecipeError, match="which extends another itself"):
        load(tmp_path / "deep" / "third.toml")
    child.write_text('extends = "nowhere.toml"\nname = "child"')
    with pytest.raises(RecipeError, match="extends 'nowhere\\.toml', which is no file beside it"):
        load(child)


def test_a_recipe_extends_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "fusion"\nname = "mine"\nfusion.name = "gated"')
    mine, shipped = load(tmp_path / "mine.toml"), load("fusion")
    assert (mine.name, mine.fusion) == ("mine", {"name": "gated"})
    assert (mine.encoders, mine.train) == (shipped.encoders, shipped.train)
    (tmp_path / "mine.toml").write_text('extends = "fusoin"\nname = "mine"')
    with pytest.raises(RecipeError, match=r"no shipped recipe; give a path from its folder, or one of: .*fusion"):
        load(tmp_path / "mine.toml")
