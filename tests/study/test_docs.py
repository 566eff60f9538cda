"""The examples of docs/studies.md are read as mien would read them."""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path

from mien.metrics.base import metrics
from mien.recipe import recipe as recipes
from mien.recipe import strict
from mien.study.bench import Bench
from mien.study.search_space import space
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n\n((?:    .*\n|\n)+)", TEXT)
    assert found is not None
    return textwrap.dedent(found[1])


def test_the_search_space(tmp_path: Path) -> None:
    file = tmp_path / "tuned.toml"
    file.write_text(recipes.file_of("face").read_text(encoding="utf-8") + "\n" + example("tune"), encoding="utf-8")
    plan = recipes.load(file)
    assert set(space(plan)) == {"train.lr", "train.epochs", "fusion.name"}


def test_the_benchmark() -> None:
    found = strict.build(Bench, tomllib.loads(example("bench")), "the example")
    assert found.systems[0].recipe in recipes.shipped()


def test_every_metric_is_in_the_table() -> None:
    for name in metrics.names():
        assert re.search(rf"`{name}(_\w+)?`", TEXT), name
