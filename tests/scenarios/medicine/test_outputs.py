"""The summary, the table and the Observations: what they say, and what they must never say."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.scenarios.medicine.course import Course, course
from mien.scenarios.medicine.fhir import observations
from mien.scenarios.medicine.page import page, summary
from mien.scenarios.medicine.table import table
from mien.scenarios.store.kept import Score
from mien.scenarios.wording import Wording
from tests.report.browser import launched, opened

from ..made import VALUES, session

DAY = date(2026, 9, 1)
MAKERS = {"html": page, "csv": table, "fhir": observations}
DIAGNOSES = re.compile(
    r"(?i)diagnos|depress|disorder|symptom|\bpatient|anxi|autis|schizo|bipolar|\bptsd|parkinson|dementia|affect\b"
    r"|诊断|抑郁|障碍|症状|患者|焦虑|自闭|孤独症|精神|双相|帕金森|痴呆"
)

BEYOND_ITS_CARD = """[...document.querySelectorAll('.card:not(.screen)')].flatMap(card => [...card.querySelectorAll('th, td')]
    .filter(cell => cell.getBoundingClientRect().right > card.getBoundingClientRect().right + 1).map(cell => cell.innerText))"""
"""Cells of tables that reach beyond the card that they are in."""


def made(last: dict[str, float], weeks: int = 8, scores: bool = True) -> Course:
    rng = random.Random(1)
    days = [DAY + timedelta(7 * k) for k in range(weeks)]
    kept = [session(day, {n: v * (1 + rng.gauss(0, 0.05)) for n, v in VALUES.items()}) for day in days]
    typed = [Score(day + timedelta(1), "PHQ-9", float(12 - k)) for k, day in enumerate(days)] if scores else []
    return course("p017", "clinical", [*kept, session(DAY + timedelta(7 * weeks), last)], typed)


def test_a_change_is_named_and_noise_is_not() -> None:
    lines = list(summary(made({"speech_rate": 70.0}), Wording("en")))
    assert [line for line in lines if "than in this person's own" in line] == [
        "Speech rate is lower than in this person's own earlier recordings: 70 (expected 122 to 161)."
    ]
    assert any("at most about one" in line for line in lines)
    assert any(line.startswith("No watched measure differs") for line in summary(made({}), Wording("en")))


def test_few_recordings_are_not_compared() -> None:
    found = course("p017", "clinical", [session(DAY), session(DAY + timedelta(7))])
    assert any("Too few earlier recordings" in line for line in summary(found, Wording("en")))
    with pytest.raises(InputError, match="no recording of 'p017'"):
        course("p017", "clinical", [])
    with pytest.raises(InputError, match="leaves nothing to compare"):
        course("p017", "clinical", [session(DAY)], baseline=1)


def test_recordings_of_another_bundle_are_left_out_and_told() -> None:
    other = session(DAY)
    found = course("p017", "clinical", [type(other)(**{**vars(other), "bundle": "mine 00"}), *made({}).sessions])
    assert found.left_out == 1
    assert any(line.startswith("1 recordings were read by other") for line in summary(found, Wording("en")))


def test_typed_in_scores_go_with_the_nearest_recording() -> None:
    found = {(c.score, c.measure): c for c in made({}).correlations}
    assert all(c.pairs == 8 and c.r is not None and c.low is not None and c.low < c.r for c in found.values())
    rising = [session(DAY + timedelta(7 * k), {"valence": 0.1 * k}) for k in range(6)]
    falling = [Score(DAY + timedelta(7 * k), "GAD-7", 20.0 - k) for k in range(6)]
    (valence,) = (c for c in course("p", "clinical", rising, falling).correlations if c.measure == "valence")
    assert valence.r == pytest.approx(-1.0)
    far = [Score(DAY - timedelta(30), "GAD-7", 1.0)]
    assert all(c.r is None and c.pairs == 0 for c in course("p", "clinical", rising, far).correlations)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("maker", MAKERS)
def test_every_output_says_what_it_must_not_be_used_for_and_names_no_illness(maker: str, lang: str) -> None:
    for found in (made({"speech_rate": 70.0}), made({}, weeks=2, scores=False)):
        text = MAKERS[maker](found, lang)
        plain = text.replace("&#39;", "'")
        for line in Wording(lang).limits("session"):
            assert line in plain
            plain = plain.replace(line, "")
        assert DIAGNOSES.findall(re.sub(r"<style>.*?</style>", "", plain, flags=re.S)) == []


def test_the_table_has_a_row_for_each_value() -> None:
    found = made({"speech_rate": 70.0})
    lines = [line for line in table(found).splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(rows) == 9 * len(VALUES) + 8
    (marked,) = (row for row in rows if row["more_than_noise"] == "true")
    assert (marked["measure"], marked["value"], marked["baseline"]) == ("speech_rate", "70", "false")
    assert {row["unit"] for row in rows if row["measure"] == "PHQ-9"} == {"typed"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_observations_are_those_of_fhir(lang: str) -> None:
    pytest.importorskip("fhir.resources", reason="needs fhir.resources: pip install '.[dev]'")
    from fhir.resources.R4B.bundle import Bundle

    text = observations(made({"speech_rate": 70.0}), lang)
    bundle = Bundle.model_validate_json(text)
    assert len(bundle.entry or []) == 9 * len(VALUES) + 8
    resources = [entry["resource"] for entry in json.loads(text)["entry"]]
    assert {r["subject"]["identifier"]["value"] for r in resources} == {"p017"}
    last = [r for r in resources if r["code"]["coding"][0]["code"] == "speech_rate"][-1]
    assert last["valueQuantity"] == {
        "value": 70.0,
        "unit": "1/min",
        "system": "http://unitsofmeasure.org",
        "code": "/min",
    }
    assert last["referenceRange"][0]["low"]["value"] > 70


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_summary_prints_on_one_page_and_needs_no_script(lang: str, tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="needs 'mien[report]'")
    file = tmp_path / "p017.html"
    file.write_text(page(made({"speech_rate": 70.0}), lang), encoding="utf-8")
    with launched() as browser, opened(browser, file, java_script_enabled=False) as shown:
        assert shown.said == []
        assert shown.tab.locator("svg[role=img]").count() == 10
        assert shown.tab.locator("rect.mark").count() == 1
        assert len(re.findall(rb"/Type /Page\b(?!s)", shown.tab.pdf(prefer_css_page_size=True))) == 1
        shown.tab.emulate_media(media="print")
        shown.tab.set_viewport_size({"width": 718, "height": 1047})  # A4 less its margins, at 96 pixels an inch
        assert shown.tab.evaluate(BEYOND_ITS_CARD) == [], "paper does not scroll"
        shown.tab.emulate_media(media="screen")
        shown.tab.set_viewport_size({"width": 360, "height": 740})
        assert shown.tab.locator("body").bounding_box()["width"] <= 360
    assert len(file.read_bytes()) < 100_000
