"""What is kept of a clip while it is read. It has no sound and no pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.explain.tracked import Portraits, Tracked
from mien.person import People
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


@dataclass(frozen=True)
class Meanwhile:
    """What is known of a clip so far.

    Attributes:
        people: what is usual for its people.
        fixed: whether the people are known from elsewhere; then all who are in view count as the one person.
        kept: its moments.
        portraits: of its people.
    """

    people: People
    fixed: bool
    kept: list[Kept] = field(default_factory=list)
    portraits: Portraits = field(default_factory=Portraits)

    def track(self, bundle: Bundle, segment: Segment) -> Tracked:
        """What to keep of a segment for its curves and boxes. Its portraits are kept, too."""
        self.portraits.look(segment)
        return Tracked.of(bundle, segment)
