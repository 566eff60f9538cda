from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.runtime.hub import HubModel, model_file, model_table, needed_file


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"size": 3}')
    assert model_table(str(tmp_path), "config.json") == {"size": 3}
    assert model_table(str(tmp_path), "other.json") == {}
    assert model_file(str(tmp_path), "other.json") is None
    with pytest.raises(InputError, match=r"has no other\.json; save it"):
        needed_file(str(tmp_path), "other.json", "save it")


@pytest.mark.parametrize(("content", "why"), [("{", "is not valid JSON"), ("[]", "holds no table")])
def test_a_table_that_is_none(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match=why):
        model_table(str(tmp_path), "config.json")


def test_a_home_that_nobody_knows_is_no_fault_of_ours() -> None:
    with pytest.raises(InputError, match="no folder '~nobody-here/x'"):
        model_file("~nobody-here/x", "config.json")


COMMIT = "0123456789" * 4


def cached(folder: Path, *names: str) -> Path:
    """The layout of the cache of huggingface_hub: a model "org/model" with one commit, to which "main" points."""
    model = folder / "models--org--model"
    for place in (model / "refs", model / "snapshots" / COMMIT):
        place.mkdir(parents=True)
    (model / "refs/main").write_text(COMMIT)
    for name in names:
        (model / "snapshots" / COMMIT / name).write_text("{}")
    return folder


def test_a_copy_of_the_hubs_cache_stands_for_the_hub(tmp_path: Path) -> None:
    model = HubModel("org/model", mirror=cached(tmp_path, "config.json", "model.safetensors"))
    assert model.commit == COMMIT
    assert model.fetched("tokenizer.json").name == COMMIT, "a file that the model lacks stops nothing"
    assert model.file("tokenizer.json") is None
    assert HubModel("org/model", COMMIT, tmp_path).fetched().name == COMMIT
    with pytest.raises(InputError, match="has no model 'org/model'"):
        HubModel("org/model", "1" * 40, tmp_path).fetched()


def test_earlier_downloads_are_used_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "huggingface_hub.constants.HF_HUB_CACHE", str(cached(tmp_path, "config.json", "model.safetensors"))
    )
    assert HubModel("org/model").commit == COMMIT
    assert HubModel("org/model").fetched().name == COMMIT


def test_a_folder_of_folders_stands_for_the_hub(tmp_path: Path) -> None:
    (tmp_path / "org/model").mkdir(parents=True)
    (tmp_path / "org/model/config.json").write_text("{}")
    model = HubModel("org/model", mirror=tmp_path)
    assert model.commit == ""
    with pytest.raises(InputError, match=r"has no model\.safetensors"):
        model.fetched()
    (tmp_path / "org/model/model.safetensors.index.json").write_text('{"weight_map": {"a": "../x.safetensors"}}')
    with pytest.raises(InputError, match="does not say which files hold the weights"):
        model.fetched()
    (tmp_path / "org/model/model.safetensors.index.json").write_text('{"weight_map": {"a": "m-1.safetensors"}}')
    with pytest.raises(InputError, match=r"lacks its file 'm-1\.safetensors'"):
        model.fetched()
    (tmp_path / "org/model/m-1.safetensors").write_text("")
    assert model.fetched() == tmp_path / "org/model"
