"""How a set is labelled: what is shown, and what is mixed in to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.errors import InputError, closest

TOGETHER = "together"
MODES = (TOGETHER, "text", "voice", "face")
"""What may be shown of a clip: all of it, or one modality alone."""


@dataclass(frozen=True)
class Plan:
    """How a set is labelled.

    Attributes:
        modes: what is asked for each clip, of ``MODES``. Single modalities come first, before the whole is known.
        drafts: whether annotators see the draft before they vote. Otherwise they see it afterwards.
        control: share of the clips whose draft stays hidden all the same, to measure how drafts draw votes.
        gold: {id of a clip: its known label}.
        gold_share: share of the votes that are asked on gold clips, to measure attention.
        repeat_share: share of the votes that are asked again, to measure self-agreement.
        per_clip: votes that each clip gets; 0 for one of every annotator.
        anyone: also clips of people without a consent or licence for labelling.

    Raises:
        InputError: a value cannot be used.
    """

    modes: tuple[str, ...] = (TOGETHER,)
    drafts: bool = False
    control: float = 0.2
    gold: Mapping[str, str] = field(default_factory=dict)
    gold_share: float = 0.05
    repeat_share: float = 0.05
    per_clip: int = 0
    anyone: bool = False

    def __post_init__(self) -> None:
        for mode in self.modes:
            if mode not in MODES:
                raise InputError(f"there is no '{mode}' to show; {closest(mode, MODES)}")
        for name in ("control", "gold_share", "repeat_share"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise InputError(f"the share '{name}' is a number from 0 to 0.5, not {getattr(self, name)}")
        if self.per_clip < 0:
            raise InputError(f"the votes for each clip are a number of at least 0, not {self.per_clip}")
