"""The page about a talk, and its JSON, with which later talks are compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from mien import __version__
from mien.errors import InputError
from mien.files.tables import read_table
from mien.report.clock import clock
from mien.report.grid import Grid
from mien.report.sheets.plot import Dot, Plot, plot
from mien.report.sheets.sheet import Card, sheet
from mien.report.studies.page import Entries, Prose
from mien.scenarios.change.reliable import FEWEST
from mien.scenarios.education.lecture import SHOWN, Highlight, Lecture, of_talks
from mien.scenarios.measures.measures import Measure, Value
from mien.scenarios.store.kept import Session
from mien.scenarios.wording import Wording

SCHEMA = "mien.lecture/1"


def page(talk: Lecture, lang: str = "en") -> str:
    """The page.

    Raises:
        InputError: there is no such language.
        ImportError: Jinja2 is not installed; see ``extras.needs_page``.
    """
    say = Wording(lang)
    facts = [
        talk.kept.day.isoformat(),
        say("lecture.minutes", n=f"{talk.kept.minutes['speaking']:.1f}"),
        say("lecture.earlier", n=talk.earlier),
        say("sheet.bundle", version=__version__, bundle=talk.kept.bundle),
    ]
    cards = [
        Card(
            say("lecture.whole"),
            [_whole(talk, say), *(Prose(line) for line in _compared(talk, say))],
            say("lecture.lead"),
        ),
        Card(say("lecture.again"), [Entries([_entry(h, say) for h in talk.highlights])], say("lecture.again_lead")),
        *([Card(say("lecture.by_minute"), list(_plots(talk, say)))] if len(talk.minutes) > 1 else []),
        Card(say("never.title"), warns=True, bullets=say.limits("lecture")),
        Card(say("sheet.definitions"), [Entries(list(_definitions(say)))]),
    ]
    return sheet(say("lecture.title", name=talk.name), say("lecture.kicker"), facts, cards, say.language.code)


def as_json(talk: Lecture, lang: str = "en") -> str:
    """The numbers of a talk, with which later ones are compared; without any word of it."""
    content = {
        "schema": SCHEMA,
        "day": talk.kept.day.isoformat(),
        "never": Wording(lang).limits("lecture"),
        **json.loads(talk.kept.packed()),
        "by_minute": [{name: round(v.value, 6) for name, v in minute.items()} for minute in talk.minutes],
        "again": [
            {"start": h.span.start, "end": h.span.end, "reason": h.reason, "value": h.value, "label": h.label}
            for h in talk.highlights
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def earlier(path: Path) -> Session:
    """An earlier talk, from the JSON that ``as_json`` wrote.

    Raises:
        InputError: the file cannot be read, or is no talk.
    """
    table = read_table(path, "write it again with mien lecture --json")
    try:
        if table["schema"] != SCHEMA:
            raise KeyError("schema")
        day = date.fromisoformat(table["day"])
        return Session.unpacked(json.dumps(table).encode(), day, "own-recordings", 0)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"'{path}' is no talk; write one with: mien lecture TALK --json {path}") from error


def told(talk: Lecture, say: Wording) -> Iterator[str]:
    """The talk in lines for a terminal, with what it must not be used for."""
    for measure in of_talks():
        value = talk.kept.values.get(measure.name)
        if value is not None:
            yield f"{_name(measure, say)}: {value.value:.{measure.digits}f}"
    yield from _compared(talk, say)
    for highlight in talk.highlights:
        yield " ".join(_entry(highlight, say))
    yield from say.told_limits("lecture")


def _name(measure: Measure, say: Wording) -> str:
    return say.with_unit(say(f"measures.{measure.name}"), measure.unit)


def _whole(talk: Lecture, say: Wording) -> Grid:
    """The measures; what is expected of them only if there are enough earlier talks."""
    head = tuple(say(key) for key in ("sheet.measure", "lecture.value", "sheet.interval", "sheet.usual"))
    rows = []
    for measure in of_talks():
        value, change = talk.kept.values.get(measure.name), talk.changes.get(measure.name)
        if value is not None:
            usual = _between(measure, change.low, change.high) if change else say("sheet.unknown")
            shown = f"{value.value:.{measure.digits}f}"
            rows.append((_name(measure, say), shown, _interval(measure, value, say), usual))
    columns = len(head) if talk.changes else len(head) - 1
    return Grid(head[:columns], tuple(row[:columns] for row in rows))


def _interval(measure: Measure, value: Value, say: Wording) -> str:
    if value.low is None or value.high is None:
        return say("sheet.unknown")
    return _between(measure, value.low, value.high)


def _between(measure: Measure, low: float, high: float) -> str:
    return f"{low:.{measure.digits}f} … {high:.{measure.digits}f}"


def _compared(talk: Lecture, say: Wording) -> Iterator[str]:
    if talk.earlier < FEWEST:
        yield say("lecture.few", n=talk.earlier, least=FEWEST)
        return
    digits = {m.name: m.digits for m in of_talks()}
    marked = {name: c for name, c in talk.changes.items() if c.changed}
    for name, c in marked.items():
        key = "higher" if c.value > c.baseline else "lower"
        numbers = {k: f"{v:.{digits[name]}f}" for k, v in (("value", c.value), ("low", c.low), ("high", c.high))}
        yield say(f"lecture.{key}", measure=say(f"measures.{name}"), **numbers)
    if not marked:
        yield say("lecture.none")


def _entry(highlight: Highlight, say: Wording) -> tuple[str, str]:
    label = say.language.label(highlight.label) if highlight.label else ""
    value = f"{highlight.value:.0f}" if highlight.reason == "fastest" else f"{highlight.value:.1f}"
    share = say.language.about(min(highlight.value, 1.0))
    return clock(highlight.span.start), say(f"again.{highlight.reason}", value=value, share=share, label=label)


def _plots(talk: Lecture, say: Wording) -> Iterator[Plot]:
    for measure in of_talks():
        dots = [
            Dot(n + 0.5, minute[measure.name].value) for n, minute in enumerate(talk.minutes) if measure.name in minute
        ]
        if dots:
            values = say.language.join([f"{d.y:.{measure.digits}f}" for d in dots])
            unit = say(f"units.{measure.unit}")
            about = say("sheet.plot", measure=_name(measure, say), values=values)
            ends = ("0:00", clock(60.0 * len(talk.minutes)))
            yield plot(say(f"measures.{measure.name}"), unit, about, dots, ends, digits=measure.digits)


def _definitions(say: Wording) -> Iterator[tuple[str, str]]:
    for name in SHOWN:
        yield say(f"measures.{name}"), say(f"definitions.{name}")
