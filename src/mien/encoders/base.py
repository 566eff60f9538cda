"""The one border: a segment goes in, numpy comes out. What learns starts after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from mien.registry import Family
from mien.types import Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


class Encoder(ABC):
    """Prepares one modality, and knows the network that learns from what it prepared.

    ``prepare`` is deterministic and torch-free: the same segment and settings give the same track, byte for byte, so
    tracks can be cached by content.

    Attributes:
        modality: the part of the segment it reads.
        quality_names: what ``Track.quality`` measures; larger is better in every entry.
        version: raised whenever ``prepare`` changes what it returns, so that cached tracks are made anew.
    """

    modality: ClassVar[Modality]
    quality_names: ClassVar[tuple[str, ...]]
    version: ClassVar[int] = 1

    @abstractmethod
    def prepare(self, segment: Segment) -> Track | None:
        """Turn this encoder's part of ``segment`` into a track; ``None`` when that part is absent or too short."""

    @abstractmethod
    def network(self) -> nn.Module:
        """A fresh torch module for what ``prepare`` gives: ``(values (B, T, ...), mask bool (B, T)) -> (B, T', D)``.

        T' is T, or 1 when the module pools over time. The module has an int attribute ``dim`` (D). Needs ``mien[train]``.
        """

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder; stored in a bundle."""
        return {}


encoders: Family[Encoder] = Family("encoders", "mien.encoders")
