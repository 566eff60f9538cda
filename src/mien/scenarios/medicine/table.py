"""All measures of all recordings as a CSV table: a row for each recording and measure."""

from __future__ import annotations

import csv
import io

from mien.scenarios.measures.defined import defined
from mien.scenarios.medicine.course import Course
from mien.scenarios.wording import Wording

COLUMNS = (
    "person", "day", "baseline", "measure", "unit", "value", "low", "high", "moments", "seconds", "expected_low",
    "expected_high", "p", "p_adjusted", "more_than_noise",
)  # fmt: skip


def table(course: Course, lang: str = "en") -> str:
    """The table. Its first lines begin with "#" and say what it must not be used for.

    ``expected_low`` to ``p_adjusted`` are empty where there is no comparison. Typed-in scores have a row, too, with their
    name as the measure and "typed" as the unit.
    """
    say, out = Wording(lang), io.StringIO()
    units = {m.name: m.unit for m in defined()}
    out.write(f"# {say('never.title')}\n")
    out.writelines(f"# - {line}\n" for line in say.limits("session"))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for n, (session, changes) in enumerate(zip(course.sessions, course.changes, strict=True)):
        for name, v in session.values.items():
            c = changes.get(name)
            compared = (None,) * 4 + ("",) if c is None else (c.low, c.high, c.p, c.adjusted, str(c.changed).lower())
            head = (course.person, session.day.isoformat(), str(n < course.baseline).lower(), name, units.get(name, ""))
            cells = (v.value, v.low, v.high, v.moments, round(v.seconds, 2), *compared)
            writer.writerow([*head, *(_cell(cell) for cell in cells)])
    for score in course.scores:
        writer.writerow([course.person, score.day.isoformat(), "", score.name, "typed", _cell(score.value), *[""] * 9])
    return out.getvalue()


def _cell(value: float | int | str | None) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
