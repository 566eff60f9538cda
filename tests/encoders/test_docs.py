"""docs/encoders.md names every encoder and recipe that there is, and what it shows as TOML can be built."""

from __future__ import annotations

import re
import tomllib

from mien.encoders.base import encoders
from mien.recipe import recipe
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "encoders.md").read_text(encoding="utf-8")


def test_every_encoder_has_its_row() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]+\| \(", TEXT, re.M) == sorted(
        encoders.names(), key=lambda n: TEXT.index(f"| `{n}` |")
    )


def test_the_example_builds() -> None:
    block = "\n".join(line[4:] for line in TEXT.splitlines() if line.startswith("    "))
    tables = tomllib.loads(block)["encoders"]
    assert list(tables) == ["text", "voice", "face"]
    for modality, table in tables.items():
        assert encoders.build({"name": table["name"], **table["options"]}).modality == modality


def test_the_strategies_are_shipped() -> None:
    named = re.findall(r"^\| `(\w+)` \| [^|]+\|$", TEXT, re.M)
    assert named == ["fusion", "multitask", "endtoend", "cnn", "bert_cnn"]
    assert set(named) <= set(recipe.shipped())
