"""Which clips may be used for a purpose: nobody's face or voice is used without a consent or a licence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from mien.collection.rows import Cut, Person, Recording
from mien.consent.consent import Purpose, Reason

Ground = Reason | Literal["licensed", "no_consent"]
"""Why a clip may be used ("granted", "licensed") or not."""

USABLE: frozenset[Ground] = frozenset({"granted", "licensed"})


def ground(clip: Cut, recording: Recording, people: Mapping[str, Person], purpose: Purpose, day: date) -> Ground:
    """Why a clip may or may not be used for the purpose on this day.

    What the person said counts first: a licence does not outweigh a consent that was withdrawn.
    """
    known = people.get(clip.person)
    if known is not None and known.consent is not None:
        return known.consent.allows(purpose, day).reason
    return "licensed" if recording.licence else "no_consent"
