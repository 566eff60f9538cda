"""Features that the user already has: arrays or columns beside the manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mien.encoders.base import Encoder, encoders
from mien.errors import InputError
from mien.types import MODALITIES, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class GivenFeatures(Encoder):
    """Ready-made features of one modality (``[data.features]`` in a recipe).

    The track holds float32 (T, size); NaN becomes 0. With ``window`` it holds (T, size + 1): the rows are the target utterance
    and its neighbours (``around`` in the recipe), and the last column is 1 for the target and 0 for the others. The network
    then answers for the target row alone.

    Quality: the number of rows.

    Args:
        modality: which modality the features describe.
        size: number of features in a row.
        network: what learns from them, see ``networks/sequence.py``: "linear", "mlp", "beside", "conv" or "attention".
        hidden: size of the vectors that the network gives.
        window: whether rows are utterances; the target is the one whose time is nearest to 0.
        dropout: share dropped in training.

    Raises:
        InputError: there is no such modality.
    """

    quality_names: tuple[str, ...] = ("rows",)

    def __init__(
        self,
        modality: Modality,
        size: int,
        network: str = "mlp",
        hidden: int = 128,
        window: bool = False,
        dropout: float = 0.3,
    ) -> None:
        if modality not in MODALITIES:
            raise InputError(f"features are of one of {', '.join(MODALITIES)}, not of '{modality}'")
        self.modality, self._size, self._network = modality, size, network
        self._hidden, self._window, self._dropout = hidden, window, dropout

    def prepare(self, segment: Segment) -> Track | None:
        """The rows; ``None`` where the segment has none.

        Raises:
            InputError: the rows have another size.
        """
        track = segment.features.get(self.modality)
        if track is None or not len(track):
            return None
        values = np.asarray(track.values, np.float32).reshape(len(track), -1)
        if values.shape[1] != self._size:
            raise InputError(
                f"the {self.modality} features have {values.shape[1]} columns, the recipe says {self._size}"
            )
        if self._window:
            here = np.abs(track.times) == np.abs(track.times).min()
            values = np.concatenate([values, here[:, None].astype(np.float32)], axis=1)
        return replace(track, values=np.nan_to_num(values), quality=np.asarray([len(values)], np.float32))

    def network(self) -> nn.Module:
        """The chosen network, on standardised rows."""
        from mien.networks.sequence import RowNetwork

        return RowNetwork(self._size, self._hidden, self._network, self._window, self._dropout)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {
            "modality": self.modality,
            "size": self._size,
            "network": self._network,
            "hidden": self._hidden,
            "window": self._window,
            "dropout": self._dropout,
        }
