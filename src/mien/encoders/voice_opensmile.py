"""The voice as the feature sets of openSMILE."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.encoders._front import sound
from mien.encoders.base import Encoder, encoders
from mien.errors import InputError
from mien.types import SAMPLE_RATE, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_SIZES = {
    ("eGeMAPSv02", "functionals"): 88,
    ("eGeMAPSv02", "lld"): 25,
    ("ComParE_2016", "functionals"): 6373,
    ("ComParE_2016", "lld"): 65,
}
_LICENCE = (
    "openSMILE (audEERING) may be used for research only, and so may models trained on its features: "
    "this bundle is not for commercial use."
)


@encoders.register
class OpenSmileVoice(Encoder):
    """eGeMAPS (Eyben et al. 2016) or ComParE 2016 (Schuller et al. 2016), computed by openSMILE (Eyben et al. 2010).

    **Licence:** openSMILE is for research only, and its licence covers models trained on its features. It is an extra. A
    bundle that uses it says so, and cannot be shipped with mien.

    The track holds float32 (T, size). Quality: see ``_front/sound.py``.

    Args:
        features: "eGeMAPSv02" or "ComParE_2016".
        level: "functionals" (one row, statistics over the utterance) or "lld" (a row per 10 ms).
        network: what learns from the rows, see ``networks/sequence.py``: "linear", "mlp", "beside", "conv" or "attention".
        hidden: size of the vectors that the network gives.
        dropout: share dropped in training.

    Raises:
        InputError: there is no such feature set or level.
    """

    modality: Modality = "voice"
    quality_names: tuple[str, ...] = sound.QUALITY
    version: int = 2
    licence_note = _LICENCE

    def __init__(
        self,
        features: str = "eGeMAPSv02",
        level: str = "functionals",
        network: str = "mlp",
        hidden: int = 128,
        dropout: float = 0.3,
    ) -> None:
        if (features, level) not in _SIZES:
            known = ", ".join(f"{f} {k}" for f, k in _SIZES)
            raise InputError(f"voice_opensmile knows {known}; not '{features} {level}'")
        self._features, self._level, self._network = features, level, network
        self._hidden, self._dropout = hidden, dropout

    def prepare(self, segment: Segment) -> Track | None:
        """Rows of features; ``None`` without sound, below a quarter of a second, or in digital silence.

        Raises:
            InputError: openSMILE is not installed.
        """
        audio = segment.audio
        samples = sound.heard(audio)
        if audio is None or samples is None:
            return None
        table = self._smile.process_signal(samples, SAMPLE_RATE)
        spans = [table.index.get_level_values(name).total_seconds().to_numpy() for name in ("start", "end")]
        times = audio.start + np.mean(spans, axis=0)
        values = np.nan_to_num(np.ascontiguousarray(table.to_numpy(), np.float32))
        return Track(times, values, sound.quality_of(samples))

    def network(self) -> nn.Module:
        """The chosen network, on standardised rows."""
        from mien.networks.sequence import RowNetwork

        size = _SIZES[self._features, self._level]
        return RowNetwork(size, self._hidden, self._network, False, self._dropout)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {
            "features": self._features,
            "level": self._level,
            "network": self._network,
            "hidden": self._hidden,
            "dropout": self._dropout,
        }

    @property
    def identity(self) -> dict[str, object]:
        """What the features depend on; the network is not part of it."""
        return {"version": self.version, "features": self._features, "level": self._level}

    @cached_property
    def _smile(self) -> Any:
        try:
            import opensmile
        except ImportError as error:
            raise InputError(
                "voice_opensmile needs openSMILE, which is licensed for research only (models trained on its features "
                "too); run: pip install 'mien[opensmile]'"
            ) from error
        levels = {"functionals": "Functionals", "lld": "LowLevelDescriptors"}
        return opensmile.Smile(opensmile.FeatureSet[self._features], opensmile.FeatureLevel[levels[self._level]])
