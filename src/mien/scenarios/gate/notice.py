"""The notice for the people concerned, and the decision in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mien.scenarios.gate.decide import Decision
from mien.scenarios.gate.rules import Rule
from mien.scenarios.wording import Wording


@dataclass(frozen=True)
class Responsible:
    """Who answers for a use: ``name`` and how to reach them. Gaps stay visible where they are empty."""

    name: str = ""
    contact: str = ""


def notice(decision: Decision, responsible: Responsible, until: date | None = None, lang: str = "en") -> str:
    """What the people concerned are told before anything is recorded, as plain text.

    Args:
        decision: about the use; a refused one has no notice.
        responsible: who does it.
        until: the last day on which results are kept; ``None`` where no day is set.
        lang: "en" or "zh".

    Raises:
        InputError: the use is refused, or there is no such language.
    """
    decision.check()
    say = Wording(lang)
    use = decision.use
    read = say.language.join([say.language.modality(m) for m in use.modalities])
    gap = say("notice.gap")
    lines = [
        say("notice.title"),
        "",
        say("notice.who", name=responsible.name or gap, contact=responsible.contact or gap),
        say("notice.what", read=read),
        say("notice.why", purpose=say(f"purposes.{use.purpose}")),
        *stated(decision, say),
        say("notice.where"),
        say("notice.kept", until=until.isoformat()) if until else say("notice.kept_open", gap=gap),
        say("notice.limits"),
        say("notice.rights"),
        "",
        say("notice.never"),
        *(f"- {line}" for line in say.limits(use.scenario)),
        "",
        say(
            "notice.law", list="; ".join(f"{r.law}, {r.article}" for r in decision.rules if r.effect == "duties") or "-"
        ),
        say("notice.advice"),
    ]
    return "\n".join(lines) + "\n"


def told(decision: Decision, lang: str = "en") -> str:
    """The decision, its duties and its rules as plain text."""
    return "\n".join(_lines(decision, Wording(lang))) + "\n"


def stated(decision: Decision, say: Wording) -> Iterator[str]:
    """The ground that the user stated, as one sentence; nothing without one."""
    if decision.use.ground:
        yield say("gate.ground", ground=say(f"grounds.{decision.use.ground}"))


def _lines(decision: Decision, say: Wording) -> Iterator[str]:
    use = decision.use
    yield say(
        f"gate.{decision.verdict}",
        purpose=say(f"purposes.{use.purpose}"),
        scenario=say(f"scenarios.{use.scenario}"),
        place=say(f"places.{use.where}"),
        law=use.jurisdiction,
    )
    yield from stated(decision, say)
    for need in decision.needs if decision.verdict == "duties" else ():
        yield f"- {say(f'duties.{need}')}"
    for rule in decision.rules:
        yield from _rule(rule, say)
    for rule in decision.coming:
        yield say("gate.coming")
        yield from _rule(rule, say)
    if use.jurisdiction == "other":
        yield say("gate.other")
    yield say("gate.version", version=decision.version)


def _rule(rule: Rule, say: Wording) -> Iterator[str]:
    since = say("gate.since", day=rule.in_force.isoformat()) if rule.in_force else say("gate.no_day")
    yield f"{rule.law}, {rule.article} ({since}): {rule.wording[say.name]}"
    if rule.instead[say.name]:
        yield f"  {rule.instead[say.name]}"
    yield f"  {say('gate.read', where=rule.read)}"
