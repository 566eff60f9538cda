"""Pretrained models of pictures: transformers (ViT, CLIP, DINOv2, ...) and convolutional ones (ResNet, ConvNeXt, ...)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.networks.pretrained import Pretrained, Use, load, read_layers


def face_network(use: Use, mean: Sequence[float], std: Sequence[float]) -> Pretrained:
    """Pictures uint8 RGB (B, T, side, side, 3) -> a vector per picture (B, T, D).

    Args:
        use: how the model is used.
        mean, std: of each channel, for values in [0, 1]; pictures are standardised with them.
    """
    trunk = PictureTrunk(load(use), use, mean, std)
    return Pretrained(trunk, trunk.dim, use)


class PictureTrunk(nn.Module):
    """Layers of a picture model side by side. Pooling: "first" (the class token) or "mean" (all patches, or all places).

    Raises:
        InputError: the layers of the model differ in size, and another one than the last is asked for.
    """

    def __init__(self, model: Any, use: Use, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.model, self.layers, self.pooling = model, use.layers, use.pooling
        self.pixels = Pixels(mean, std)
        config = model.config
        sizes = getattr(config, "hidden_sizes", None)
        self.dim = int(sizes[-1] if sizes else config.hidden_size)
        if sizes and any(layer != -1 for layer in use.layers):
            raise InputError(f"the layers of '{use.model}' differ in size; only the last one, -1, can be read")

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per picture; each picture is processed alone."""
        batch, time = values.shape[:2]
        out = self.model(
            pixel_values=self.pixels(values), output_hidden_states=len(self.layers) > 1 or self.layers[0] != -1
        )
        states = read_layers(out.hidden_states, out.last_hidden_state, self.layers) if out.hidden_states else None
        vectors = [self._vector(s) for s in states or [out.last_hidden_state]]
        return torch.cat(vectors, dim=-1).reshape(batch, time, -1)

    def _vector(self, states: Tensor) -> Tensor:
        if states.ndim == 4:
            return states.mean(dim=(2, 3))
        return states[:, 0] if self.pooling == "first" else states.mean(dim=1)


class Pixels(nn.Module):
    """Pictures uint8 RGB (B, T, side, side, 3) -> float (B * T, 3, side, side), standardised.

    Args:
        mean, std: of each channel, for values in [0, 1].
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("centre", 255.0 * torch.tensor(mean).reshape(-1, 1, 1), persistent=False)
        self.register_buffer("scale", 255.0 * torch.tensor(std).reshape(-1, 1, 1), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Each picture on its own."""
        return (values.flatten(0, 1).movedim(-1, 1).float() - self.centre) / self.scale
