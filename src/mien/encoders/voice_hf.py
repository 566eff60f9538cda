"""The voice in the form that a pretrained speech model expects: samples, or log-mel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.encoders._front import sound
from mien.encoders._front.pretrained import PretrainedEncoder
from mien.encoders.base import encoders
from mien.errors import InputError
from mien.runtime.hub import model_table
from mien.types import SAMPLE_RATE, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_MEL_FRAMES = 2  # one state of Whisper covers so many
_LONGEST = 30.0  # seconds; Whisper has no positions for more


@dataclass(frozen=True)
class Front:
    """What the rows hold: log-mel bands (0 for samples), samples in a row, and whether samples are brought to mean 0."""

    mels: int
    hop: int
    normalise: bool

    def __post_init__(self) -> None:
        if not (self.mels in (80, 128) or (self.mels == 0 and 1 <= self.hop <= SAMPLE_RATE)):
            raise ValueError(f"rows of {self.hop} samples and {self.mels} mels are not possible")


@encoders.register
class PretrainedVoice(PretrainedEncoder):
    """Sound for models on the waveform (wav2vec 2.0, HuBERT, WavLM and similar), or for Whisper's encoder (on log-mel).

    One row of the track becomes one state of the model; a row has 20 ms in all published models. On the waveform the track
    holds float32 (T, 320) samples; they have mean 0 and deviation 1 over the utterance where the model's
    preprocessor_config.json asks for it. For Whisper it holds (T, 2 * mels), two frames of the log-mel spectrogram in a row.
    Quality: see ``_front/sound.py``.

    Args:
        model, layers, learn, lora, dim, front: see ``PretrainedEncoder``.
        pooling: "none" (a state per 20 ms), "mean", "first" or "last".
        seconds: longest input, at most 30; the end of a longer one is cut off.

    Raises:
        InputError: ``seconds`` is not above 0 and at most 30; also see ``PretrainedEncoder``.
    """

    modality: Modality = "voice"
    quality_names: tuple[str, ...] = sound.QUALITY
    version: int = 2
    front_kind = Front

    def __init__(
        self,
        model: str,
        layers: Sequence[int] = (-1,),
        pooling: str = "none",
        learn: bool = False,
        lora: int = 0,
        dim: int = 0,
        seconds: float = 15.0,
        front: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(model, layers, pooling, learn, lora, dim, front)
        if not 0 < seconds <= _LONGEST:
            raise InputError(f"seconds = {seconds:g}: at most {_LONGEST:g} seconds of sound can be read at once")
        self.seconds = seconds

    def prepare(self, segment: Segment) -> Track | None:
        """Rows of sound; ``None`` without sound, below a quarter of a second, or in digital silence.

        Raises:
            InputError: the model is of another kind, wants another sampling rate, or cannot be reached.
        """
        audio = segment.audio
        samples = sound.heard(audio, self.seconds)
        if audio is None or samples is None:
            return None
        if self.front["mels"]:
            hop = _MEL_FRAMES * sound.MEL_HOP
            values = sound.rows_of_mel(samples, self.front["mels"], _MEL_FRAMES)
        else:
            hop = self.front["hop"]
            level = sound.standardised(samples) if self.front["normalise"] else samples
            values = sound.rows_of_samples(level, hop)
        return Track(sound.times_of(audio, len(values), hop), values, sound.quality_of(samples))

    def network(self) -> nn.Module:
        """The model with its published weights."""
        from mien.networks.sounds import voice_network

        return voice_network(self._use, mel=bool(self.front["mels"]))

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder without the model's files."""
        return {**super().settings, "seconds": self.seconds}

    @property
    def identity(self) -> dict[str, object]:
        """What the rows depend on; the use of the model is not part of it."""
        return {"version": self.version, "front": self.front, "seconds": self.seconds}

    def _read_front(self) -> dict[str, Any]:
        config = model_table(self.model, "config.json")
        how = model_table(self.model, "preprocessor_config.json")
        rate = how.get("sampling_rate", SAMPLE_RATE)
        if rate != SAMPLE_RATE:
            raise InputError(f"the model '{self.model}' wants sound at {rate} Hz; mien has {SAMPLE_RATE} Hz")
        if "num_mel_bins" in config:
            return {"mels": config["num_mel_bins"], "hop": 0, "normalise": False}
        if "conv_stride" in config:
            hop = math.prod(config["conv_stride"])
            return {"mels": 0, "hop": hop, "normalise": bool(how.get("do_normalize", True))}
        raise InputError(
            f"voice_hf reads wav2vec 2.0, HuBERT, WavLM (and their like) and Whisper; '{self.model}' is none of these"
        )
