"""Features the user has already: arrays or columns beside the manifest, taken as they are."""

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
    """Ready-made features of one modality (``[data.features]`` in a recipe), float32 (T, size).

    With ``window``, rows are the utterances around the one that is asked about (``around`` in the recipe), and a last column
    is 1 where the asked one stands, else 0; the network then answers for that row alone.

    Quality: the number of rows.

    Args:
        modality: which modality they describe.
        size: D, how many there are in a row.
        network: what learns from them, see ``networks/sequence.py``: "linear", "mlp", "beside", "conv" or "attention".
        hidden: size of the vectors it gives.
        window: rows are utterances, the one at time 0 is asked about.
        dropout: share dropped in training.

    Raises:
        InputError: no such modality.
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
            InputError: they are of another size.
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
        """Standardised rows through the chosen network."""
        from mien.networks.sequence import RowNetwork

        return RowNetwork(self._size, self._hidden, self._network, self._window, self._dropout)

    @property
    def settings(self) -> dict[str, object]:
        """See the class."""
        return {
            "modality": self.modality,
            "size": self._size,
            "network": self._network,
            "hidden": self._hidden,
            "window": self._window,
            "dropout": self._dropout,
        }
