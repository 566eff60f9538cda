"""A talk: its measures, its moments, what earlier talks add, and what it must not be used for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.scenarios.education.lecture import Lecture, lecture
from mien.scenarios.education.talk_page import as_json, earlier, page, told
from mien.scenarios.measures.observed import Note, Recording, Voiced
from mien.scenarios.wording import Wording

from ..made import said, timeline

DAY = date(2026, 11, 30)
WORDS = "so today we look at how it works"


def recording(pitch: list[float], words: str = WORDS) -> Recording:
    """A talk with a moment of six seconds for each deviation of the pitch."""
    spans = [(7.0 * k, 7.0 * k + 6) for k in range(len(pitch))]
    moments = [said(a, b, "person-1", "happy" if k == 2 else "neutral", words) for k, (a, b) in enumerate(spans)]
    notes = tuple(
        Note((0.4,) * k, Voiced((100.0, 0.0, 100 * d * d), (100.0, 0.0, 400.0)), (10 - k, 10))
        for k, d in enumerate(pitch)
    )
    return Recording(timeline(*moments), notes)


def talk(pitch: list[float] | None = None, **options: object) -> Lecture:
    return lecture(recording(pitch or [1.0, 3.0, 2.0, 1.2, 2.5, 4.0]), DAY, **options)  # type: ignore[arg-type]  # options


def test_measures_of_the_whole_talk() -> None:
    values = talk().kept.values
    assert values["liveliness"].value == pytest.approx((1 + 3 + 2 + 1.2 + 2.5 + 4) / 6)
    assert values["monotony"].value == pytest.approx(2 / 6), "1.0 and 1.2 are below 1.5"
    assert values["speech_rate"].value == pytest.approx(80.0)
    assert values["facing"].value == pytest.approx(45 / 60)
    assert values["liveliness"].low is not None


def test_moments_worth_seeing_again() -> None:
    found = {h.reason: (h.span.start, round(h.value, 2), h.label) for h in talk().highlights}
    assert found["liveliest"] == (35.0, 4.0, "")
    assert found["most_monotone"] == (0.0, 1.0, "")
    assert found["turned_away"] == (35.0, 0.5, "")
    assert found["clearest"] == (14.0, 0.7, "happy")
    assert "fastest" not in found, "all are equally fast"


def test_minutes_hold_what_lies_in_them() -> None:
    found = talk([1.0] * 11 + [3.0] * 7)
    assert len(found.minutes) == 3
    first, second, third = (m["liveliness"].value for m in found.minutes)
    assert first < second < third == 3.0


def test_earlier_talks_are_compared_and_only_one_s_own_numbers_are_kept(tmp_path: Path) -> None:
    files = []
    for k in range(4):
        files.append(tmp_path / f"{k}.json")
        files[-1].write_text(as_json(replace(talk([2.0 + 0.1 * k, 2.2, 2.4, 2.1, 2.3, 2.2]))), encoding="utf-8")
    before = [earlier(f) for f in files]
    assert before[0].values.keys() >= {"liveliness", "speech_rate"}
    assert WORDS not in files[0].read_text()
    assert "liveliness is higher" in "\n".join(told(talk([9.0] * 6, earlier=before), Wording("en"))).lower()
    assert "No measure differs" in "\n".join(told(talk([2.2, 2.1, 2.4, 2.1, 2.3, 2.3], earlier=before), Wording("en")))
    assert "at least 3 are needed" in "\n".join(told(talk(earlier=before[:2]), Wording("en")))


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"schema": "mien.lecture/1", "day": "x"}', '{"schema": "mien.class/1"}']
)
def test_a_file_that_is_no_talk_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text(content)
    with pytest.raises(InputError, match=r"is no talk|holds no table"):
        earlier(file)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_output_says_what_it_must_not_be_used_for(lang: str) -> None:
    pytest.importorskip("jinja2", reason="needs 'mien[report]'")
    found, say = talk(), Wording(lang)
    for text in (page(found, lang).replace("&#39;", "'"), as_json(found, lang), "\n".join(told(found, say))):
        assert all(line in text for line in say.limits("lecture"))
    assert json.loads(as_json(found, lang))["day"] == DAY.isoformat()


def test_nobody_to_measure_is_told() -> None:
    with pytest.raises(InputError, match="nobody called 'person-9'"):
        lecture(recording([1.0]), DAY - timedelta(1), "person-9")
