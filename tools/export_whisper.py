"""Makes the frozen front of the Whisper encoder that ``voice_whisper`` uses: ``python -m tools.export_whisper``.

It reads the CTranslate2 file of Whisper tiny.en (Radford et al. 2022, arXiv 2212.04356; MIT), keeps the convolutions and the
first three transformer layers, and writes them as ONNX with float16 weights. The project ran it once, with ``mien[train]``;
the result is shipped.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional

from mien.bundles import folder
from mien.export.graphs import trace
from mien.export.quantise import to_float16
from mien.media.speech.weights import tiny_en_folder

LAYERS = (2, 3)
_DTYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
_HEADS = 6


def read_ctranslate2(path: Path) -> dict[str, NDArray[np.float32]]:
    """The variables of a CTranslate2 model file as float32, by name.

    Raises:
        ValueError: the version of the file is not supported.
    """
    variables: dict[str, NDArray[np.float32]] = {}
    with path.open("rb") as file:
        (version,) = struct.unpack("<I", file.read(4))
        if version < 4:
            raise ValueError(f"CTranslate2 binary version {version} is not supported")
        _text(file)
        file.read(4)
        (count,) = struct.unpack("<I", file.read(4))
        for _ in range(count):
            name = _text(file)
            rank = file.read(1)[0]
            shape = struct.unpack(f"<{rank}I", file.read(4 * rank))
            dtype = _DTYPES[file.read(1)[0]]
            (size,) = struct.unpack("<I", file.read(4))
            variables[name] = np.frombuffer(file.read(size), dtype).reshape(shape).astype(np.float32)
    return variables


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length).rstrip(b"\0").decode()


class _Layer(nn.Module):
    norm1: nn.LayerNorm
    qkv: nn.Linear
    out: nn.Linear
    norm2: nn.LayerNorm
    up: nn.Linear
    down: nn.Linear

    def __init__(self, v: dict[str, NDArray[np.float32]], prefix: str) -> None:
        super().__init__()
        self.heads = _HEADS
        for name, path in {
            "norm1": "self_attention/layer_norm",
            "qkv": "self_attention/linear_0",
            "out": "self_attention/linear_1",
            "norm2": "ffn/layer_norm",
            "up": "ffn/linear_0",
            "down": "ffn/linear_1",
        }.items():
            self.add_module(name, _loaded(v, f"{prefix}/{path}"))

    def forward(self, x: Tensor) -> Tensor:
        batch, time, dim = x.shape
        q, k, value = (
            part.reshape(batch, time, self.heads, dim // self.heads).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).chunk(3, dim=-1)
        )
        weights = (q @ k.transpose(2, 3) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, time, dim))
        down: Tensor = self.down(functional.gelu(self.up(self.norm2(x))))
        return x + down


def _loaded(v: dict[str, NDArray[np.float32]], path: str) -> nn.Module:
    if f"{path}/gamma" in v:
        norm = nn.LayerNorm(len(v[f"{path}/gamma"]))
        norm.weight.data, norm.bias.data = torch.from_numpy(v[f"{path}/gamma"]), torch.from_numpy(v[f"{path}/beta"])
        return norm
    weight = torch.from_numpy(v[f"{path}/weight"])
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight.data, linear.bias.data = weight, torch.from_numpy(v[f"{path}/bias"])
    return linear


class Front(nn.Module):
    """Log-mel spectrogram float32 (B, 80, F) -> joined states after layers 2 and 3, (B, F / 2, 768)."""

    def __init__(self, v: dict[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.conv1, self.conv2 = (_convolution(v, f"encoder/conv{n}", stride) for n, stride in ((1, 1), (2, 2)))
        self.register_buffer("positions", torch.from_numpy(v["encoder/position_encodings/encodings"]))
        self.layers = nn.ModuleList(_Layer(v, f"encoder/layer_{i}") for i in range(max(LAYERS)))

    def forward(self, mel: Tensor) -> Tensor:
        """Runs the front; see the class for shapes."""
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        positions: Tensor = self.positions  # type: ignore[assignment]  # a buffer
        x = x + positions[: x.shape[1]]
        states = []
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x)
            if number in LAYERS:
                states.append(x)
        return torch.cat(states, dim=-1)


def _convolution(v: dict[str, NDArray[np.float32]], path: str, stride: int) -> nn.Conv1d:
    weight = torch.from_numpy(v[f"{path}/weight"])
    layer = nn.Conv1d(weight.shape[1], weight.shape[0], weight.shape[2], stride, padding=1)
    layer.weight.data, layer.bias = weight, nn.Parameter(torch.from_numpy(v[f"{path}/bias"]))
    return layer


def main() -> None:
    """Writes ``bundles/shared/whisper_tiny_en_front.onnx``."""
    front = Front(read_ctranslate2(tiny_en_folder() / "model.bin")).eval()
    frames = Dim("half", max=1500) * 2
    proto = trace(front, (torch.randn(1, 80, 300),), ({2: frames},), ["mel"], ["states"])
    (folder() / "shared" / "whisper_tiny_en_front.onnx").write_bytes(to_float16(proto).SerializeToString())


if __name__ == "__main__":
    main()
