from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from mien.data.rows import read_arrays, read_rows
from mien.errors import RecipeError
from mien.exchange import webdataset
from mien.exchange.items import Item, LeftOut


def write(path: Path, content: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))


def array(values: list[list[float]]) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values, np.float32))
    return file.getvalue()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))


def test_a_sample_is_a_row_with_its_files_and_features(tmp_path: Path) -> None:
    write(
        tmp_path / "s.tar",
        {
            "../a.json": json.dumps({"speaker": "x"}).encode(),
            "../a.wav": b"sound",
            "../a.cls": b"sad\n",
            "b.txt": b"hello",
            "b.voice.npy": array([[1, 2], [3, 4]]),
            "c.voice.npy": array([[5, 6]]),
        },
    )
    first, second, _ = read_rows(tmp_path / "s.tar")
    assert {k: v for k, v in first.items() if k != "audio"} == {"id": "../a", "speaker": "x", "label": "sad"}
    assert Path(first["audio"]).read_bytes() == b"sound"
    assert (tmp_path / "cache") in Path(first["audio"]).parents, "whatever a key is, nothing is written elsewhere"
    assert second == {"id": "b", "text": "hello"}
    assert [row.tolist() for row in read_arrays(tmp_path / "s.tar", "voice")] == [[], [[1, 2], [3, 4]], [[5, 6]]]
    with pytest.raises(RecipeError, match="has no array 'face'"):
        read_arrays(tmp_path / "s.tar", "face")


def test_what_mien_writes_is_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    row = {"id": "a", "audio": str(tmp_path / "a.wav"), "emotion": "sad", "speaker": "x", "split": "train"}
    webdataset.write([Item(row)], tmp_path / "out", "emotion", LeftOut())
    (found,) = read_rows(tmp_path / "out" / "train-000000.tar")
    assert {k: v for k, v in found.items() if k != "audio"} == {k: v for k, v in row.items() if k != "audio"}
    assert Path(found["audio"]).read_bytes() == b"sound"


def test_a_broken_shard_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.tar").write_bytes(b"no archive")
    with pytest.raises(RecipeError, match=r"the manifest '.*s.tar' cannot be read"):
        list(read_rows(tmp_path / "s.tar"))
