"""A manifest is parsed once for a whole run, however many stages look at its examples."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.cli import main
from mien.data import rows
from mien.data.corpus import Corpus
from mien.data.rows import Row
from mien.recipe.recipe import Source
from tests.tiny import recipe, recipe_text, write_pictures


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each CSV file is parsed, by its name."""
    counts: Counter[str] = Counter()
    parse = rows._csv

    def counting(path: Path) -> Iterator[Row]:
        counts[path.name] += 1
        return parse(path)

    monkeypatch.setitem(rows._READERS, ".csv", counting)
    return counts


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough pictures to calibrate on and to fit guards with; a recipe, and a manifest of one's own of the same pictures."""
    root = tmp_path_factory.mktemp("home")
    write_pictures(root, count=240)
    (root / "small.toml").write_text(recipe_text("small", epochs=2), encoding="utf-8")
    head, *lines = (root / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines()
    mine = [head.replace("path", "image").replace("label", "emotion"), *lines]
    (root / "pictures" / "mine.csv").write_text("\n".join(mine), encoding="utf-8")
    (root / "pictures" / "others.csv").write_text("\n".join([mine[0], *lines[120:]]), encoding="utf-8")
    return root


def mien(monkeypatch: pytest.MonkeyPatch, home: Path, *arguments: str) -> int:
    monkeypatch.setenv("MIEN_CACHE", str(home / "cache"))
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", ["mien", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    return int(done.value.code or 0)


@pytest.mark.slow
def test_train_calibrate_and_evaluate_parse_a_manifest_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, parsed: Counter[str]
) -> None:
    root = ("--data-root", ".")
    assert mien(monkeypatch, home, "train", "small.toml", "--seeds", "0,1", *root) == 0
    assert parsed == {"manifest.csv": 1}, "two trainings, exported, calibrated with guards, and evaluated"
    parsed.clear()
    bundle = "runs/small/seed0/bundle"
    assert mien(monkeypatch, home, "calibrate", bundle, *root) == 0
    assert parsed == {"manifest.csv": 1}
    parsed.clear()
    assert mien(monkeypatch, home, "evaluate", bundle, "--recipe", "small.toml", "--groups", "speaker", *root) == 0
    assert parsed == {"manifest.csv": 1}


@pytest.mark.slow
def test_ones_own_manifest_is_parsed_once_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, parsed: Counter[str]
) -> None:
    assert mien(monkeypatch, home, "train", "small.toml", "--data", "pictures/mine.csv") == 0
    assert parsed == {"mine.csv": 1}
    bundle = "runs/small-mine/seed0/bundle"
    for verb, more in (("calibrate", ("--out", "other")), ("evaluate", ("--groups", "speaker", "--subsets"))):
        parsed.clear()
        assert mien(monkeypatch, home, verb, bundle, "--data", "pictures/others.csv", *more) == 0
        assert parsed == {"others.csv": 1, "mine.csv": 1}, "and what the bundle learned from, to say who is in both"
    parsed.clear()
    assert mien(monkeypatch, home, "evaluate", bundle, "--data", "pictures/mine.csv") == 0
    assert parsed == {"mine.csv": 1}


@pytest.mark.parametrize("more", [(), ("--recipe", "small.toml")])
def test_a_check_parses_a_manifest_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, parsed: Counter[str], more: tuple[str, ...]
) -> None:
    mien(monkeypatch, home, "data", "check", "pictures/mine.csv", *more)
    assert parsed == {"mine.csv": 1}


def test_folds_and_splits_share_one_reading(home: Path, parsed: Counter[str]) -> None:
    (source,) = recipe().data
    folded = [
        Source(source.name, source.manifest, source.clip, source.targets, group="speaker", folds=4, fold=fold)
        for fold in range(4)
    ]
    whole = Corpus(folded[:1], recipe().tasks, home)
    tested = []
    for fold in folded:
        corpus = whole.in_folds([fold])
        tested.append({e.clip.id for _, examples in corpus.split("test") for e in examples})
        assert corpus.content == whole.content
    assert parsed == {"manifest.csv": 1}
    assert sum(map(len, tested)) == len(set.union(*tested)) == 240
    with pytest.raises(ValueError, match="other data sets"):
        whole.in_folds([source])


def test_a_reader_goes_over_its_folder_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    found = [{"id": str(i), "image": f"{i}.png", "split": ("train", "test")[i % 2], "emotion": "sad"} for i in range(6)]

    def reading(*_: object, **__: object) -> Iterator[Row]:
        nonlocal calls
        calls += 1
        yield from found

    monkeypatch.setattr("mien.data.manifest.read_set", reading)
    corpus = Corpus([Source("listed", "pictures", reader="listed")], recipe().tasks, home)
    assert len(corpus.column(corpus.sources[0], "split")) == 6
    assert [len(examples) for split in ("train", "test", "valid") for _, examples in corpus.split(split)] == [3, 3, 0]
    assert corpus.content
    assert calls == 1
