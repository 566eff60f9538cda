"""Face crops in the form that a pretrained picture model expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.encoders._front import crops
from mien.encoders._front.pretrained import PretrainedEncoder
from mien.encoders.base import encoders
from mien.recipe import strict
from mien.runtime.hub import model_table
from mien.types import Frames, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_GREY_SIDE = 48  # sharpness depends on the size, so all encoders compute it on crops of 48 pixels
_HALF = [0.5, 0.5, 0.5]


@dataclass(frozen=True)
class Front:
    """How crops are resized and standardised: the side in pixels, Pillow's number of the filter, mean and deviation of RGB."""

    side: int
    resample: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not (8 <= self.side <= 2048 and 0 <= self.resample <= 5):
            raise ValueError(f"crops of {self.side} pixels by the filter {self.resample} are not possible")


@encoders.register
class PretrainedFace(PretrainedEncoder):
    """Crops for a picture model of transformers: ViT, the picture half of CLIP, DINOv2, BEiT, ResNet, ConvNeXt, ...

    The track holds uint8 RGB (T, side, side, 3), resized as the model's preprocessor_config.json says. The network
    standardises the pictures with the mean and deviation from the same file. Quality: see ``_front/crops.py``.

    Args:
        model, layers, learn, lora, dim, front: see ``PretrainedEncoder``. Convolutional models give only their last layer, -1.
        pooling: within a picture: "first" (the class token, of models that have one) or "mean" (all patches).
        frames: largest number of pictures of a segment; they are evenly spread.

    Raises:
        InputError: see ``PretrainedEncoder``.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = crops.QUALITY
    poolings = ("first", "mean")
    front_kind = Front

    def __init__(
        self,
        model: str,
        layers: Sequence[int] = (-1,),
        pooling: str = "first",
        learn: bool = False,
        lora: int = 0,
        dim: int = 0,
        frames: int = 16,
        front: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(model, layers, pooling, learn, lora, dim, front)
        self.frames = strict.within("frames", frames, 1, 10_000)

    def prepare(self, segment: Segment) -> Track | None:
        """Colour crops; ``None`` without a face."""
        if segment.frames is None or not len(segment.frames):
            return None
        frames = _spread(segment.frames, self.frames)
        values = crops.colour_crops(frames, self.front["side"], self.front["resample"])
        return Track(np.asarray(frames.times, np.float64), values, crops.quality_of(frames, _GREY_SIDE))

    def network(self) -> nn.Module:
        """The model with its published weights."""
        from mien.networks.pictures import face_network

        return face_network(self._use, self.front["mean"], self.front["std"])

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder without the model's files."""
        return {**super().settings, "frames": self.frames}

    @property
    def identity(self) -> dict[str, object]:
        """What the crops depend on; the use of the model is not part of it."""
        shape = {key: self.front[key] for key in ("side", "resample")}
        return {"version": self.version, "front": shape, "frames": self.frames}

    def _read_front(self) -> dict[str, Any]:
        config = model_table(self.model, "config.json")
        how = model_table(self.model, "preprocessor_config.json")
        size = how.get("crop_size") or how.get("size") or config.get("vision_config", config).get("image_size") or 224
        if isinstance(size, dict):
            size = size.get("height") or size.get("shortest_edge") or 224
        return {
            "side": int(size),
            "resample": int(how.get("resample", 2)),
            "mean": list(how.get("image_mean", _HALF)),
            "std": list(how.get("image_std", _HALF)),
        }


def _spread(frames: Frames, most: int) -> Frames:
    """At most ``most`` pictures, evenly spread."""
    if len(frames) <= most:
        return frames
    return frames.rows(np.linspace(0, len(frames) - 1, most).round().astype(int))
