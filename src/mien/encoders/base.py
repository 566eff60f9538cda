"""What every encoder is: a segment goes in, NumPy arrays come out. Everything that learns comes after this border."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.registry import Family
from mien.types import Float32, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


class Encoder(ABC):
    """Prepares one modality, and knows the network that learns from what it prepared.

    ``prepare`` is deterministic and torch-free: the same segment and settings give the same track, byte for byte, so
    tracks can be cached by content.

    Attributes:
        modality: the part of the segment that it uses.
        quality_names: names of the values of ``Track.quality``; larger is better in every value.
        conditions: names of those of its ``measures`` that describe how the input was recorded; confidence may depend on them.
        version: raised whenever ``prepare`` changes what it returns, so that cached tracks are made again.
        asset_arguments: the arguments that are paths of files. In a bundle they are always ``assets``, never options: a bundle
            from somebody else must not choose which files of a user are read.
        context: how many earlier utterances (``Segment.context``) it uses.
        by_row: whether its network gives each row of a track the state that it would give the row alone.
        licence_note: limits of its licence on models trained with it, "" for none. A bundle repeats the note, and a bundle with
            a note is not shipped with mien.
    """

    modality: Modality
    quality_names: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    version: int = 1
    context: int = 0
    by_row: bool = False
    licence_note: str = ""
    asset_arguments: tuple[str, ...] = ()

    @abstractmethod
    def prepare(self, segment: Segment) -> Track | None:
        """Turn this encoder's part of ``segment`` into a track. ``None`` means that the part is absent or too short."""

    @abstractmethod
    def network(self) -> nn.Module:
        """A new torch module for what ``prepare`` gives: ``(values (B, T, ...), mask bool (B, T)) -> (B, T', D)``.

        T' is T, or 1 when the module pools over time. The module has an int attribute ``dim`` (D). Needs ``mien[train]``.

        The module may have two parts: ``trunk(values, mask)``, the leading part that never learns, and
        ``body(states, mask)``. Then ``forward`` runs the body after the trunk, and training runs the trunk only once for each
        clip.
        """

    def words(self, segment: Segment) -> NDArray[np.int64] | None:
        """Which word each row of the segment's track belongs to, int64 (T,), -1 for none.

        ``None`` means that the rows are not tokens, or that the segment has no track.
        """
        return None

    def measures(self, track: Track) -> dict[str, float]:
        """What a track says about the condition of its input, by name: its quality, unless a subclass adds more.

        Calibration and guards use these values; the network does not learn from them.
        """
        return dict(zip(self.quality_names, map(float, track.quality), strict=True))

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder. A bundle stores them."""
        return {}

    @property
    def assets(self) -> Mapping[str, Path]:
        """The files that ``prepare`` needs, {argument: file}. A bundle gets copies, and passes them as those arguments."""
        return {}

    def in_torch(self, config: Path, weights: Path) -> Callable[[NDArray[Any], NDArray[np.bool_]], Float32]:
        """Its network from files, for a network that no ONNX graph can hold: (values, mask) -> states, all NumPy arrays.

        Args:
            config: what the network is, as JSON.
            weights: of the network, in safetensors.

        Raises:
            InputError: it has no such network, torch is not installed, or the files do not fit it or each other.
        """
        raise InputError(
            f"the network of '{type(self).__module__.rpartition('.')[2]}' runs as a graph only; export it again"
        )

    def check_alone(self) -> None:  # noqa: B027 - most encoders need nothing else, and have nothing to check
        """Checks that it needs nothing but its arguments, as an encoder in a bundle must: no network, no files by name.

        Raises:
            InputError: it would read something else, or an argument is not one that a bundle is exported with.
        """

    @property
    def identity(self) -> dict[str, object]:
        """What its tracks depend on besides the segment. It is part of the key under which the cache keeps them."""
        return {"version": self.version, "settings": self.settings}


class Through(Encoder):
    """An encoder that passes its tracks through a fixed function: the trunk of its network, which never learns.

    Args:
        inner: prepares the tracks.
        key: a hash of the function and its weights, since cached tracks depend on them.
        function: values (T, ...) -> float32 (T', D); T' is T, or 1 when it pools over time.
    """

    def __init__(self, inner: Encoder, key: str, function: Callable[[Track], Float32]) -> None:
        self.inner, self.key, self._function = inner, key, function
        self.modality, self.quality_names, self.version = inner.modality, inner.quality_names, inner.version
        self.context, self.licence_note = inner.context, inner.licence_note

    def prepare(self, segment: Segment) -> Track | None:
        """The inner track after the function, with the same times where T' is T, else their mean; ``None`` as the inner one."""
        track = self.inner.prepare(segment)
        if track is None:
            return None
        values = self._function(track)
        times = track.times if len(values) == len(track) else track.times.mean(keepdims=True)
        return replace(track, times=times, values=values)

    def network(self) -> nn.Module:
        """The whole network of the inner encoder."""
        return self.inner.network()

    def check_alone(self) -> None:
        """See the inner encoder."""
        self.inner.check_alone()

    @property
    def settings(self) -> dict[str, object]:
        """The settings of the inner encoder."""
        return self.inner.settings

    @property
    def assets(self) -> Mapping[str, Path]:
        """The assets of the inner encoder."""
        return self.inner.assets

    @property
    def identity(self) -> dict[str, object]:
        """The identity of the inner encoder, and the key of the function."""
        return {**self.inner.identity, "through": self.key}


encoders: Family[Encoder] = Family("encoders", "mien.encoders", "mien.encoders.classifiers")
