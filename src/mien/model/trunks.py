"""Runs the frozen parts of networks once for each clip; their outputs are cached like tracks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from mien.encoders.base import Encoder, Through
from mien.model.model import Model
from mien.types import Float32, Modality, Track


class Same(nn.Module):
    """Returns its input. It is the body of a network that is frozen as a whole, and the trunk of one without a frozen part."""

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """The values."""
        return values


def trunk_of(network: nn.Module, related: bool = False) -> nn.Module | None:
    """The leading part of a network that never learns, or the whole network; ``None`` where there is no such part.

    ``related`` says whether a person baseline comes between trunk and body. Then a network with both is never taken as a whole.
    """
    trunk: nn.Module | None = getattr(network, "trunk", None) if hasattr(network, "body") else None
    whole = any(True for _ in network.parameters()) and not _learns(network)
    if whole and not (related and trunk is not None):
        return network
    return None if trunk is None or _learns(trunk) else trunk


def _learns(module: nn.Module) -> bool:
    return any(p.requires_grad for p in module.parameters())


def run_trunks_once(
    model: Model, encoders: Mapping[Modality, Encoder], related: Collection[Modality] = ()
) -> dict[Modality, Encoder]:
    """Encoders that also run the trunks of their networks. The model then starts at the bodies of these networks.

    Call this after the starting weights are loaded and it is decided which parameters learn.

    Args:
        model: its ``bodies`` are filled.
        encoders: the encoders that prepare the tracks.
        related: modalities with a person baseline, which comes between trunk and body. Where their network has no trunk, the
            whole network is the body.
    """
    found: dict[Modality, Encoder] = {}
    for modality, encoder in encoders.items():
        network = model.networks[modality]
        trunk = trunk_of(network, modality in related)
        found[modality] = encoder
        if trunk is not None:
            model.bodies[modality] = Same() if trunk is network else network.body  # type: ignore[assignment]  # see trunk_of
            found[modality] = Through(encoder, weights_key(trunk), Trunk(trunk))
        elif modality in related:
            model.bodies[modality] = network
    return found


def put_together(model: Model, related: Collection[Modality]) -> None:
    """Let the model run its whole networks again. Modalities with a person baseline still start at the body."""
    model.bodies = {m: b for m, b in model.bodies.items() if m in related}


class Trunk:
    """A module as a function of a track."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()

    @torch.no_grad()
    def __call__(self, track: Track) -> Float32:
        """The outputs for a track with values (T, ...), float32 (T', D)."""
        self._module.eval()
        device = next((p.device for p in self._module.parameters()), torch.device("cpu"))
        values = torch.from_numpy(track.values).unsqueeze(0).to(device)
        states: Tensor = self._module(values, torch.ones(values.shape[:2], dtype=torch.bool, device=device))
        kept: Float32 = states[0].float().cpu().numpy()
        return kept


def weights_key(module: nn.Module) -> str:
    """A hash of a module's structure and weights."""
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous().clone() for name, value in module.state_dict().items()}
    return hashlib.sha256(repr(module).encode() + save(state)).hexdigest()[:24]
