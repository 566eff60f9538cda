"""The measures as Observations of HL7 FHIR R4 (4.0.1), in a Bundle of the kind "collection".

The codes are mien's own, because no terminology has them; units are those of UCUM. An Observation says by which method it
came about,
how wide its interval is, what is expected of this person, and what it must not be used for. The subject is the pseudonym.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mien import __version__
from mien.scenarios.change.reliable import Change
from mien.scenarios.measures.defined import defined
from mien.scenarios.measures.measures import VERSION, Measure, Value
from mien.scenarios.medicine.course import Course
from mien.scenarios.medicine.page import called
from mien.scenarios.store.kept import Score, Session
from mien.scenarios.wording import Wording

CODES = f"urn:mien:measures:{VERSION}"
_UCUM: Mapping[str, tuple[str, str]] = {
    "share": ("1", "1"),
    "axis": ("1", "1"),
    "per_second": ("1/s", "/s"),
    "per_minute": ("1/min", "/min"),
    "per_hundred": ("%", "%"),
    "seconds": ("s", "s"),
    "semitones": ("semitones", "{semitone}"),
    "decibels": ("dB", "dB"),
}
"""{unit: (as people write it, its code in UCUM)}."""


def observations(course: Course, lang: str = "en") -> str:
    """The Bundle as JSON."""
    say = Wording(lang)
    measures = {m.name: m for m in defined()}
    entries = [
        {"resource": _observation(course, session, measures[name], value, changes.get(name), say)}
        for session, changes in zip(course.sessions, course.changes, strict=True)
        for name, value in session.values.items()
        if name in measures
    ]
    entries += [{"resource": _typed(course, score, say)} for score in course.scores]
    return (
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1, ensure_ascii=False)
        + "\n"
    )


def _observation(
    course: Course, session: Session, measure: Measure, value: Value, change: Change | None, say: Wording
) -> dict[str, Any]:
    name = called(measure.name, say)
    found = _start(course, session.day.isoformat(), CODES, measure.name, name, say)
    found["device"] = {"display": f"mien {__version__}, {session.bundle}"}
    found["method"] = {"text": say(f"definitions.{measure.name.partition('.')[0]}")}
    found["valueQuantity"] = _quantity(measure, value.value)
    if change is not None:
        expected = {"low": _quantity(measure, change.low), "high": _quantity(measure, change.high)}
        found["referenceRange"] = [{**expected, "text": say("fhir.expected", n=course.baseline)}]
        found["note"].insert(0, {"text": say("fhir.change") if change.changed else say("fhir.noise")})
    bounds = (("interval_low", value.low), ("interval_high", value.high))
    parts = [(f"{key}", _quantity(measure, bound)) for key, bound in bounds if bound is not None]
    parts.append(
        (
            "usable_seconds",
            {"value": round(value.seconds, 2), "unit": "s", "system": "http://unitsofmeasure.org", "code": "s"},
        )
    )
    found["component"] = [
        {"code": _code(CODES, key, say(f"fhir.{key}")), "valueQuantity": quantity} for key, quantity in parts
    ]
    return found


def _typed(course: Course, score: Score, say: Wording) -> dict[str, Any]:
    found = _start(course, score.day.isoformat(), "urn:mien:typed", score.name, score.name, say)
    found["method"] = {"text": say("sheet.typed")}
    found["valueQuantity"] = {"value": score.value}
    return found


def _start(course: Course, day: str, system: str, code: str, name: str, say: Wording) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _code(system, code, name),
        "subject": {"identifier": {"system": "urn:mien:pseudonym", "value": course.person}},
        "effectiveDateTime": day,
        "note": [{"text": f"{say('never.title')}: {' '.join(say.limits('session'))}"}],
    }


def _code(system: str, code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": name}], "text": name}


def _quantity(measure: Measure, value: float) -> dict[str, Any]:
    unit, code = _UCUM[measure.unit]
    return {"value": round(value, 6), "unit": unit, "system": "http://unitsofmeasure.org", "code": code}
