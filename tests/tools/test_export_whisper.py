"""The frozen front against the model it was cut from."""

from __future__ import annotations

import ctranslate2  # type: ignore[import-untyped]  # has no stubs
import numpy as np
import pytest
import torch
from tools import export_whisper
from tools.export_whisper import Front, read_ctranslate2
from torch import nn

from mien.encoders.voice_whisper import WhisperVoice
from mien.media.speech.weights import tiny_en_folder


@pytest.fixture(scope="module")
def mel() -> torch.Tensor:
    return torch.randn(1, 80, 3000, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)


def test_the_whole_encoder_agrees_with_ctranslate2(mel: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_whisper, "LAYERS", (4,))
    variables = read_ctranslate2(tiny_en_folder() / "model.bin")
    norm = nn.LayerNorm(384)
    norm.weight.data = torch.from_numpy(variables["encoder/layer_norm/gamma"])
    norm.bias.data = torch.from_numpy(variables["encoder/layer_norm/beta"])
    with torch.no_grad():
        found = norm(Front(variables).eval()(mel)).numpy()
    model = ctranslate2.models.Whisper(str(tiny_en_folder()), compute_type="float32", intra_threads=1)
    expected = np.asarray(model.encode(ctranslate2.StorageView.from_array(mel.numpy())))
    np.testing.assert_allclose(found, expected, atol=5e-3)
    assert np.abs(found - expected).mean() < 1e-4


def test_the_shipped_file_agrees_with_the_front_at_every_length(mel: torch.Tensor) -> None:
    front = Front(read_ctranslate2(tiny_en_folder() / "model.bin")).eval()
    session = WhisperVoice()._front
    for frames in (24, 352, 2800):
        part = mel[:, :, :frames]
        with torch.no_grad():
            expected = front(part).numpy()
        (found,) = session.run(None, {"mel": part.numpy()})
        assert found.shape == (1, frames // 2, 768)
        # Weights are stored as float16.
        assert np.abs(found - expected).mean() < 2e-3 * np.abs(expected).mean() + 1e-3
