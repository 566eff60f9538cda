from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.runtime.run_folder import RECIPE, load_recipe, run_folder


def test_a_run_has_a_folder_for_each_seed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "text", 3)
    assert folder == tmp_path / "text" / "seed3"
    folder.mkdir(parents=True)
    (folder / RECIPE).write_text('{"name": "text"}')
    assert load_recipe(folder) == {"name": "text"}


@pytest.mark.parametrize(
    ("content", "why"), [(None, "is not the folder of a run"), ("{", "is damaged"), ("[1]", "holds no table")]
)
def test_a_recipe_that_cannot_be_read_is_told(content: str | None, why: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / RECIPE).write_text(content)
    with pytest.raises(InputError, match=why):
        load_recipe(tmp_path)
