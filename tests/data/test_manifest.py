from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data.manifest import read
from mien.data.shards.paths import data_root
from mien.emotions import EMOTIONS
from mien.errors import InputError, RecipeError
from mien.recipe.recipe import Source, Target
from mien.types import EMOTION, Task

_LABELS = Target("label", {"joy": "happy", "anger": "angry"})
_SOURCE = Source("set", "m.csv", {"text": "text"}, {"emotion": _LABELS})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lines = ["id,text,label,split,speaker,v_joy,v_anger", "a,so glad,joy,train,s1,5,1", "b,grr,anger|joy,test,s2,0,9"]
    (tmp_path / "m.csv").write_text("\n".join([*lines, "c,hm,boredom,train,s1,0,0"]), encoding="utf-8")
    return tmp_path


def test_labels_are_mapped_and_others_left_out(root: Path) -> None:
    first, second = read(_SOURCE, (EMOTION,), root)
    assert (first.clip.id, first.clip.text, first.split, first.group) == ("set/a", "so glad", "train", "s1")
    assert first.targets["emotion"][EMOTIONS.index("happy")] == 1.0
    assert second.targets["emotion"].tolist() == [0, 0.5, 0, 0.5, 0, 0, 0], "two labels share"


def test_votes_teach_but_do_not_judge(root: Path) -> None:
    voted = replace(_SOURCE, targets={"emotion": replace(_LABELS, votes={"v_joy": "happy", "v_anger": "angry"})})
    first, second = read(voted, (EMOTION,), root)
    assert first.targets["emotion"][EMOTIONS.index("happy")] == 1.0, "the single vote for anger is noise"
    np.testing.assert_allclose(second.targets["emotion"].sum(), 1.0)
    assert second.targets["emotion"][EMOTIONS.index("happy")] == 0.5, "the test keeps its published labels"


def test_ids_that_are_not_unique_may_be_left_out(root: Path) -> None:
    (root / "m.csv").write_text("id,text,label,split\n1,so glad,joy,train\n1,grr,anger,train", encoding="utf-8")
    with pytest.raises(RecipeError, match="have the same id '1'"):
        read(_SOURCE, (EMOTION,), root)
    numbered = replace(_SOURCE, clip={"id": "", "text": "text"})
    assert [e.clip.id for e in read(numbered, (EMOTION,), root)] == ["set/0", "set/1"]


@pytest.mark.parametrize("stated", ["train", ""])
@pytest.mark.parametrize(
    ("dealing", "splits"),
    [
        ({"folds": 4, "fold": 1}, {"train", "valid", "test"}),
        ({"divide": (0.5, 0.25, 0.25)}, {"train", "valid", "test"}),
        ({"hold_out": 0.25}, {"train", "valid"}),
    ],
)
def test_votes_teach_wherever_an_example_is_dealt_to(
    root: Path, stated: str, dealing: dict[str, object], splits: set[str]
) -> None:
    rows = "\n".join(f"{i},hello,joy,{stated},s{i % 4},7,3" for i in range(8))
    (root / "m.csv").write_text(f"id,text,label,split,speaker,v_joy,v_anger\n{rows}", encoding="utf-8")
    voted = replace(_LABELS, votes={"v_joy": "happy", "v_anger": "angry"})
    source = replace(_SOURCE, clip={"text": "text", "speaker": "speaker"}, targets={"emotion": voted})
    source = replace(source, splits={stated: "train"}, **dealing)  # type: ignore[arg-type]
    examples = read(source, (EMOTION,), root)
    assert {e.split for e in examples} == splits
    for example in examples:
        share = example.targets["emotion"][EMOTIONS.index("happy")]
        assert share == pytest.approx(0.7 if example.split == "train" else 1.0), example.split


@pytest.mark.parametrize(
    ("votes", "happy"),
    [
        ("1,0", 1.0),
        (",", 1.0),
        ("0", 1.0),
        ("1,1", 1.0),
        ("0.7,0.3", 0.7),
        ("0,0.5", 0.0),
        ("0,2", 0.0),
        ("2.0,6", 0.25),
    ],
)
def test_where_no_votes_count_the_label_teaches(root: Path, votes: str, happy: float) -> None:
    (root / "m.csv").write_text(f"text,label,split,v_joy,v_anger\nhello,joy,train,{votes}", encoding="utf-8")
    voted = {"emotion": replace(_LABELS, votes={"v_joy": "happy", "v_anger": "angry"})}
    (example,) = read(replace(_SOURCE, targets=voted), (EMOTION,), root)
    assert example.targets["emotion"].sum() == pytest.approx(1.0)
    assert example.targets["emotion"][EMOTIONS.index("happy")] == pytest.approx(happy)


def test_a_task_may_be_labelled_in_the_file_of_one_split_alone(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,text,label,act\na,so glad,joy,answer\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("id,text,label\nb,grr,anger\n", encoding="utf-8")
    tasks = (EMOTION, Task("act", "single", ("answer", "question")))
    several = replace(_SOURCE, manifest="{split}.csv", targets={"emotion": _LABELS, "act": Target("act")})
    assert {e.split: sorted(e.targets) for e in read(several, tasks, tmp_path)} == {
        "train": ["act", "emotion"],
        "test": ["emotion"],
    }
    with pytest.raises(RecipeError, match="has no column 'atc'; did you mean 'act'"):
        read(replace(several, targets={"emotion": _LABELS, "act": Target("atc")}), tasks, tmp_path)


def test_a_fold_is_held_for_validation_only_where_that_is_wanted(root: Path) -> None:
    rows = "\n".join(f"{i},hello,joy,s{i % 4}" for i in range(8))
    (root / "m.csv").write_text(f"id,text,label,speaker\n{rows}", encoding="utf-8")
    source = replace(_SOURCE, clip={"text": "text", "speaker": "speaker"}, folds=4, fold=3)
    assert [e.split for e in read(source, (EMOTION,), root)[:4]] == ["valid", "train", "train", "test"]
    assert [e.split for e in read(replace(source, valid=""), (EMOTION,), root)[:4]] == [
        "train",
        "train",
        "train",
        "test",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"manifest": "none.csv"}, "there is no manifest"),
        ({"manifest": "m.xls"}, "is no manifest; use one of"),
        ({"targets": {"emotion": Target("labl")}}, "has no column 'labl'; did you mean 'label'"),
        ({"targets": {"emotion": Target("label", {"joy": "hapy"})}}, "no label 'hapy'; did you mean 'happy'"),
        ({"targets": {"intent": Target("label")}}, "the task 'intent', which the recipe does not have"),
        ({"clip": {"sound": "text"}}, "a clip has no 'sound'"),
        ({"clip": {"text": "txt"}}, "has no column 'txt'; did you mean 'text'"),
    ],
)
def test_mistakes_are_named(root: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        read(replace(_SOURCE, **changes), (EMOTION,), root)  # type: ignore[arg-type]


def test_an_id_that_two_rows_have_is_refused(root: Path) -> None:
    with (root / "m.csv").open("a", encoding="utf-8") as file:
        file.write("\na,so sad,anger,test,s3,0,0")
    with pytest.raises(RecipeError, match=r"row 1 of '.*m.csv' and row 4 of '.*m.csv' have the same id 'a'; give each"):
        read(_SOURCE, (EMOTION,), root)
    numbered = read(replace(_SOURCE, clip={"text": "text", "id": "label"}, where={"split": "train"}), (EMOTION,), root)
    assert [e.clip.id for e in numbered] == ["set/joy"], "rows that are not chosen do not count"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "high"])
def test_a_score_or_a_count_of_votes_is_a_finite_number(root: Path, value: str) -> None:
    (root / "m.csv").write_text(f"text,label,mood,split,v_joy\na,joy,0.5,train,2\nb,joy,{value},train,{value}", "utf-8")
    mood = Task("mood", "score", bounds=(-1, 1))
    with pytest.raises(RecipeError, match=f"row 2 of '.*m.csv': 'mood' holds numbers, not '{value}'; leave it empty"):
        read(replace(_SOURCE, targets={"mood": Target()}), (mood,), root)
    voted = {"emotion": replace(_LABELS, votes={"v_joy": "happy"})}
    with pytest.raises(RecipeError, match=f"row 2 of '.*m.csv': 'v_joy' holds numbers, not '{value}'"):
        read(replace(_SOURCE, targets=voted), (EMOTION,), root)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("1.5", "", "start '1.5' and end '': give both in seconds, or neither"),
        ("", "2", "start '' and end '2': give both in seconds, or neither"),
        ("2", "1", "start '2' and end '1' are not two times in seconds"),
        ("0", "inf", "are not two times in seconds"),
    ],
)
def test_half_a_span_is_not_the_whole_file(tmp_path: Path, start: str, end: str, message: str) -> None:
    rows = f"text,label,split,start,end\na,joy,train,,\nb,joy,train,{start},{end}"
    (tmp_path / "m.csv").write_text(rows, encoding="utf-8")
    source = replace(_SOURCE, clip={name: name for name in ("text", "start", "end")})
    with pytest.raises(RecipeError, match=f"row 2 of '.*m.csv': .*{message}"):
        read(source, (EMOTION,), tmp_path)


def test_a_picture_in_parquet_is_named_by_a_whole_number(tmp_path: Path) -> None:
    source = replace(_SOURCE, clip={"image": "image", "row": "row"})

    def row(value: str) -> int | None:
        (tmp_path / "m.csv").write_text(f"image,label,split,row\np.parquet,joy,train,{value}", encoding="utf-8")
        return read(source, (EMOTION,), tmp_path)[0].clip.row

    assert (row("928"), row("928.0"), row("0")) == (928, 928, 0)
    for value in ("1.5", "-1", "nan", "inf", "first", ""):
        with pytest.raises(RecipeError, match=rf"row 1 of .*: 'row' is the number of a picture, .*, not '{value}'"):
            row(value)


def test_files_of_one_split_each_may_use_the_same_ids_unless_they_are_dealt_anew(tmp_path: Path) -> None:
    for split in ("train", "test"):
        lines = ["id,text,label,speaker", *(f"{i},hello,joy,s{i}" for i in range(3))]
        (tmp_path / f"{split}.csv").write_text("\n".join(lines), encoding="utf-8")
    source = replace(_SOURCE, manifest="{split}.csv", clip={"text": "text", "speaker": "speaker"})
    assert [e.split for e in read(source, (EMOTION,), tmp_path)] == ["test"] * 3 + ["train"] * 3
    with pytest.raises(RecipeError, match=r"row 1 of '.*test.csv' and row 1 of '.*train.csv' have the same id '0'"):
        read(replace(source, folds=3), (EMOTION,), tmp_path)


def test_data_root_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA", str(tmp_path / "gone"))
    with pytest.raises(RecipeError, match="there is no data folder"):
        data_root()


def test_a_manifest_may_come_with_mien() -> None:
    said = Source("said", "mien:said.csv", {"id": "", "text": "text"}, {"emotion": Target("label")})
    examples = read(said, [EMOTION], Path("/nowhere"))
    assert len(examples) == 2219
    assert {e.split for e in examples} == {"train", "valid", "test"}
    counts = np.sum([e.targets["emotion"] for e in examples], axis=0)
    assert counts.min() > 300, "every label is as frequent as another"


def test_no_other_file_is_packaged() -> None:
    with pytest.raises(InputError, match="no sample"):
        read(Source("said", "mien:../bundles/__init__.py", {"text": "text"}), [EMOTION], Path("/nowhere"))
