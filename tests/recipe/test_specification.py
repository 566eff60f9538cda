from __future__ import annotations

import re
from pathlib import Path

import pytest

from mien import bundles
from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.recipe.specification import load
from tests.conftest import ROOT

GOOD = """
name = "mine"
[parts.text]
model = "org/model"
licence = "MIT"
labels = { joy = "happy", sadness = "sad", other = "sad" }
"""


def read(text: str, folder: Path) -> None:
    (folder / "s.toml").write_text(text)
    load(folder / "s.toml")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("name", "nam"), "has no key 'nam'; did you mean 'name'"),
        (("parts.text", "parts.txt"), "has no 'txt'"),
        (("licence", "license"), "did you mean 'licence'"),
        (('"MIT"', '""'), "needs its model and the licence"),
        (('"mine"', '"../x"'), "a bundle cannot be called '../x'"),
        (("[parts.text]", 'fusion = { name = "concat" }\n[parts.text]'), "is a pool; name = 'channel' or 'late'"),
        (('"MIT"', '"MIT"\noptions = { tokenizer = "/etc/passwd" }'), "has 'tokenizer'; known: tokens"),
        (('"MIT"', '"MIT"\noptions = { front = {} }'), "has 'front'"),
        (('"MIT"', '"MIT"\nrun = "pickle"'), "has no 'pickle'"),
        (('"MIT"', '"MIT"\ncounts = { joy = 3, sadness = 1 }'), "no number above 0 for 'other'"),
        (('"MIT"', '"MIT"\ncounts = { joi = 3 }'), "did you mean 'joy'"),
        (("\nname", "\nname = = "), "is not valid TOML"),
        (("[parts.text]", '[task]\nname = "x"\nkind = "multi"\nlabels = ["a", "b"]\n[parts.text]'), "is of kind multi"),
    ],
)
def test_a_wrong_specification_is_told(change: tuple[str, str], why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=why) as told:
        read(GOOD.replace(*change, 1), tmp_path)
    assert "\n" not in str(told.value)


def test_what_the_documents_show_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "docs/large.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)
    read(block, tmp_path)
    parts = load(bundles.preset("large")).parts.values()
    assert re.findall(r"^\| \w+ \| `([^`]+)` \| ", text, re.M) == [part.model for part in parts]


def test_a_bundle_has_a_part(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a part at least"):
        read('name = "mine"\n[parts]\n', tmp_path)


def test_counts_become_shares_of_the_labels_of_the_task(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(GOOD.replace('"MIT"', '"MIT"\ncounts = { joy = 6, sadness = 1, other = 1 }'))
    part = load(tmp_path / "s.toml").parts["text"]
    assert part.shares(EMOTIONS) == [0, 0.75, 0.25, 0, 0, 0, 0]
    (tmp_path / "s.toml").write_text(GOOD)
    even = load(tmp_path / "s.toml").parts["text"].shares(EMOTIONS)
    assert even == [0, 0.5, 0.5, 0, 0, 0, 0], "a label that nothing stands for is unknown"


def test_a_folder_beside_the_specification_is_found(tmp_path: Path) -> None:
    (tmp_path / "org/model").mkdir(parents=True)
    (tmp_path / "s.toml").write_text(GOOD)
    assert load(tmp_path / "s.toml").parts["text"].model == str(tmp_path / "org/model")


@pytest.mark.parametrize("name", bundles.presets())
def test_presets_name_licence_and_source_of_each_part(name: str) -> None:
    spec = load(bundles.preset(name))
    assert spec.name == name
    assert set(spec.parts) == {"text", "voice", "face"}
    for part in spec.parts.values():
        assert part.licence
        assert part.source == f"https://huggingface.co/{part.model}"
        assert not part.revision or len(part.revision) == 40
