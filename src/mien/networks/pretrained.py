"""Pretrained networks of transformers: loading, which weights learn, and which layers are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.networks.pooled import pooled
from mien.runtime.hub import model_file


class Use(NamedTuple):
    """How a pretrained model is used.

    Attributes:
        model: a folder, or the name of a hub model.
        layers: which states are used: 0 is the input of the first layer, 1 its output, -1 the output of the last layer.
        pooling: see the networks.
        learn: whether its weights learn.
        lora: rank of low-rank adapters that learn while the weights stay frozen; 0 for none.
        dim: output size of a learned linear map after the states; 0 for no map.
    """

    model: str
    layers: tuple[int, ...]
    pooling: str
    learn: bool
    lora: int
    dim: int = 0


def load(use: Use) -> nn.Module:
    """The encoder of a pretrained model, in float32. Only safetensors are read, and code of the model is never run.

    Raises:
        InputError: there is no such model, it cannot be loaded, or ``lora`` needs a package that is not installed.
    """
    from transformers import AutoModel

    model, _ = loaded(AutoModel, use.model)
    return _adapted(_encoder(model), use)


def loaded(kind: Any, model: str) -> tuple[Any, set[str]]:
    """A pretrained model in float32, and the names of the weights that its files lack. Code of the model is never run.

    Args:
        kind: a class of transformers, such as ``AutoModel``.
        model: a folder, or the name of a hub model. Only safetensors are read.

    Raises:
        InputError: there is no such model, or it cannot be loaded.
    """
    weights = ("model.safetensors", "model.safetensors.index.json")
    if not any(model_file(model, name) for name in weights):
        raise InputError(
            f"the model '{model}' has no model.safetensors; load it with transformers where you trust it, and "
            "save_pretrained() it to a folder"
        )
    say_less()
    try:
        found, told = kind.from_pretrained(
            model, use_safetensors=True, dtype=torch.float32, trust_remote_code=False, output_loading_info=True
        )
    except refusals() as error:
        line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(f"the model '{model}' cannot be loaded by transformers: {line}") from error
    return found, set(told["missing_keys"])


def refusals() -> tuple[type[Exception], ...]:
    """The errors with which transformers refuses a config or weights. They have no class in common."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    theirs = (StrictDataclassError, SafetensorError)
    return (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, MemoryError, *theirs)


def _encoder(model: Any) -> nn.Module:
    """The part that encodes: the picture tower of a model with two towers, the encoder of an encoder-decoder model."""
    if hasattr(model, "vision_model"):
        return model.vision_model  # type: ignore[no-any-return]  # transformers' attributes are untyped
    return model.get_encoder() if model.config.is_encoder_decoder else model  # type: ignore[no-any-return]  # the same


def _adapted(model: Any, use: Use) -> nn.Module:
    """Freeze the model unless it learns, or put adapters on all its linear maps (LoRA, Hu et al. 2021, arXiv 2106.09685)."""
    pooler = getattr(model, "pooler", None)
    if pooler is not None and any(True for _ in pooler.parameters()):
        model.pooler = None  # no state passes through it, so it would learn nothing
    same_every_time(model)
    if use.lora:
        try:
            from peft import LoraConfig, inject_adapter_in_model
        except ImportError as error:
            raise InputError("lora needs peft; run: pip install 'mien[lora]'") from error
        turned = any(type(part).__name__ == "Conv1D" for part in model.modules())
        how = LoraConfig(r=use.lora, lora_alpha=use.lora, target_modules=_linear(model), fan_in_fan_out=turned)
        inject_adapter_in_model(how, model)
        for name, parameter in model.named_parameters():
            parameter.requires_grad = "lora_" in name
    else:
        model.requires_grad_(use.learn)
    adapted: nn.Module = model
    return adapted


def same_every_time(model: Any) -> None:
    """Turn off two settings that draw random numbers from NumPy, which the seed of a step does not cover."""
    for name in ("apply_spec_augment", "layerdrop"):
        if hasattr(model.config, name):
            setattr(model.config, name, False if name == "apply_spec_augment" else 0.0)


def _linear(model: nn.Module) -> list[str]:
    """Names of the linear maps of the layers. GPT-2 has its own kind, Conv1D, whose weights are transposed."""
    kinds = ("Linear", "Conv1D")
    return [name for name, part in model.named_modules() if type(part).__name__ in kinds and "." in name]


class Pretrained(nn.Module):
    """A trunk that gives the states of some layers side by side, and a body that joins them.

    Values (B, T, ...), mask bool (B, T) -> (B, T', D); T' is 1 where the trunk pools. There is no body where one layer is used
    without a linear map.

    Args:
        trunk: gives (B, T', layers * size).
        size: of a state of the model.
        use: how the model is used.
    """

    def __init__(self, trunk: nn.Module, size: int, use: Use) -> None:
        super().__init__()
        self.dim = use.dim or size
        self.trunk = trunk
        self.body = Joined(len(use.layers), size, use.dim) if use.dim or len(use.layers) > 1 else None

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """States of the model."""
        states: Tensor = self.trunk(values, mask)
        return states if self.body is None else self.body(states, mask)


class Joined(nn.Module):
    """A learned mean of layers, times a learned number (Peters et al. 2018, arXiv 1802.05365), and an optional linear map.

    (B, T, layers * size) -> (B, T, dim or size). A ``dim`` of 0 leaves the map out.
    """

    def __init__(self, layers: int, size: int, dim: int) -> None:
        super().__init__()
        self.layers, self.size = layers, size
        if layers > 1:
            self.scores = nn.Parameter(torch.zeros(layers))
            self.scale = nn.Parameter(torch.ones(()))
        self.map = nn.Linear(size, dim) if dim else nn.Identity()

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """One state per row."""
        if self.layers > 1:
            apart = states.reshape(*states.shape[:2], self.layers, self.size)
            states = (apart * self.scores.softmax(dim=0).unsqueeze(-1)).sum(dim=-2) * self.scale
        joined: Tensor = self.map(states)
        return joined


def read_layers(states: Sequence[Tensor], last: Tensor, layers: Sequence[int]) -> list[Tensor]:
    """Some of a model's hidden states. The last one is taken as the model gives it, after its final norm.

    Raises:
        InputError: there is no such layer.
    """
    count = len(states) - 1
    for layer in layers:
        if not -count - 1 <= layer <= count:
            raise InputError(f"the model has the layers 0 to {count}; there is no layer {layer}")
    return [last if layer in (-1, count) else states[layer] for layer in layers]


def pool(states: Tensor, mask: Tensor, how: str) -> Tensor:
    """Pool states over time: (B, T, D) -> (B, 1, D).

    "mean" is over the places where the mask is true, "last" is the last of them, "first" is place 0. "none" changes nothing.
    """
    if how == "none":
        return states
    if how == "first":
        return states[:, :1]
    if how == "last":
        places = torch.arange(mask.shape[1], device=mask.device)
        at = torch.where(mask, places, torch.zeros_like(places)).amax(dim=1)
        return states.gather(1, at.reshape(-1, 1, 1).expand(-1, 1, states.shape[-1]))
    return pooled(states, mask).unsqueeze(1)


def seen(mask: Tensor) -> Tensor:
    """The mask with its first place set to true: an attention over no place at all would have an undefined softmax."""
    return mask | (torch.arange(mask.shape[1], device=mask.device) == 0)


def say_less() -> None:
    """Keep transformers from reporting at length that it does not load heads and pooling layers, which mien does not use."""
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers lacks the annotation
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the same
