"""Any picture classifier of transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mien.emotions import EMOTIONS
from mien.encoders._front.classifier import ClassifierEncoder
from mien.encoders.base import encoders
from mien.encoders.face_hf import PretrainedFace


@encoders.register
class FaceClassifier(ClassifierEncoder, PretrainedFace):
    """A model that ``AutoModelForImageClassification`` loads: ViT, BEiT, Swin, ConvNeXt, ResNet, ...

    The crops are those of ``face_hf``, the states are a row for each crop.

    Args:
        model: a folder as transformers saves it, or the name of a hub model.
        labels: {label of the classifier: label of the task}; several may stand for one.
        left_out: the labels of the classifier that stand for none.
        answers: the labels of the task, in its order.
        learn: whether its weights learn.
        frames: see ``face_hf``.
        front: see ``PretrainedEncoder``.
    """

    def __init__(
        self,
        model: str,
        labels: Mapping[str, str],
        left_out: Sequence[str] = (),
        answers: Sequence[str] = EMOTIONS,
        learn: bool = False,
        frames: int = 16,
        front: Mapping[str, Any] | None = None,
    ) -> None:
        PretrainedFace.__init__(self, model, learn=learn, frames=frames, front=front)
        self.means(labels, left_out, answers)
