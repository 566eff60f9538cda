from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.runtime.hub import model_file, model_table, needed_file


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
