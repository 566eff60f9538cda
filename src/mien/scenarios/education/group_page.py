"""The page about a group, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mien import __version__
from mien.report.clock import clock
from mien.report.grid import Grid
from mien.report.sheets.plot import Dot, Plot, plot
from mien.report.sheets.sheet import Card, sheet
from mien.report.studies.page import Prose
from mien.scenarios.education.group import Group
from mien.scenarios.gate.decide import Decision
from mien.scenarios.gate.notice import stated
from mien.scenarios.wording import Wording

SCHEMA = "mien.class/1"


def page(found: Group, agreed: int, decision: Decision, lang: str = "en") -> str:
    """The page. It names neither the file nor anybody.

    Args:
        found: the group.
        agreed: how many people have agreed.
        decision: what the rules say about this use.
        lang: "en" or "zh".

    Raises:
        InputError: there is no such language.
        ImportError: Jinja2 is not installed; see ``extras.needs_page``.
    """
    say = Wording(lang)
    facts = [
        say("group.minutes", n=len(found.minutes)),
        say("group.agreed", n=agreed),
        say("sheet.read_for", purpose=say(f"purposes.{decision.use.purpose}")),
        f"mien {__version__}",
    ]
    cards = [
        Card(say("group.about"), [Prose(line) for line in (*told(found, say), *stated(decision, say))]),
        Card(say("group.over_time"), list(_plots(found, say)), say("group.over_time_lead")),
        Card(say("group.table"), [_table(found, say)]),
        Card(say("never.title"), warns=True, bullets=say.limits("class")),
    ]
    return sheet(say("group.title"), say("group.kicker"), facts, cards, say.language.code)


def as_json(found: Group, decision: Decision, lang: str = "en") -> str:
    """The same numbers, with what they were read for and on which ground."""
    rows = [{"minute": n, "people": m.people, "shares": m.shares} for n, m in enumerate(found.minutes)]
    content = {
        "schema": SCHEMA,
        "never": Wording(lang).limits("class"),
        "purpose": decision.use.purpose,
        "jurisdiction": decision.use.jurisdiction,
        "ground": decision.use.ground or None,
        "rules": {"version": decision.version, "count": [rule.id for rule in decision.rules]},
        "smallest": found.smallest,
        "epsilon": found.epsilon,
        "minutes": rows,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def told(found: Group, say: Wording) -> Iterator[str]:
    """How the numbers came about."""
    left_out = sum(m.people is None for m in found.minutes)
    yield say("group.smallest", n=found.smallest, left=left_out)
    yield say("group.no_noise") if found.epsilon is None else say("group.noise", epsilon=f"{found.epsilon:g}")
    yield say("group.not_claimed")


def _plots(found: Group, say: Wording) -> Iterator[Plot]:
    for label in found.labels:
        dots = [Dot(n + 0.5, m.shares[label]) for n, m in enumerate(found.minutes) if m.shares is not None]
        name = say.language.label(label)
        about = say("sheet.plot", measure=name, values=say.language.join([f"{d.y:.2f}" for d in dots]))
        yield plot(name, "", about, dots, ("0:00", clock(60.0 * len(found.minutes))), bounds=(0.0, 1.0))


def _table(found: Group, say: Wording) -> Grid:
    head = (say("group.minute"), say("group.people"), *(say.language.label(label) for label in found.labels))
    rows = []
    for n, m in enumerate(found.minutes):
        shares = (
            ("",) * len(found.labels) if m.shares is None else tuple(f"{m.shares[label]:.2f}" for label in found.labels)
        )
        rows.append((clock(60.0 * n), say("group.too_few") if m.people is None else str(m.people), *shares))
    return Grid(head, tuple(rows))
