"""Data sets that are read in a stream give the same examples as in memory, and the same training after a kill."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
import torch
from pyarrow import parquet
from safetensors.torch import load_file

from mien.data.corpus import Corpus
from mien.data.sets import example_sets
from mien.encoders.base import encoders
from mien.errors import RecipeError
from mien.events import finish
from mien.recipe.recipe import FeatureTable, Recipe, Source
from mien.recipe.sections import EncoderTable, Training
from mien.training import loop as line
from mien.training.batches import epoch
from mien.types import Example
from tests.tiny import trained
from tests.training.test_loop import dies_after

_COUNT, _FILES = 1200, 4
_OPTIONS: dict[str, Any] = {"modality": "voice", "size": 3, "hidden": 4, "dropout": 0.0}
_SHARES = (0.6, 0.2, 0.2)


def rows() -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, _COUNT)
    voices = [rng.normal(k, 1, (1 + i % 3, 3)).astype(np.float32) for i, k in enumerate(label)]
    speakers = [f"{'S' if i % 7 == 0 else 's'}{i % 30}" for i in range(_COUNT)]
    return [
        {"id": f"c{i}", "speaker": who, "emotion": ("happy", "sad")[k], "voice": voice}
        for i, (who, k, voice) in enumerate(zip(speakers, label, voices, strict=True))
    ]


def write_parquet(folder: Path, rows: Sequence[dict[str, Any]], size: int = 100) -> None:
    """Four files, each with several groups of rows."""
    for k in range(_FILES):
        part = [
            {**row, "voice": row["voice"].tolist()} for row in rows[k * len(rows) // _FILES :][: len(rows) // _FILES]
        ]
        parquet.write_table(pyarrow.Table.from_pylist(part), folder / f"part-{k}.parquet", row_group_size=size)


def write_shards(folder: Path, rows: Sequence[dict[str, Any]], split: str = "part") -> None:
    """Four shards of WebDataset."""
    for k in range(_FILES):
        with tarfile.open(folder / f"{split}-{k}.tar", "w") as archive:
            for row in rows[k * len(rows) // _FILES :][: len(rows) // _FILES]:
                values = io.BytesIO()
                np.save(values, row["voice"])
                plain = {name: value for name, value in row.items() if name != "voice"}
                for ending, content in {"json": json.dumps(plain).encode(), "voice.npy": values.getvalue()}.items():
                    about = tarfile.TarInfo(f"{row['id']}.{ending}")
                    about.size = len(content)
                    archive.addfile(about, io.BytesIO(content))


def plan(stream: int, manifest: str = "part-*.parquet", **changes: Any) -> Recipe:
    how = {"divide": _SHARES, **changes}
    clip = {"id": "id", "speaker": "speaker"}
    source = Source("many", manifest, clip, features={"voice": FeatureTable("voice")}, stream=stream, **how)
    training = Training(epochs=2, batch=16, lr=0.01, keep="last")
    return Recipe("many", {"voice": EncoderTable("features", _OPTIONS)}, (source,), train=training)


def told(recipe: Recipe, root: Path, split: str) -> list[Example]:
    ((_, found),) = Corpus.of(recipe, root).split(split)
    return [replace(e, targets={name: tuple(map(float, row)) for name, row in e.targets.items()}) for e in found]  # type: ignore[misc]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_parquet(tmp_path, rows())
    return tmp_path


@pytest.mark.parametrize("how", [{"divide": _SHARES}, {"divide": (), "hold_out": 0.2, "splits": {"": "train"}}])
def test_a_stream_has_the_examples_and_the_splits_that_memory_has(many: Path, how: dict[str, Any]) -> None:
    for split in ("train", "valid", "test"):
        assert told(plan(64, **how), many, split) == told(plan(0, **how), many, split)
    groups = [{e.group for e in told(plan(64, **how), many, split)} for split in ("train", "valid", "test")]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert all(groups[:2])


def test_webdataset_has_what_parquet_has(many: Path) -> None:
    write_shards(many, rows())
    sets = []
    for manifest in ("part-*.parquet", "part-*.tar"):
        recipe = plan(64, manifest)
        parts = {"voice": encoders.build({"name": "features", **_OPTIONS})}
        sets += finish(example_sets(Corpus.of(recipe, many), "train", parts, recipe.encoders))  # type: ignore[arg-type]
    one, other = sets
    assert [e.clip.id for e in one.examples] == [e.clip.id for e in other.examples]
    assert one.targets("emotion").tolist() == other.targets("emotion").tolist()
    assert all(np.array_equal(one.tracks(i)["voice"].values, other.tracks(i)["voice"].values) for i in range(len(one)))


def test_the_name_of_a_shard_states_its_split(many: Path) -> None:
    found = rows()
    write_shards(many, found[:800], "train")
    write_shards(many, found[800:], "valid")
    recipe = plan(64, "{split}-*.tar", divide=())
    assert [len(told(recipe, many, split)) for split in ("train", "valid", "test")] == [800, 400, 0]


def test_a_buffer_mixes_and_keeps_neighbours(many: Path) -> None:
    recipe = plan(300)
    parts = {"voice": encoders.build({"name": "features", **_OPTIONS})}
    sets = finish(example_sets(Corpus.of(recipe, many), "train", parts, recipe.encoders))  # type: ignore[arg-type]
    orders = [np.concatenate([at for _, at in epoch(sets, 16, np.random.default_rng(seed))]) for seed in (0, 0, 1)]
    count = len(sets[0])
    assert sorted(orders[0].tolist()) == list(range(count)), "each example once"
    assert orders[0].tolist() == orders[1].tolist()
    assert orders[0].tolist() != orders[2].tolist()
    # 300 examples in a row come from at most three blocks of 256 neighbours, of all that there are.
    windows = [set((orders[0][k : k + 300] // 256).tolist()) for k in range(0, count, 300)]
    assert count > 600
    assert max(map(len, windows)) <= 3
    steps = np.abs(np.diff(orders[0]))
    assert np.median(steps) > 50, "and they are mixed"


def test_a_killed_stream_resumes_to_the_same_weights(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(plan(200), many, many / "whole")
    monkeypatch.setattr(line, "_SAVE_EVERY", 7)
    with dies_after(3), pytest.raises(KeyboardInterrupt):
        trained(plan(200), many, many / "broken")
    resumed = trained(plan(200), many, many / "broken", resume=True)
    one, other = (load_file(run.folder / "weights.safetensors") for run in (whole, resumed))
    assert all(torch.equal(one[k], other[k]) for k in one)
    assert resumed.valid_loss is not None
    assert resumed.valid_loss < 0.69


def test_memory_does_not_grow_with_the_rows(many: Path) -> None:
    """Of all examples that were made, only those of one group of rows are alive."""
    import gc

    ((_, found),) = Corpus.of(plan(64), many).split("train")
    seen = sum(1 for _ in found)
    gc.collect()
    alive = sum(type(o) is Example for o in gc.get_objects())
    assert seen > 600
    assert alive <= 150


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"context": 2}, "is read in a stream, a row at a time: leave out context, or stream"),
        ({"folds": 5}, "leave out folds, or stream"),
        ({"reader": "meld"}, "leave out reader, or stream"),
        ({"apart_from": ("many",)}, "leave out apart_from, or stream"),
        ({"manifest": "gone-*.parquet"}, r"has no manifest at '.*gone-\*.parquet'"),
        ({"clip": {"id": "name"}}, "has no column 'name'"),
        ({"clip": {"id": "id"}}, "names no speaker"),
        ({"divide": (1.0,)}, "there must be a share each"),
    ],
)
def test_what_a_stream_cannot_do_is_told(many: Path, change: dict[str, Any], message: str) -> None:
    recipe = plan(64)
    if "speaker" not in change.get("clip", {"speaker": ""}):
        write_parquet(many, [{k: v for k, v in row.items() if k != "speaker"} for row in rows()])
    with pytest.raises(RecipeError, match=message):
        told(replace(recipe, data=(replace(recipe.data[0], **change),)), many, "train")


def test_a_baseline_is_refused(many: Path) -> None:
    recipe = plan(64)
    recipe = replace(recipe, encoders={"voice": replace(recipe.encoders["voice"], baseline="growing")})
    with pytest.raises(RecipeError, match="the baseline of voice looks at all clips of a person, and 'many' is read"):
        trained(recipe, many, many / "runs")


def test_equal_ids_are_found_across_files(many: Path) -> None:
    found = rows()
    write_parquet(many, [*found[:-1], {**found[-1], "id": "c5"}])
    with pytest.raises(RecipeError, match=re.escape("part-0.parquet' and row 300 of") + ".*have the same id 'c5'"):
        told(plan(64), many, "train")
