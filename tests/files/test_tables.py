"""Files that swell, do not end or are no files: each is refused before it is read."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.predictions import Evaluation
from mien.files.ordinary import read_bytes
from mien.files.tables import arrays, read_table
from mien.recipe import recipe as recipes
from mien.runtime.run_folder import load_recipe
from mien.trust import sample

DAMAGED = "is damaged, or not what it should be"


def test_a_file_is_read_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert read_bytes(path, 3) == b"abc"
    with pytest.raises(InputError, match="is larger than 0 kB"):
        read_bytes(path, 2)
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(InputError, match="is larger than 5 MB"):
        read_bytes(path, 5_000_000)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux has files that say they are empty")
def test_a_file_that_is_longer_than_it_says_is_refused() -> None:
    with pytest.raises(InputError, match="is larger than"):
        read_bytes(Path("/proc/self/maps"), 100)


def test_pipes_devices_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(InputError, match="is a pipe or a device"):
            read_bytes(path, 100)
    with pytest.raises(InputError, match="is a folder"):
        read_bytes(tmp_path, 100)
    with pytest.raises(InputError, match="there is no file"):
        read_bytes(tmp_path / "none", 100)
    with pytest.raises(InputError, match="is no name of a file"):
        read_bytes(tmp_path / "a\0b", 100)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"[" * 10**6, b"\xff", b"1" * 10**5, b"null"], ids=range(7))
def test_what_is_no_table_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(InputError, match=r"is damaged: it is not valid JSON; make it again|holds no table") as told:
        read_table(tmp_path / "x.json", "make it again")
    assert "\n" not in str(told.value)


def _header(count: int) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (count,)})
    return file.getvalue()


@pytest.mark.slow
def test_a_small_file_of_huge_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as entry:
        entry.write(_header(10**8))
        for _ in range(800):
            entry.write(bytes(10**6))
    assert path.stat().st_size < 10**6
    with pytest.raises(InputError, match=r"unpacks to 0\.8 GB in 1 arrays, which is too much for"), arrays(path, "x"):
        pass


def test_an_array_that_claims_more_than_its_file_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", _header(10**15))
    with pytest.raises(InputError, match=f"{DAMAGED}; make it again"), arrays(path, "make it again") as found:
        _ = found["x"]


@pytest.mark.parametrize("content", [b"", b"abc", b"PK\3\4", b"\x93NUMPY"])
def test_damaged_predictions_and_answers_are_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    for load in (Evaluation.load, sample.load):
        with pytest.raises(InputError, match=DAMAGED):
            load(path)
    np.savez(path, heads=np.asarray('[{"set": "x"}]'))
    for load in (Evaluation.load, sample.load):
        with pytest.raises(InputError, match=DAMAGED):
            load(path)


NAMES = ["../x", "/tmp/x", "a/../../x", "..", "", " x", "a\\b", "c:x", ".hidden", "a//b", "nul"]


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_stays_in_the_folder_of_runs(name: str) -> None:
    with pytest.raises(InputError, match="a recipe cannot be called"):
        recipes.load("fusion", [f"name='{name}'"])
    if name:
        with pytest.raises(InputError, match="has to lie in the folder of all runs"):
            recipes.load("fusion", [f"encoders.text.start='{name}'"])


def test_a_start_is_no_template() -> None:
    """``str.format`` would read attributes: "{seed.__class__}"."""
    with pytest.raises(InputError, match="has to lie in the folder of all runs"):
        recipes.load("fusion", ["encoders.text.start='{seed.__class__.__mro__[1]:>999999999}'"])
    table = recipes.load("fusion", ["encoders.text.start='text/seed{seed}'"]).encoders["text"]
    assert table.start_of(3) == "text/seed3"
    assert recipes.load("fusion", ["encoders.text.start='{x}/{0}'"]).encoders["text"].start_of(3) == "{x}/{0}"


@pytest.mark.parametrize("content", [b"x = " + b"[" * 10**5, b"\0" * 10**7, b"\xff\xfe"], ids=range(3))
def test_a_file_that_is_no_recipe_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(InputError):
        recipes.load(tmp_path / "x.toml")


def test_a_recipe_of_a_run_that_is_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="is not the folder of a run"):
        load_recipe(tmp_path)
