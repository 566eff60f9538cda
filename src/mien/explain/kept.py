"""What is kept of a clip while it is read. It has no sound and no pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks, States
from mien.explain.tracked import Portraits, Tracked
from mien.person import People
from mien.runtime.shelf import Place, Shelf
from mien.types import Modality, Segment, Track


@dataclass(frozen=True)
class Kept:
    """What is kept of a moment until the whole clip is known.

    Attributes:
        segment: without sound and pictures.
        rows: tracks of the modalities that are relative to the person.
        encoded: encoded tracks of the others.
        missing: reasons that the bundle does not know.
        tracked: for curves and boxes; ``None`` where they are not asked for.
    """

    segment: Segment
    rows: Mapping[Modality, Track]
    encoded: Mapping[Modality, EncodedTracks]
    missing: tuple[str, ...]
    tracked: Tracked | None


class _Aside(NamedTuple):
    """A moment whose arrays lie on the shelf: the values of its tracks, and its states."""

    kept: Kept
    rows: Mapping[Modality, Place | NDArray[Any]]
    states: Mapping[Modality, Place | NDArray[Any]]


@dataclass(frozen=True)
class Meanwhile:
    """What is known of a clip so far.

    Attributes:
        people: what is usual for its people.
        fixed: whether the people are known from elsewhere; then all who are in view count as the one person.
        moments: its moments. Their arrays lie on the shelf, for two hours of them take 140 MB.
        shelf: where they lie.
        portraits: of its people.
        states: of what was encoded for answers so far.
    """

    people: People
    fixed: bool
    moments: list[_Aside] = field(default_factory=list)
    shelf: Shelf = field(default_factory=Shelf)
    portraits: Portraits = field(default_factory=Portraits)
    states: States = field(default_factory=States)

    def keep(self, kept: Kept) -> None:
        """Keeps a moment."""
        rows = {m: self.shelf.put(t.values) for m, t in kept.rows.items()}
        states = {m: self.shelf.put(e.states) for m, e in kept.encoded.items()}
        # A slice would keep the whole array.
        light = {m: replace(t, values=np.zeros((len(t), 0))) for m, t in kept.rows.items()}
        bare = {m: replace(e, states=np.zeros((*e.mask.shape, 0), np.float32)) for m, e in kept.encoded.items()}
        self.moments.append(_Aside(replace(kept, rows=light, encoded=bare), rows, states))

    @property
    def kept(self) -> Iterator[Kept]:
        """The moments in the order in which they were kept."""
        for kept, rows, states in self.moments:
            whole = {m: replace(t, values=self.shelf.get(rows[m])) for m, t in kept.rows.items()}
            encoded = {m: replace(e, states=self.shelf.get(states[m])) for m, e in kept.encoded.items()}
            yield replace(kept, rows=whole, encoded=encoded)

    def track(self, bundle: Bundle, segment: Segment) -> Tracked:
        """What to keep of a segment for its curves and boxes. Its portraits are kept, too."""
        self.portraits.look(segment)
        return Tracked.of(bundle, segment)
