"""Decides whether a purpose is allowed, allowed with duties, or refused, and says by which rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mien.errors import InputError, closest
from mien.scenarios.gate.rules import GROUNDS, JURISDICTIONS, PLACES, PURPOSES, Rule, shipped
from mien.types import MODALITIES, Modality

Verdict = Literal["allow", "duties", "refuse"]

SCENARIOS = {"session": "care", "lecture": "private", "class": "education", "turns": "open"}
"""{scenario: the place that it usually is in}."""
_AT = {"teaching": "education", "grading": "education", "monitoring": "work", "hiring": "work"}
"""{purpose: the place that it means}."""


@dataclass(frozen=True)
class Use:
    """What somebody wants to do.

    Attributes:
        scenario: one of ``SCENARIOS``.
        purpose: one of ``PURPOSES``.
        jurisdiction: one of ``JURISDICTIONS``.
        modalities: what is read. Text alone is no biometric data.
        place: one of ``PLACES``; "" for the usual one of the purpose or the scenario.
        ground: one of ``GROUNDS`` that the user states, and answers for; "" for none.

    Raises:
        InputError: a name is unknown, or the ground does not go with the purpose.
    """

    scenario: str
    purpose: str
    jurisdiction: str = "EU"
    modalities: tuple[Modality, ...] = MODALITIES
    place: str = ""
    ground: str = ""

    def __post_init__(self) -> None:
        known: tuple[tuple[str, str, Sequence[str]], ...] = (
            ("scenario", self.scenario, tuple(SCENARIOS)),
            ("--purpose", self.purpose, PURPOSES),
            ("--jurisdiction", self.jurisdiction, JURISDICTIONS),
            ("--place", self.place, ("", *PLACES)),
            ("--ground", self.ground, ("", *GROUNDS)),
        )
        for name, value, allowed in known:
            if value not in allowed:
                raise InputError(f"{name} cannot be '{value}'; {closest(value, [a for a in allowed if a])}")
        if self.ground and GROUNDS[self.ground] != self.purpose:
            raise InputError(f"--ground {self.ground} goes with --purpose {GROUNDS[self.ground]} alone")

    @property
    def where(self) -> str:
        """The place that counts. A purpose that means a place cannot be moved to another one."""
        return _AT.get(self.purpose) or self.place or SCENARIOS[self.scenario]

    @property
    def biometric(self) -> bool:
        """Whether voice or face are read."""
        return bool(set(self.modalities) - {"text"})


@dataclass(frozen=True)
class Decision:
    """What the rules say about a use.

    Attributes:
        use: the use.
        verdict: "allow", "duties" or "refuse".
        rules: the rules that count, refusals first.
        coming: the rules that will count later.
        version: of the rules.
    """

    use: Use
    verdict: Verdict
    rules: tuple[Rule, ...]
    coming: tuple[Rule, ...]
    version: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The duties by their codes, each once."""
        return tuple(dict.fromkeys(need for rule in self.rules for need in rule.needs))

    def check(self, consent: str | None = None) -> None:
        """Refuses what is not allowed.

        Args:
            consent: where the consent lies; "" for none, which is refused where one is needed. ``None`` asks for none.

        Raises:
            InputError: the use is refused; the message says by which rule, and what would be allowed.
        """
        if self.verdict == "duties" and consent == "" and "consent" in self.needs:
            rule = next(rule for rule in self.rules if "consent" in rule.needs)
            raise InputError(
                f"the purpose '{self.use.purpose}' needs the consent of the people concerned [{rule.cites()}]; "
                "say where it lies with --consent"
            )
        if self.verdict == "refuse":
            rule = self.rules[0]
            raise InputError(
                f"the purpose '{self.use.purpose}' ({self.use.scenario}, {self.use.where}) is refused: "
                f"{rule.wording['en']} [{rule.cites()}] {rule.instead['en']} This is information, not legal advice"
            )


def decide(use: Use, day: date | None = None) -> Decision:
    """The decision about a use.

    Args:
        use: what somebody wants to do.
        day: the day that counts; today without it.
    """
    day = day or date.today()
    matching = list(_matching(use))
    counting = [rule for rule in matching if rule.in_force is None or rule.in_force <= day]
    order = {"refuse": 0, "duties": 1, "note": 2}
    rules = tuple(sorted(counting, key=lambda rule: order[rule.effect]))
    effects = {rule.effect for rule in rules}
    verdict: Verdict = "refuse" if "refuse" in effects else "duties" if "duties" in effects else "allow"
    return Decision(use, verdict, rules, tuple(r for r in matching if r not in counting), shipped().version)


def modalities_of(text: str) -> tuple[Modality, ...]:
    """The modalities that a text names with commas between them, in their usual order.

    Raises:
        InputError: one is unknown.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in MODALITIES:
            raise InputError(f"--read cannot be '{name}'; {closest(name, MODALITIES)}")
    return tuple(m for m in MODALITIES if m in names)


def _matching(use: Use) -> Iterator[Rule]:
    excused = {use.purpose, f"{use.scenario}/{use.ground}"}
    for rule in shipped().rules:
        if (
            {use.jurisdiction, "*"} & set(rule.jurisdictions)
            and (not rule.purposes or use.purpose in rule.purposes)
            and (not rule.places or use.where in rule.places)
            and (not rule.scenarios or use.scenario in rule.scenarios)
            and (use.biometric or not rule.biometric)
            and not excused & set(rule.unless)
        ):
            yield rule
