"""The graph of the speaker encoder against the same layers in torch."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tools.export_speakers import graph, read_weights
from torch import nn

from mien.errors import InputError
from mien.media.voices.embedding import MELS


def test_the_graph_computes_what_torch_computes() -> None:
    torch.manual_seed(0)
    lstm, linear = nn.LSTM(MELS, 256, 3, batch_first=True), nn.Linear(256, 256)
    state = {f"{n}.{k}": v for n, m in (("lstm", lstm), ("linear", linear)) for k, v in m.state_dict().items()}
    session = onnxruntime.InferenceSession(graph({k: v.numpy() for k, v in state.items()}).SerializeToString())
    mel = torch.rand(4, 160, MELS)
    with torch.no_grad():
        raw = torch.relu(linear(lstm(mel)[1][0][-1]))
        expected = (raw / raw.norm(dim=1, keepdim=True)).numpy()
    (found,) = session.run(None, {"mel": mel.numpy().transpose(1, 0, 2).copy()})
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("resemblyzer/pretrained.pt", b"no weights")
    with pytest.raises(InputError, match=r"Resemblyzer 0\.1\.4"):
        read_weights(tmp_path / "other.whl")
