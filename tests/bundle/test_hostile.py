"""Bundles from strangers: what they may not do. Some of it was found to work; the rest is like it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien import bundles
from mien.bundle.bundle import Bundle
from mien.bundle.inspection import check_graph
from mien.bundle.table import FileEntry
from mien.bundle.write import copied
from mien.errors import InputError
from mien.runtime import running

HASH = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a shipped bundle with all of its files."""
    bundle = Bundle.load("open")
    return copied(bundle, bundle.table, tmp_path / "bundle").folder


def changed(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    table = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    change(table)
    (folder / "bundle.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


NAMES = [
    "../x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..",
    ".",
    ".bashrc",
    "",
    "c:x",
    "nul",
    "x\0",
    "x\n",
    "bundle.json",
    "x" * 201,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_has_a_plain_name(name: str, folder: Path) -> None:
    with pytest.raises(ValueError, match="is no plain name of a file in the folder of the bundle"):
        FileEntry(name, HASH, 1)
    for change in (
        lambda t: t["encoders"]["text"].update(file=name),
        lambda t: t["encoders"]["voice"]["trunk"].update(file=name),
        lambda t: t["fusion"].update(file=name),
        lambda t: t["encoders"]["face"].update(assets={"x": {"file": name, "sha256": HASH, "bytes": 1}}),
    ):
        with pytest.raises(InputError, match="is no plain name of a file") as told:
            Bundle.load(changed(folder, change))
        assert "\n" not in str(told.value)
        Bundle.load("open")


def test_calibrating_writes_nothing_outside_of_its_folder(tmp_path: Path, folder: Path) -> None:
    """``mien calibrate --out`` copies the files of a bundle by their names."""
    secret = tmp_path / "secret.onnx"
    shutil.copyfile(next(folder.glob("text-*.onnx")), secret)
    entry = {"file": "../secret.onnx", "sha256": hashlib.sha256(secret.read_bytes()).hexdigest(), "bytes": 3}
    with pytest.raises(InputError, match="is no plain name"):
        Bundle.load(changed(folder, lambda t: t["encoders"]["text"].update(entry)))


def test_a_link_is_no_file_of_a_bundle(tmp_path: Path, folder: Path) -> None:
    graph = next(folder.glob("fusion-*.onnx"))
    graph.rename(tmp_path / "elsewhere.onnx")
    graph.symlink_to(tmp_path / "elsewhere.onnx")
    bundle = Bundle.load(folder)
    with pytest.raises(InputError, match="is a link; a bundle holds plain files"):
        bundle.files.graph(bundle.table.fusion.graph)


def test_a_file_of_another_size_is_not_even_hashed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = next(folder.glob("fusion-*.onnx"))
    with graph.open("r+b") as file:
        file.truncate(50 * 2**30)
    monkeypatch.setattr("mien.bundle.files.file_sha256", lambda _: pytest.fail("50 GB are not read"))
    bundle = Bundle.load(folder)
    with pytest.raises(InputError, match="is damaged"):
        bundle.files.path(bundle.table.fusion.graph)


@pytest.mark.parametrize("what", ["pipe", "device", "huge", "folder"])
def test_a_table_is_an_ordinary_file(what: str, folder: Path) -> None:
    table = folder / "bundle.json"
    table.unlink()
    if what == "pipe":
        os.mkfifo(table)
    elif what == "device":
        table.symlink_to("/dev/zero")
    elif what == "folder":
        table.mkdir()
    else:
        with table.open("wb") as file:
            file.truncate(10 * 2**30)
    with pytest.raises(InputError, match=r"there is no bundle|is larger than 20 MB"):
        Bundle.load(folder)


def _text_hf(table: dict[str, Any], **options: object) -> None:
    entry = table["encoders"]["text"]
    entry.update(name="text_hf", options={"model": "someone/huge-model", "front": {}, **options})


def _voice_hf(table: dict[str, Any], **options: object) -> None:
    table["encoders"]["voice"].update(name="voice_hf", options={"model": "someone/huge-model", **options})


def _face_hf(table: dict[str, Any], **front: object) -> None:
    whole = {"side": 224, "resample": 2, "mean": [0.5] * 3, "std": [0.5] * 3, **front}
    table["encoders"]["face"].update(name="face_hf", options={"model": "x", "front": whole})


ENCODERS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "hub text": (_text_hf, "'tokenizer' in the wrong place"),
    "device": (lambda t: _text_hf(t, tokenizer="/dev/zero"), "'tokenizer' in the wrong place"),
    "hub voice": (_voice_hf, "is only named, and a bundle brings all"),
    "front": (lambda t: _voice_hf(t, front={"mels": 0, "hop": 10**12, "normalise": True}), "are not possible"),
    "front key": (lambda t: _voice_hf(t, front={"mels": 80, "hop": 0, "normalise": True, "x": 1}), "no key 'x'"),
    "face front": (lambda t: _face_hf(t, side=10**6), "crops of 1000000 pixels"),
    "face type": (lambda t: _face_hf(t, mean="x"), "at 'mean' must be"),
    "side": (lambda t: t["encoders"]["face"]["options"].update(side=10**7), "side lies between 8 and 2048"),
    "tokens": (lambda t: t["encoders"]["text"]["options"].update(tokens=-1), "tokens lies between 1 and 100000"),
    "unknown": (lambda t: t["encoders"]["text"]["options"].update(path="/x"), "takes no argument 'path'"),
    "asset": (
        lambda t: t["encoders"]["text"].update(assets={"tokens": {"file": "x", "sha256": HASH, "bytes": 1}}),
        "'tokens' in the wrong place",
    ),
    "other modality": (
        lambda t: t["encoders"]["text"].update(name="face_cnn", options={}),
        "reads face, and its bundle.json says text",
    ),
    "other table": (
        lambda t: t["encoders"]["text"].update(name="bundled", options={"modality": "text", "bundle": "../../x"}),
        r"there is no shipped bundle '\.\./\.\./x'",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), ENCODERS.values(), ids=list(ENCODERS))
def test_encoders_read_nothing_but_the_bundle(
    change: Callable[[dict[str, Any]], None], sentence: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.runtime.hub._download", lambda *_: pytest.fail("the hub is never asked"))
    with pytest.raises(InputError, match=sentence) as told:
        _ = Bundle.load(changed(folder, change)).encoders
    assert "\n" not in str(told.value)


def _field(number: int, content: bytes | int) -> bytes:
    """One field of Protocol Buffers."""

    def varint(value: int) -> bytes:
        out = b""
        while True:
            out += bytes([value & 127 | (128 if value > 127 else 0)])
            value >>= 7
            if not value:
                return out

    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def _external() -> bytes:
    where = _field(13, _field(1, b"location") + _field(2, b"../../../etc/passwd"))
    return _field(1, 4) + _field(2, 1) + _field(8, b"w") + where + _field(14, 1)


@pytest.mark.parametrize(
    "graph",
    [
        _field(5, _external()),
        _field(15, _field(1, _external())),
        _field(1, _field(4, b"Constant") + _field(5, _field(1, b"value") + _field(5, _external()))),
        _field(1, _field(4, b"If") + _field(5, _field(6, _field(5, _external())))),
        _field(1, _field(4, b"If") + _field(5, _field(11, _field(1, _field(5, _field(10, _external())))))),
    ],
    ids=["initializer", "sparse", "constant", "subgraph", "tensors of subgraphs"],
)
def test_a_graph_reads_no_other_file(graph: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(_field(1, 8) + _field(7, graph))
    with pytest.raises(InputError, match=r"the graph 'x\.onnx' reads another file"):
        check_graph(path, 10**6)


def test_a_function_of_a_graph_reads_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(_field(25, _field(7, _field(5, _field(5, _external())))))
    with pytest.raises(InputError, match="reads another file"):
        check_graph(path, 10**6)


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    for content in (b"\xff" * 100, b"\x3a\xff\xff\xff\xff\x0f", b"PK\3\4abc"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is no ONNX graph"):
            check_graph(path, 10**6)
    nested = b""
    for _ in range(3000):
        nested = _field(1, _field(5, _field(6, nested)))
    path.write_bytes(_field(7, nested))
    with pytest.raises(InputError, match="is nested too deeply"):
        check_graph(path, 10**6)


def test_the_shipped_graphs_are_looked_at_quickly() -> None:
    for graph in bundles.folder().rglob("*.onnx"):
        check_graph(graph, 2**31)


def _op(kind: bytes, inputs: list[bytes], outputs: list[bytes], *attributes: bytes) -> bytes:
    names = b"".join(_field(1, i) for i in inputs) + b"".join(_field(2, o) for o in outputs)
    return _field(1, names + _field(4, kind) + b"".join(_field(5, a) for a in attributes))


def _value(name: bytes, kind: int, *sizes: int) -> bytes:
    shape = _field(2, b"".join(_field(1, _field(1, size)) for size in sizes))
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + shape))


def _scalar(name: bytes, kind: int, content: bytes, *sizes: int) -> bytes:
    return _field(5, b"".join(_field(1, s) for s in sizes) + _field(2, kind) + _field(8, name) + _field(9, content))


def _model(graph: bytes) -> bytes:
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 17))


def _huge() -> bytes:
    """A graph that makes 400 GB of ones out of two numbers."""
    graph = _field(2, b"g") + _field(11, _value(b"x", 7, 2)) + _field(12, _value(b"y", 1))
    return _model(_op(b"ConstantOfShape", [b"x"], [b"y"]) + graph)


def _endless() -> bytes:
    """A graph that counts to 2**62."""
    body = _op(b"Identity", [b"c"], [b"c2"]) + _op(b"Add", [b"v", b"v"], [b"v2"]) + _field(2, b"body")
    body += _field(11, _value(b"i", 7)) + _field(11, _value(b"c", 9)) + _field(11, _value(b"v", 1))
    body += _field(12, _value(b"c2", 9)) + _field(12, _value(b"v2", 1))
    loop = _op(b"Loop", [b"n", b"go", b"x"], [b"y"], _field(1, b"body") + _field(20, 5) + _field(6, body))
    graph = loop + _field(2, b"g") + _field(11, _value(b"x", 1)) + _field(12, _value(b"y", 1))
    graph += _scalar(b"n", 7, (2**62).to_bytes(8, "little")) + _scalar(b"go", 9, b"\1")
    return _model(graph)


def test_an_endless_graph_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.onnx").write_bytes(_endless())
    check_graph(tmp_path / "x.onnx", 10**6)
    graph = running.opened(tmp_path / "x.onnx")
    monkeypatch.setattr(running, "_LONGEST", 0.5)
    monkeypatch.setattr(running, "_watched", running._Watch().watched)  # one that does not sleep for the usual time yet
    with pytest.raises(InputError, match=r"the graph 'x\.onnx' did not end within 0 s; it is made to do harm"):
        running.run(graph, {"x": np.asarray(0.0, np.float32)}, "x.onnx")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse memory to one call")
def test_a_graph_that_makes_huge_arrays_gets_no_memory(tmp_path: Path) -> None:
    """In a process of its own: without the limit, it would take all memory of the machine."""
    (tmp_path / "x.onnx").write_bytes(_huge())
    code = """
import sys, numpy as np
from pathlib import Path
from mien.errors import InputError
from mien.runtime import running
graph = running.opened(Path(sys.argv[1]))
try:
    running.run(graph, {"x": np.asarray([100_000, 1_000_000])}, "x.onnx")
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.onnx"], capture_output=True, text=True, timeout=120, check=False
    )
    assert "the graph 'x.onnx' cannot be used" in done.stdout, done.stderr
