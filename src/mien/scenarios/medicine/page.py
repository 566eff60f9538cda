"""The summary of a person over time as one page that prints on one sheet of paper."""

from __future__ import annotations

from collections.abc import Iterator

from mien import __version__
from mien.emotions import EMOTIONS
from mien.report.grid import Grid
from mien.report.sheets.plot import Dot, Plot, plot
from mien.report.sheets.sheet import Card, sheet
from mien.report.studies.page import Entries, Prose
from mien.scenarios.change.reliable import FEWEST, Change
from mien.scenarios.measures.defined import defined
from mien.scenarios.measures.measures import LEAST, Measure, Value
from mien.scenarios.medicine.course import LEAST_PAIRS, NEAR, Course
from mien.scenarios.wording import Wording

_CORRELATIONS = 3  # of each score, that the page shows; the CSV has all
_MEASURES = {m.name: m for m in defined()}


def page(course: Course, lang: str = "en") -> str:
    """The page.

    Raises:
        InputError: there is no such language.
        ImportError: Jinja2 is not installed; see ``extras.needs_page``.
    """
    say = Wording(lang)
    first, last = course.sessions[0].day.isoformat(), course.latest.day.isoformat()
    facts = [
        say("sheet.days", first=first, last=last),
        say("sheet.baseline", n=course.baseline),
        say("sheet.read_for", purpose=say(f"purposes.{course.purpose}")),
        say("sheet.bundle", version=__version__, bundle=course.latest.bundle),
    ]
    cards = [
        Card(say("sheet.summary", day=last), [Prose(line) for line in summary(course, say)]),
        Card(say("sheet.over_time"), list(_plots(course, say)), say("sheet.over_time_lead")),
        Card(say("sheet.latest"), [_latest(course, say)], half=True),
        *_typed(course, say),
        *_emotions(course, say),
        Card(say("never.title"), warns=True, lead=say("sheet.limits"), bullets=say.limits("session")),
        Card(say("sheet.all"), [_all(course, say)], printed=False),
        Card(say("sheet.definitions"), [Entries(list(_definitions(say)))], printed=False),
    ]
    title = say("sheet.title", person=course.person, n=len(course.sessions))
    return sheet(title, say("sheet.kicker"), facts, cards, say.language.code)


def summary(course: Course, say: Wording) -> Iterator[str]:
    """What there is to say about the latest recording, as sentences."""
    minutes = [f"{say(f'minutes.{name}')} {value:.1f}" for name, value in course.latest.minutes.items()]
    yield say("sheet.usable", list=say.language.join(minutes))
    marked = {name: change for name, change in course.changes[-1].items() if change.changed}
    for name, change in marked.items():
        key = "higher" if change.value > change.baseline else "lower"
        low, high = (shown(name, v) for v in (change.low, change.high))
        yield say(f"sheet.{key}", measure=called(name, say), value=shown(name, change.value), low=low, high=high)
    if not course.compared:
        yield say("sheet.few", n=course.baseline, least=FEWEST)
    elif not course.changes[-1]:
        yield say("sheet.too_little", least=LEAST)
    else:
        if not marked:
            yield say("sheet.none")
        yield say("sheet.noise")
    if course.left_out:
        yield say("sheet.left_out", n=course.left_out)


def called(name: str, say: Wording) -> str:
    """What a measure is called."""
    state, dot, label = name.partition(".")
    if dot:
        return say("sheet.condition", label=say.language.label(label), state=say(f"sheet.while_{state}"))
    return say(f"measures.{name}")


def shown(name: str, value: float) -> str:
    """A value with the digits of its measure."""
    return f"{value:.{_MEASURES[name].digits}f}"


def _watched() -> list[Measure]:
    return [m for m in _MEASURES.values() if m.watched]


def _plots(course: Course, say: Wording) -> Iterator[Plot]:
    for measure in _watched():
        dots = [
            Dot(s.day.toordinal(), v.value, v.low, v.high, _marked(changes.get(measure.name)))
            for s, changes in zip(course.sessions, course.changes, strict=True)
            if (v := s.values.get(measure.name)) is not None
        ]
        if dots:
            change = course.changes[-1].get(measure.name)
            band = (change.low, change.high) if change is not None else None
            yield _plot(course, measure, dots, band, say)


def _plot(course: Course, measure: Measure, dots: list[Dot], band: tuple[float, float] | None, say: Wording) -> Plot:
    title, unit = called(measure.name, say), say(f"units.{measure.unit}")
    values = say.language.join([shown(measure.name, d.y) for d in dots])
    days = [s.day.isoformat() for s in course.sessions if measure.name in s.values]
    about = say("sheet.plot", measure=say.with_unit(title, measure.unit), values=values)
    return plot(title, unit, about, dots, (days[0], days[-1]), band, measure.digits)


def _marked(change: Change | None) -> bool:
    return change is not None and change.changed


def _latest(course: Course, say: Wording) -> Grid:
    head = tuple(say(f"sheet.{key}") for key in ("measure", "value", "usual", "change", "interval"))
    rows = []
    for measure in _watched():
        value, change = course.latest.values.get(measure.name), course.changes[-1].get(measure.name)
        if value is not None:
            usual = (
                f"{shown(measure.name, change.low)} … {shown(measure.name, change.high)}"
                if change
                else say("sheet.unknown")
            )
            name = say.with_unit(called(measure.name, say), measure.unit)
            shown_value, interval = shown(measure.name, value.value), _interval(measure.name, value, say)
            rows.append((name, shown_value, usual, _way(change, say), interval))
    return Grid(head, tuple(rows))


def _interval(name: str, value: Value, say: Wording) -> str:
    if value.low is None or value.high is None:
        return say("sheet.unknown")
    return f"{shown(name, value.low)} … {shown(name, value.high)}"


def _way(change: Change | None, say: Wording) -> str:
    if change is None:
        return say("sheet.unknown")
    if not change.changed:
        return say("sheet.same")
    return say("sheet.up") if change.value > change.baseline else say("sheet.down")


def _emotions(course: Course, say: Wording) -> Iterator[Card]:
    """The expressed emotions of the latest recording. They are shown, and no change of them is looked for."""
    values = course.latest.values
    states = [s for s in ("speaking", "listening") if any(f"{s}.{label}" in values for label in EMOTIONS)]
    if states:
        head = (say("sheet.emotion"), *(say.language.label(label) for label in EMOTIONS))
        rows = tuple(
            (
                say(f"sheet.while_{s}"),
                *(shown(f"{s}.{k}", values[f"{s}.{k}"].value) if f"{s}.{k}" in values else "" for k in EMOTIONS),
            )
            for s in states
        )
        yield Card(say("sheet.emotions"), [Grid(head, rows)])


def _typed(course: Course, say: Wording) -> Iterator[Card]:
    parts: list[Plot | Prose] = []
    for name in dict.fromkeys(score.name for score in course.scores):
        mine = [score for score in course.scores if score.name == name]
        about = say("sheet.plot", measure=name, values=say.language.join([f"{s.value:g}" for s in mine]))
        ends = (mine[0].day.isoformat(), mine[-1].day.isoformat())
        parts.append(plot(name, "", about, [Dot(s.day.toordinal(), s.value) for s in mine], ends, digits=0))
        parts += [Prose(line) for line in _correlations(course, name, say)]
    if parts:
        yield Card(say("sheet.typed"), parts, say("sheet.typed_lead"), half=True)


def _correlations(course: Course, score: str, say: Wording) -> Iterator[str]:
    mine = [c for c in course.correlations if c.score == score]
    known = sorted((c for c in mine if c.r is not None), key=lambda c: -abs(c.r or 0.0))
    for c in known[:_CORRELATIONS]:
        values = {"r": f"{c.r:.2f}", "low": f"{c.low:.2f}", "high": f"{c.high:.2f}", "n": c.pairs, "days": NEAR}
        yield say("sheet.correlation", score=score, measure=called(c.measure, say), **values)
    if not known:
        yield say(
            "sheet.no_pairs", score=score, days=NEAR, n=max((c.pairs for c in mine), default=0), least=LEAST_PAIRS
        )


def _all(course: Course, say: Wording) -> Grid:
    names = [name for name in _MEASURES if any(name in s.values for s in course.sessions)]
    head = (say("sheet.measure"), *(s.day.isoformat() for s in course.sessions))
    rows = tuple(
        (
            say.with_unit(called(name, say), _MEASURES[name].unit),
            *(shown(name, s.values[name].value) if name in s.values else "" for s in course.sessions),
        )
        for name in names
    )
    return Grid(head, rows)


def _definitions(say: Wording) -> Iterator[tuple[str, str]]:
    for state in ("speaking", "listening"):
        yield say(f"sheet.while_{state}"), say(f"definitions.{state}")
    for name in _MEASURES:
        if "." not in name:
            yield called(name, say), say(f"definitions.{name}")
