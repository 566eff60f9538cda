"""What one person has agreed to: for which purposes, until when, and whether it was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, get_args

Purpose = Literal["analyze", "record", "label", "train", "share"]
"""What may be done: read expressed emotion, keep recordings, let people label them, train models, give copies to others."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Reason = Literal["granted", "not_in_scope", "expired", "withdrawn"]
"""Why something is allowed ("granted") or not."""


class Verdict(NamedTuple):
    """Whether something is allowed, and why. ``if consent.allows(...):`` does not work with a tuple, so ask ``.allowed``."""

    allowed: bool
    reason: Reason


@dataclass(frozen=True)
class Consent:
    """The consent of one person.

    Attributes:
        person: who agreed; the name that clips give as their speaker.
        scope: the purposes that were agreed to.
        until: the last day on which it holds; ``None`` for no end.
        withdrawn: the day on which it was taken back, from which on nothing is allowed; ``None`` when it was not.
        reference: where the signed form lies, such as a file or a number.
    """

    person: str
    scope: frozenset[Purpose]
    until: date | None = None
    withdrawn: date | None = None
    reference: str = ""

    def allows(self, purpose: Purpose, day: date) -> Verdict:
        """Whether the purpose is allowed on this day. Withdrawal counts more than the rest, then the end, then the scope."""
        if self.withdrawn is not None and day >= self.withdrawn:
            return Verdict(False, "withdrawn")
        if self.until is not None and day > self.until:
            return Verdict(False, "expired")
        return Verdict(True, "granted") if purpose in self.scope else Verdict(False, "not_in_scope")
