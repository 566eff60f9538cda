"""What the encoders of pretrained models share: their arguments, and the numbers from the model's own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mien.encoders.base import Encoder
from mien.errors import InputError, RecipeError
from mien.recipe import strict

if TYPE_CHECKING:
    from mien.networks.pretrained import Use


class PretrainedEncoder(Encoder):
    """An encoder whose network is a pretrained model.

    Args:
        model: folder of a model as transformers saves it, or the name of a hub model.
        layers: which states are used, see ``networks/pretrained.py``; several are joined by a learned mean.
        pooling: one of ``poolings``.
        learn: whether the model's weights learn; a frozen model runs once for each clip.
        lora: rank of low-rank adapters that learn while the weights stay frozen (extra ``lora``); 0 for none.
        dim: output size of a learned linear map after the states; 0 for no map.
        front: what ``prepare`` has to know of the model; ``None`` reads it from the model's files. A bundle gives it.

    Raises:
        InputError: ``pooling`` is unknown, ``layers`` is empty, or ``lora`` is negative.
    """

    poolings: tuple[str, ...] = ("none", "mean", "first", "last")
    front_kind: type | None = None
    """The dataclass of what ``front`` holds; ``None`` when it is empty."""

    def __init__(
        self,
        model: str,
        layers: Sequence[int],
        pooling: str,
        learn: bool,
        lora: int,
        dim: int,
        front: Mapping[str, Any] | None,
    ) -> None:
        if pooling not in self.poolings:
            raise InputError(f"pooling is one of {', '.join(self.poolings)}, not '{pooling}'")
        if not layers or lora < 0:
            raise InputError(
                f"layers = {list(layers)} and lora = {lora}: name at least one layer, and a rank of 0 or more"
            )
        self.model, self.layers, self.pooling, self.learn, self.lora = model, tuple(layers), pooling, learn, lora
        self.dim, self._given = dim, front

    @cached_property
    def front(self) -> dict[str, Any]:
        """What ``prepare`` has to know of the model."""
        return dict(self._given) if self._given is not None else self._read_front()

    def check_alone(self) -> None:
        """Checks that ``front`` is given and fits: without it, the model's files would be read, or asked for on the hub."""
        if self._given is None:
            raise InputError(
                f"the model '{self.model}' is only named, and a bundle brings all that it needs; export it again"
            )
        if self.front_kind is None and self._given:
            raise RecipeError("front must be empty for this encoder")
        if self.front_kind is not None:
            strict.build(self.front_kind, self._given, "front")

    def _read_front(self) -> dict[str, Any]:
        """Read ``front`` from the model's files."""
        return {}

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder without the model's files."""
        return {
            "model": self.model,
            "layers": list(self.layers),
            "pooling": self.pooling,
            "learn": self.learn,
            "lora": self.lora,
            "dim": self.dim,
            "front": self.front,
        }

    @property
    def _use(self) -> Use:
        from mien.networks.pretrained import Use

        return Use(self.model, self.layers, self.pooling, self.learn, self.lora, self.dim)
