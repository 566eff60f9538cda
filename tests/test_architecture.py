"""docs/architecture.md and CONTRIBUTING.md name every room, and nothing that is not there; the picture of the rooms is true."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tools import rooms

from .conftest import ROOT

PACKAGE = ROOT / "src" / "mien"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def folders() -> set[str]:
    """Every folder of the package, as the tree of the page would name it."""
    found = (p for p in PACKAGE.rglob("*") if p.is_dir() and p.name != "__pycache__")
    return {f"{p.relative_to(PACKAGE).as_posix()}/" for p in found}


def tree() -> Iterator[str]:
    """The folders that the tree of the page names, with those above them."""
    (block,) = re.findall(r"^```text\nsrc/mien/ [^\n]*\n(.*?)^```$", ARCHITECTURE, re.M | re.S)
    above: list[str] = []
    for indent, name in re.findall(r"^( +)(\w+)/ +\S", block, re.M):
        del above[len(indent) // 2 - 1 :]
        above.append(name)
        yield "/".join(above) + "/"


def test_the_tree_names_every_folder_in_order() -> None:
    named = list(tree())
    assert set(named) == folders()
    assert named == sorted(named)


OTHERS = {"cmu_mosi_std_folds.py", "cmu_mosei_std_folds.py"}
"""Files of data sets, which are not here."""
NAMES = {
    "live",
    "encoders",
    "fusions",
    "metrics",
    "exporters",
    "explainers",
    "readers",
    "llms",
    "timeline",
    "explanation",
    "segments",
    "clips",
}
"""What comes after "mien." and is no module: groups of entry points, and forms of JSON."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_paths_exist(document: Path) -> None:
    """Of the repository, or of the package; modules and what is in them too."""
    text = document.read_text(encoding="utf-8")
    inside = "|".join(sorted({p.split("/")[0] for p in folders()}))
    path = rf"(?:src|tests|docs|tools|benchmarks|examples)/[\w/.-]+|(?:{inside})/[\w/]*(?:\.\w+)?|\w+\.py"
    for found in set(re.findall(rf"`({path})`", text)) - OTHERS:
        assert (ROOT / found).exists() or (PACKAGE / found).exists(), found
    for found in set(re.findall(r"`mien\.([a-z_][\w.]*)", text)) - NAMES:
        assert there(found.split(".")), found


def there(names: list[str]) -> bool:
    """Whether "a.b.c" is a module, or a name in the module "a.b" or "a"."""
    for count in range(len(names), 0, -1):
        base = PACKAGE.joinpath(*names[:count])
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            return all(re.search(rf"\b{name}\b", text) for name in names[count:])
    return (
        len(names) == 1
        and re.search(rf"\b{names[0]}\b", (PACKAGE / "__init__.py").read_text(encoding="utf-8")) is not None
    )


def test_the_picture_of_the_rooms_is_true() -> None:
    drawn = rooms.updated(CONTRIBUTING, rooms.picture(rooms.rooms(PACKAGE)))
    assert rooms.same(CONTRIBUTING, drawn), "run: make rooms"


def test_the_layers_are_those_of_the_contract() -> None:
    """In order; the page may join lines of the contract, and leaves out what is no folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    height = {room.strip(): n for n, line in enumerate(layers) for room in line.split("|")}
    (chain,) = re.findall(r"^    (cli > .*?)\n\n", ARCHITECTURE, re.M | re.S)
    levels = [[height.get(room.strip(), len(layers)) for room in level.split(",")] for level in chain.split(">")]
    assert all(max(upper) < min(lower) for upper, lower in pairwise(levels))


def test_the_map_goes_to_every_room_that_people_change() -> None:
    rows = CONTRIBUTING.partition("| I want to ... | I go to |")[2].partition("\n\n")[0]
    named = set(re.findall(r"src/mien/(\w+)/", rows))
    data = {"bundles", "samples", "recipe", "runtime", "study", "evaluation", "bundle", "files"}
    assert named | data == {p.split("/")[0] for p in folders()}
