"""The interpreter against what real pickles hold, and against pickles that mean harm: refused, with nothing executed."""

from __future__ import annotations

import builtins
import collections
import os
import pickle
import resource
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.data.unpickling.arrays import Array
from mien.data.unpickling.opcodes import read_pickle
from mien.errors import InputError

_REACHED: list[str] = []


class Bad:
    """Calls something when a pickle of it is loaded."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __repr__(self) -> str:
        return f"{self.call.__name__}"

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call, self.arguments


class Plain:
    """An object with a state."""

    def __setstate__(self, state: Any) -> None:
        _REACHED.append("state")


def note(text: str) -> str:
    _REACHED.append(text)
    return text


def saved(folder: Path, value: Any, protocol: int = 4) -> Path:
    return written(folder, pickle.dumps(value, protocol))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "in.pkl"
    path.write_bytes(content)
    return path


def plainly(value: Any) -> Any:
    """Arrays of the interpreter as arrays."""
    if isinstance(value, Array):
        return plainly(value.values)
    if isinstance(value, dict):
        return {k: plainly(v) for k, v in value.items()}
    return [plainly(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("protocol", range(6))
def test_all_that_is_admitted_comes_back(tmp_path: Path, protocol: int) -> None:
    value = {
        "ints": [0, -1, 300, 70_000, 2**40, -(2**70)],
        "floats": [0.5, -1e300],
        "yes": [True, False, None],
        "text": ["plain", "é 漢字 \n", "", "x" * 300],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "ordered": collections.OrderedDict(a=1),
        3: "a number as key",
    }
    assert read_pickle(saved(tmp_path, value, protocol)).value == value


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("kind", ["f4", ">f8", "i8", "u1", "?", "c16", "U7", "S3", "f2"])
def test_arrays_come_back(tmp_path: Path, protocol: int, kind: str) -> None:
    rng = np.random.default_rng(0)
    for shape in [(4, 3), (5,), (), (0, 3), (2, 3, 4)]:
        whole = rng.integers(0, 2 if kind == "?" else 100, shape).astype(kind)
        for array in (whole, np.asfortranarray(whole)):
            got = plainly(read_pickle(saved(tmp_path, array, protocol)).value)
            assert np.array_equal(got, array)
            assert (got.shape, got.dtype) == (array.shape, array.dtype)


def test_shared_arrays_scalars_and_arrays_of_objects(tmp_path: Path) -> None:
    array = np.arange(3.0)
    value = {"a": array, "b": array, "n": np.float32(1.5), "o": np.asarray(["x", None], dtype=object)}
    got = plainly(read_pickle(saved(tmp_path, value)).value)
    assert np.array_equal(got["a"], got["b"])
    assert (got["n"], got["o"]) == (1.5, ["x", None])


def test_what_python_2_wrote(tmp_path: Path) -> None:
    raw = np.asarray([1.5, 2.5], "<f8").tobytes()
    head = b"\x80\x02}q\x00U\x01aq\x01cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    kind = b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    content = head + b"(K\x01K\x02\x85" + kind + b"\x89U\x10" + raw + b"tbs."
    assert plainly(read_pickle(written(tmp_path, content)).value)["a"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "bad",
    [
        Bad(os.system, "touch reached"),
        Bad(builtins.eval, "__import__('os').system('touch reached')"),
        Bad(builtins.exec, "open('reached', 'w')"),
        Bad(subprocess.check_output, ["touch", "reached"]),
        Bad(note, "called"),
        Bad(getattr, "text", "upper"),
        Bad(builtins.open, "reached", "w"),
        Plain(),
        [{"deep": (1, Bad(note, "deep"))}],
        note,
        {1, 2},
    ],
    ids=lambda bad: repr(bad).partition(" at ")[0],
)
def test_harm_is_refused_and_nothing_runs(
    tmp_path: Path, protocol: int, bad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _REACHED.clear()
    path = saved(tmp_path, bad, protocol)
    with pytest.raises(InputError, match="not admitted"):
        read_pickle(path)
    assert _REACHED == []
    assert [p.name for p in tmp_path.iterdir()] == ["in.pkl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cos\nsystem\n(S'touch reached'\ntR.", "names 'os.system'"),
        (b"(S'touch reached'\nios\nsystem\n.", "instruction INST"),
        (b"(cnumpy\nndarray\nK\x01o.", "instruction OBJ"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "instruction NEWOBJ"),
        (b"\x80\x04cnumpy\nndarray\n)}\x92.", "instruction NEWOBJ_EX"),
        (b"Pid\n.", "instruction PERSID"),
        (b"\x80\x02\x82\x01.", "instruction EXT1"),
        (b"\x80\x05\x97.", "instruction NEXT_BUFFER"),
        (b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__init__()\x93.", "names 'numpy.ndarray.__init__"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "names 'builtins.eval'"),
        (b"\x80\x04]\x94]\x94\x93.", r"names '\[\].\[\]'"),
        (b"\x80\x04\x8c\x02os\x94h\x00\x8c\x06system\x93.", "names 'os.system'"),
        (b"c__builtin__\nbytes\n(I9\ntR.", "makes bytes out of other values"),
        (b"K\x01K\x02\x85R.", "calls something that is not admitted"),
        (b"cnumpy\ndtype\n(S'f8,O'\ntR.", "a kind that is not admitted"),
        (b"cnumpy\ndtype\n(S'V8'\ntR.", "a kind that is not admitted"),
        (b"cnumpy\ndtype\n(S'M8'\ntR.", "a kind that is not admitted"),
        (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.", "a class that is not admitted"),
        (b"}}b.", "sets the state of something"),
        (b"K\x01a.", "damaged"),
        (b"]K\x01u.", "damaged"),
        (b"]K\x01K\x02s.", "damaged"),
        (b"}]K\x01s.", "damaged"),
        (b"h\x07.", "damaged one: its instructions do not fit together"),
        (b".", "damaged"),
        (b"", "damaged"),
        (b"]", "damaged"),
        (b"\x1f\x8b gzip", "no pickle"),
        (b"K\x01.K\x02.", "goes on after its pickle has ended"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_trick_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_pickle(written(tmp_path, content))


def array_of(shape: bytes, content: bytes, name: bytes = b"f8") -> bytes:
    """An array of a made-up shape."""
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    return head + b"(I1\n(" + shape + b"tcnumpy\ndtype\n(S'" + name + b"'\nI0\nI1\ntRI00\n" + content + b"tb."


@pytest.mark.parametrize(
    "content",
    [
        b"\x8e" + struct.pack("<Q", 2**62) + b"few.",
        b"\x8d" + struct.pack("<Q", 2**40) + b"few.",
        b"\x96" + struct.pack("<Q", 2**40) + b"few.",
        b"B" + struct.pack("<I", 2**32 - 1) + b"few.",
        b"\x8b" + struct.pack("<i", 2**31 - 1) + b"few.",
        b"\x8b" + struct.pack("<i", -1) + b"few.",
        b"I" + b"9" * 100_000 + b"\n.",
        array_of(b"I1000000000000\n", b"C\x08" + bytes(8)),
        array_of(b"I-1\n", b"C\x08" + bytes(8)),
        array_of(b"I0\n" + b"I99999999999\n" * 40, b"C\x00"),
        array_of(b"I1\n", b"C\x08" + bytes(8), b"U999999999"),
    ],
    ids=range(11),
)
def test_lengths_that_are_claimed_are_not_believed(tmp_path: Path, content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError):
        read_pickle(written(tmp_path, content))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


def scalars(count: int) -> bytes:
    kind = b"cnumpy\ndtype\n(S'U250000'\nI0\nI1\ntRp1\n0"
    return kind + b"B" + struct.pack("<I", 10**6) + b"a\0\0\0" * 250_000 + b"p2\n0(" + one_scalar() * count + b"t."


def one_scalar() -> bytes:
    return b"cnumpy.core.multiarray\nscalar\n(g1\ng2\ntR"


def encoded(count: int) -> bytes:
    text = b"X" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"p0\n0"
    return text + b"(" + b"c_codecs\nencode\n(g0\nS'latin1'\ntR" * count + b"t."


def keyed(count: int) -> bytes:
    return b"T" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"p0\n0(" + b"}g0\nNs" * count + b"t."


@pytest.mark.parametrize("make", [scalars, encoded, keyed])
def test_what_is_written_once_is_not_copied_a_thousand_times(tmp_path: Path, make: Callable[[int], bytes]) -> None:
    read_pickle(written(tmp_path, make(1)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="over and over"):
        read_pickle(written(tmp_path, make(1000)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


def test_a_thousand_arrays_over_the_same_bytes_share_them(tmp_path: Path) -> None:
    content = b"B" + struct.pack("<I", 8 * 10**6) + bytes(8 * 10**6) + b"p0\n0"
    one = array_of(b"I1000\nI1000\n", b"g0\n").replace(b"I00\n", b"I01\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    value = read_pickle(written(tmp_path, content + b"(" + one.rstrip(b".") * 1000 + b"t.")).value
    assert len(value) == 1000
    assert value[999].values.shape == (1000, 1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_damage_is_an_error_and_nothing_else(tmp_path: Path, protocol: int) -> None:
    value = {"train": {"id": ["a", "b"], "x": np.arange(6.0).reshape(2, 3), "t": np.asarray(["hi", "ho"])}, "n": 2**40}
    whole = pickle.dumps(value, protocol)
    rng = np.random.default_rng(protocol)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for at in rng.integers(0, len(content), rng.integers(1, 4)):
            content[at] = rng.integers(0, 256)
        try:
            read_pickle(written(tmp_path, bytes(content)))
        except InputError:
            refused += 1
    assert refused > 100
