"""Any classifier of sound on the waveform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mien.emotions import EMOTIONS
from mien.encoders._front.classifier import ClassifierEncoder
from mien.encoders.base import encoders
from mien.encoders.voice_hf import PretrainedVoice
from mien.errors import InputError


@encoders.register
class VoiceClassifier(ClassifierEncoder, PretrainedVoice):
    """A model on the waveform that ``AutoModelForAudioClassification`` loads: wav2vec 2.0, HuBERT, WavLM and similar.

    The rows are those of ``voice_hf``, the state is one row for the utterance.

    Args:
        model: a folder as transformers saves it, or the name of a hub model.
        labels: {label of the classifier: label of the task}; several may stand for one.
        left_out: the labels of the classifier that stand for none.
        answers: the labels of the task, in its order.
        learn: whether its weights learn.
        seconds: see ``voice_hf``.
        front: see ``PretrainedEncoder``.
    """

    def __init__(
        self,
        model: str,
        labels: Mapping[str, str],
        left_out: Sequence[str] = (),
        answers: Sequence[str] = EMOTIONS,
        learn: bool = False,
        seconds: float = 15.0,
        front: Mapping[str, Any] | None = None,
    ) -> None:
        PretrainedVoice.__init__(self, model, learn=learn, seconds=seconds, front=front)
        self.means(labels, left_out, answers)

    def _read_front(self) -> dict[str, Any]:
        front = super()._read_front()
        if front["mels"]:
            raise InputError(
                f"'{self.model}' hears log-mel, and voice_classifier reads models on the waveform (wav2vec 2.0, HuBERT, "
                "WavLM and their like); name one of these"
            )
        return front
