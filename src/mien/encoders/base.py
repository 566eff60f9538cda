"""The one border: a segment goes in, numpy comes out. What learns starts after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.registry import Family
from mien.types import Float32, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


class Encoder(ABC):
    """Prepares one modality, and knows the network that learns from what it prepared.

    ``prepare`` is deterministic and torch-free: the same segment and settings give the same track, byte for byte, so
    tracks can be cached by content.

    Attributes:
        modality: the part of the segment it reads.
        quality_names: what ``Track.quality`` measures; larger is better in every entry.
        conditions: those of its ``measures`` that tell how the input was recorded; confidence may depend on them.
        version: raised whenever ``prepare`` changes what it returns, so that cached tracks are made anew.
        context: how many earlier utterances (``Segment.context``) it reads.
        licence_note: what its licence says of models trained with it; a bundle says the same, and is not shipped with mien.
    """

    modality: Modality
    quality_names: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    version: int = 1
    context: int = 0
    licence_note: str = ""

    @abstractmethod
    def prepare(self, segment: Segment) -> Track | None:
        """Turn this encoder's part of ``segment`` into a track; ``None`` when that part is absent or too short."""

    @abstractmethod
    def network(self) -> nn.Module:
        """A fresh torch module for what ``prepare`` gives: ``(values (B, T, ...), mask bool (B, T)) -> (B, T', D)``.

        T' is T, or 1 when the module pools over time. The module has an int attribute ``dim`` (D). Needs ``mien[train]``.

        It may have the modules ``trunk(values, mask)``, its leading part that never learns, and ``body(states, mask)``: then
        forward is the body after the trunk, and training runs the trunk only once for each clip.
        """

    def words(self, segment: Segment) -> NDArray[np.int64] | None:
        """Which word each row of the segment's track belongs to, int64 (T,), -1 for none; ``None`` where rows are no tokens."""
        return None

    def measures(self, track: Track) -> dict[str, float]:
        """What a track tells of its input beside what is learned from: the quality, by name. Calibration and guards read it."""
        return dict(zip(self.quality_names, map(float, track.quality), strict=True))

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder; stored in a bundle."""
        return {}

    @property
    def assets(self) -> Mapping[str, Path]:
        """{argument: file} of what ``prepare`` reads; a bundle gets copies, and gives them as those arguments."""
        return {}

    @property
    def identity(self) -> dict[str, object]:
        """What its tracks depend on beside the segment; part of the name under which they are kept on disk."""
        return {"version": self.version, "settings": self.settings}


class Through(Encoder):
    """An encoder whose tracks go on through a fixed function: the leading part of its network, which never learns.

    Args:
        inner: what prepares the tracks.
        key: names the function and its weights (a hash), since kept tracks depend on them.
        function: values (T, ...) -> float32 (T', D); T' is T, or 1 when it pools over time.
    """

    def __init__(self, inner: Encoder, key: str, function: Callable[[Track], Float32]) -> None:
        self.inner, self.key, self._function = inner, key, function
        self.modality, self.quality_names, self.version = inner.modality, inner.quality_names, inner.version
        self.context, self.licence_note = inner.context, inner.licence_note

    def prepare(self, segment: Segment) -> Track | None:
        """The inner track after the function; its times where T' is T, else the middle of them."""
        track = self.inner.prepare(segment)
        if track is None:
            return None
        values = self._function(track)
        times = track.times if len(values) == len(track) else track.times.mean(keepdims=True)
        return replace(track, times=times, values=values)

    def network(self) -> nn.Module:
        """That of the inner encoder: this one is what stands before a part of it."""
        return self.inner.network()

    @property
    def settings(self) -> dict[str, object]:
        """Those of the inner encoder."""
        return self.inner.settings

    @property
    def assets(self) -> Mapping[str, Path]:
        """Those of the inner encoder."""
        return self.inner.assets

    @property
    def identity(self) -> dict[str, object]:
        """That of the inner encoder, and the function."""
        return {**self.inner.identity, "through": self.key}


encoders: Family[Encoder] = Family("encoders", "mien.encoders")
