from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mien.cli import main
from mien.data.checks.check import check
from mien.data.load import segment_of
from mien.data.manifest import read
from mien.errors import RecipeError
from mien.events import finish
from mien.recipe.recipe import FeatureTable, Recipe, Source
from mien.recipe.sections import EncoderTable
from mien.types import EMOTION, Modality, Task

from ..tiny import own_recipe, write_pictures

RECIPE = Recipe("r", {"text": EncoderTable("text_minilm"), "voice": EncoderTable("voice_whisper")}, ())
_HEADER = "id,text,speaker,split,emotion"
_ROWS = ("a,so glad,s1,train,joy", "b,oh no,s2,dev,Sad", "c,hm,s3,test,neutral")


def manifest(folder: Path, *lines: str) -> Path:
    path = folder / "my.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_columns_are_found_and_decisions_said(tmp_path: Path) -> None:
    said: list[str] = []
    recipe = own_recipe(RECIPE, manifest(tmp_path, _HEADER, *_ROWS), said)
    assert (recipe.name, list(recipe.encoders)) == ("r-my", ["text"])
    assert said == [
        "no column for voice (audio, video): it is left out",
        "labels of 'emotion' are read as: 'Sad' -> sad, 'joy' -> happy",
    ]
    examples = read(recipe.data[0], recipe.tasks, Path("/nowhere"))
    assert [(e.clip.id, e.clip.text, e.split, e.group) for e in examples] == [
        ("my/a", "so glad", "train", "s1"),
        ("my/b", "oh no", "valid", "s2"),
        ("my/c", "hm", "test", "s3"),
    ]
    assert [EMOTION.labels[e.targets["emotion"].argmax()] for e in examples] == ["happy", "sad", "neutral"]


def test_without_splits_speakers_are_divided(tmp_path: Path) -> None:
    said: list[str] = []
    lines = [f"word {i},s{i % 20},happy" for i in range(60)]
    recipe = own_recipe(RECIPE, manifest(tmp_path, "text,speaker,emotion", *lines), said)
    assert "the 20 values of 'speaker' are divided by a hash" in said[-1]
    sides = {e.split: set[str | None]() for e in read(recipe.data[0], recipe.tasks, tmp_path)}
    for example in read(recipe.data[0], recipe.tasks, tmp_path):
        sides[example.split].add(example.group)
    assert {split: len(people) for split, people in sides.items()} == {"train": 14, "valid": 2, "test": 4}
    assert not sides["train"] & sides["test"] | sides["train"] & sides["valid"] | sides["valid"] & sides["test"]


def test_a_dialogue_stands_for_its_speakers_and_a_video_only_when_it_holds_several_rows(tmp_path: Path) -> None:
    rows = [f"t,d{i // 3},v{i}.mp4,happy" for i in range(12)]
    talks = manifest(tmp_path, "text,dialogue,video,emotion", *rows)
    source = own_recipe(RECIPE, talks).data[0]
    assert (source.group, source.divide) == ("dialogue", (0.7, 0.1, 0.2))
    assert {e.group for e in read(source, (EMOTION,), tmp_path)} == {"d0", "d1", "d2", "d3"}
    alone = manifest(tmp_path, "text,video,emotion", *[f"t,v{i}.mp4,happy" for i in range(12)])
    with pytest.raises(RecipeError, match=r"no column 'speaker'.*the same person would be in train and test"):
        own_recipe(RECIPE, alone)


def test_ready_made_features_are_kept_where_the_manifest_has_them(tmp_path: Path) -> None:
    voice, face = EncoderTable("features", {"modality": "voice"}), EncoderTable("features", {"modality": "face"})
    tables: dict[Modality, FeatureTable] = {"voice": FeatureTable("mfcc_*"), "face": FeatureTable("au_*")}
    recipe = replace(RECIPE, encoders={"voice": voice, "face": face}, data=(Source("x", "x.csv", features=tables),))
    said: list[str] = []
    path = manifest(
        tmp_path, "audio,mfcc_1,mfcc_2,speaker,split,emotion", "a.wav,1,2,s1,train,sad", "b.wav,3,4,s2,dev,sad"
    )
    own = own_recipe(recipe, path, said)
    assert list(own.encoders) == ["voice"]
    assert said[0] == "no ready-made features of face, as the recipe's encoder takes them: it is left out"
    example = read(own.data[0], own.tasks, tmp_path)[1]
    segment = segment_of(example.clip, "voice")
    assert segment is not None
    assert segment.features["voice"].values.tolist() == [[3.0, 4.0]]


def test_speakers_on_two_sides_are_said(tmp_path: Path) -> None:
    said: list[str] = []
    rows = ["a,s1,train,happy", "b,s1,test,happy", "c,s2,dev,sad", "d,s2,valid,sad"]
    own_recipe(RECIPE, manifest(tmp_path, "text,speaker,split,emotion", *rows), said)
    assert said[-1].startswith("1 speakers are in more than one split")


def test_without_validation_an_eighth_of_the_training_speakers_is_held_out(tmp_path: Path) -> None:
    rows = [f"t{i},s{i},{'test' if i > 7 else 'train'},happy" for i in range(10)]
    source = own_recipe(RECIPE, manifest(tmp_path, "text,speaker,split,emotion", *rows)).data[0]
    splits = [e.split for e in read(source, (EMOTION,), tmp_path)]
    assert (splits.count("train"), splits.count("valid"), splits.count("test")) == (7, 1, 2)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ("a,s1,train", "b,s2,test"),
            "1 speakers to train on are too few to hold 0.125 of them out for validation; add",
        ),
        (("a,s1,", "b,s2,"), "2 speakers cannot be divided into train, valid, test; at least 3 are needed"),
    ],
)
def test_too_few_speakers_are_said_of_training_and_checked_before(
    tmp_path: Path, lines: tuple[str, str], message: str
) -> None:
    columns = 2 if lines[0].endswith(",") else 3
    rows = [",".join([*line.split(",")[:columns], "happy"]) for line in ("text,speaker,split", *lines)]
    path = manifest(tmp_path, rows[0].replace("happy", "emotion"), *rows[1:])
    source = own_recipe(RECIPE, path).data[0]
    with pytest.raises(RecipeError, match=message):
        read(source, (EMOTION,), tmp_path)
    warnings = finish(check(path, None)).warnings
    assert [w for w in warnings if w.startswith(f"it cannot be trained on: {message}")]


def test_to_calibrate_half_of_the_speakers_are_fitted_on_and_no_row_is_wasted(tmp_path: Path) -> None:
    said: list[str] = []
    lines = [f"word {i},s{i % 8},happy" for i in range(40)]
    source = own_recipe(RECIPE, manifest(tmp_path, "text,speaker,emotion", *lines), said, "calibrate").data[0]
    assert said[-1] == "no column 'split': calibrated on one half of the 8 values of 'speaker', by a hash"
    examples = read(source, (EMOTION,), tmp_path)
    people = {split: {e.group for e in examples if e.split == split} for split in ("valid", "test")}
    assert (len(examples), len(people["valid"]), len(people["test"])) == (40, 4, 4)
    assert not people["valid"] & people["test"]
    rows = ("a,s1,train,happy", "b,s2,dev,sad", "c,s3,test,sad")
    source = own_recipe(RECIPE, manifest(tmp_path, "text,speaker,split,emotion", *rows), said, "calibrate").data[0]
    assert [e.split for e in read(source, (EMOTION,), tmp_path)] == ["valid", "valid", "test"]
    alone = manifest(tmp_path, "text,speaker,split,emotion", "c,s3,test,sad")
    with pytest.raises(RecipeError, match="name others 'valid', to calibrate on"):
        own_recipe(RECIPE, alone, said, "calibrate")


def test_rows_without_a_split_are_left_out_unless_no_row_has_one(tmp_path: Path) -> None:
    rows = [f"word {i},s{i},{('train', 'valid', 'test', '')[i % 4]},happy" for i in range(12)]
    path = manifest(tmp_path, "text,speaker,split,emotion", *rows)
    for purpose, sides in (("train", ["test", "train", "valid"]), ("calibrate", ["test", "valid"])):
        said: list[str] = []
        recipe = own_recipe(RECIPE, path, said, purpose)  # type: ignore[arg-type]  # a Purpose
        assert sorted(sides_of(recipe).keys() - {""}) == sides
        assert said[-1] == "3 rows have no split: left out"
    assert "3 rows have no split: training leaves them out" in finish(check(path, None)).warnings
    path = manifest(tmp_path, "text,speaker,split,emotion", *(f"word {i},s{i},,happy" for i in range(12)))
    assert sorted(sides_of(own_recipe(RECIPE, path))) == ["test", "train", "valid"]
    assert sorted(sides_of(own_recipe(RECIPE, path, None, "calibrate"))) == ["test", "valid"]
    assert "there is no column 'split': training divides the speakers 70/10/20" in finish(check(path, None)).warnings


def test_media_lie_beside_the_manifest_as_it_is_called(tmp_path: Path) -> None:
    """A link to a manifest too: check and training look in the same place."""
    (tmp_path / "far").mkdir()
    path = manifest(tmp_path / "far", "audio,speaker,split,emotion", "a.wav,s1,train,sad", "b.wav,s2,valid,sad")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    recipe = own_recipe(RECIPE, link)
    assert [e.clip.audio for e in read(recipe.data[0], recipe.tasks, tmp_path)] == [
        tmp_path / n for n in ("a.wav", "b.wav")
    ]
    assert [f.why for f in finish(check(link, None)).faults] == [
        f"there is no file '{tmp_path / n}'" for n in ("a.wav", "b.wav")
    ]


def sides_of(recipe: Recipe) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {}
    for example in read(recipe.data[0], recipe.tasks, Path()):
        found.setdefault(example.split, set()).add(example.group)
    return found


def test_where_nothing_is_trained_nothing_is_said_of_training(tmp_path: Path) -> None:
    said: list[str] = []
    talking = replace(RECIPE, data=(Source("x", "x.csv", context=3),))
    own_recipe(talking, manifest(tmp_path, "text,emotion", "a,happy"), said, "evaluate")
    assert said == [
        "no column for voice (audio, video): it is left out",
        "no columns 'dialogue' and 'turn': what was said before is left out",
        "no row whose split is 'test': all rows are evaluated",
    ]


def test_context_and_votes_are_used_when_the_columns_are_there(tmp_path: Path) -> None:
    header = "text,speaker,split,dialogue,turn,emotion,votes_happy,votes_sad"
    path = manifest(tmp_path, header, "hi,A,train,d,0,happy,6,4", "ho,B,test,d,1,sad,0,9")
    talking = replace(RECIPE, data=(Source("x", "x.csv", context=3),))
    source = own_recipe(talking, path).data[0]
    first, second = read(replace(source, hold_out=0.0), (EMOTION,), tmp_path)
    assert second.clip.context == ("A: hi",)
    assert first.targets["emotion"].tolist() == pytest.approx([0, 0.6, 0.4, 0, 0, 0, 0])
    assert second.targets["emotion"].tolist() == [0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("txt,speaker,emotion", "a,s,happy"), "needs a column text or audio or video for this recipe; rename 'txt'"),
        (("text,speaker,emotoin", "a,s,happy"), "no column 'emotion' for the task 'emotion'; did you mean 'emotoin'"),
        (("text,speaker,emotion", "a,s,hapy"), r"'hapy' \(1 times in .* is no label .* did you mean 'happy'"),
        (("text,speaker,split,emotion", "a,s,tran,happy"), "a split 'tran'; did you mean 'train'"),
        (("text,speaker,split,emotion", "a,s,test,happy"), "no row whose split is 'train'"),
        (("text,speaker,emotion",), "has no rows"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        own_recipe(RECIPE, manifest(tmp_path, *lines))


def test_a_score_is_a_number_within_its_bounds(tmp_path: Path) -> None:
    scored = replace(RECIPE, tasks=(Task("valence", "score", bounds=(-1.0, 1.0)),))
    path = manifest(tmp_path, "text,speaker,split,valence", "a,s,train,0.5", "b,t,test,3")
    with pytest.raises(RecipeError, match=r"row 2 .* 'valence' is a number from -1 to 1, not '3'"):
        own_recipe(scored, path)


@pytest.mark.slow
def test_train_with_ones_own_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path)
    rows = (tmp_path / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:]
    mine = manifest(tmp_path / "pictures", "image,emotion,split,speaker", *rows)
    recipe = tmp_path / "small.toml"
    recipe.write_text('name = "small"\ndata = []\nencoders.face = {name = "face_cnn", options = {width = 4}}\n')
    runs = str(tmp_path / "runs")
    given = [str(recipe), "--data", str(mine), "--runs", runs, "--set", "train.epochs=1", "--accelerator", "cpu"]
    monkeypatch.setattr(sys, "argv", ["mien", "train", *given])
    with pytest.raises(SystemExit) as done:
        main()
    said = capsys.readouterr()
    assert done.value.code in (0, None), said.err
    assert (tmp_path / "runs" / "small-my" / "seed0" / "bundle" / "bundle.json").is_file()
    bundle = tmp_path / "runs" / "small-my" / "seed0" / "bundle"
    first, *rest, last = said.out.strip().splitlines()
    assert first.startswith("trained: small-my (face; fusion late) on 20 examples in ")
    assert any(line.startswith("test of emotion on my: macro_f1 0.") for line in rest)
    assert any("always the commonest answer 0.3" in line for line in rest)
    assert f"bundle: {bundle} (mien card tells all about it)" in rest
    assert last == f"next: mien analyze CLIP --bundle {bundle}"
    assert len(rest) == 3


def test_a_speaker_with_several_spellings_is_one(tmp_path: Path) -> None:
    said: list[str] = []
    lines = ("a,so glad,spk1,train,joy", "b,oh no,SPK1,train,sad", "c,hm,spk1 ,test,neutral", "d,oh,s2,valid,sad")
    recipe = own_recipe(RECIPE, manifest(tmp_path, _HEADER, *lines), said)
    assert (
        "speakers or groups whose names differ only in case and spaces count as one: 'SPK1' -> spk1, 'spk1 ' -> spk1"
        in said
    )
    assert any(line.startswith("1 speakers are in more than one split") for line in said)
    examples = read(recipe.data[0], recipe.tasks, Path("/nowhere"))
    assert [(e.group, e.clip.speaker) for e in examples] == [("spk1", "spk1")] * 3 + [("s2", "s2")]


def test_a_column_that_is_misspelt_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    own_recipe(RECIPE, manifest(tmp_path, _HEADER.replace("speaker", "Speaker"), *_ROWS), said)
    assert "the column 'Speaker' is not used; did you mean 'speaker'?" in said
