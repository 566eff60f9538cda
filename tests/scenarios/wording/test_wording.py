"""The catalogues of scenarios are complete in every language."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from mien.errors import InputError
from mien.scenarios.gate.decide import SCENARIOS
from mien.scenarios.wording import Wording, catalogue
from tests.conftest import ROOT

CLI = ("sessions.py", "scenarios.py")


def sentences(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from sentences(value, f"{above}{key}.")
        else:
            yield from (
                ((f"{above}{key}.{n}", v) for n, v in enumerate(value))
                if isinstance(value, list)
                else [(above + key, value)]
            )


def places(sentence: str) -> set[str]:
    return {name.partition(":")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_languages_have_the_same_sentences_with_the_same_places() -> None:
    english, chinese = (dict(sentences(dict(catalogue(name)))) for name in ("en", "zh"))
    assert english.keys() == chinese.keys()
    assert {k: places(v) for k, v in english.items()} == {k: places(v) for k, v in chinese.items()}
    with pytest.raises(InputError):
        Wording("xx")


def test_every_sentence_is_said_and_every_one_that_is_said_exists() -> None:
    files = [*ROOT.glob("src/mien/scenarios/**/*.py"), *(ROOT / "src/mien/cli/uses" / f for f in CLI)]
    code = "\n".join(p.read_text(encoding="utf-8") for p in files)
    known = dict(sentences(dict(catalogue("en"))))
    for key in re.findall(r"say\(\s*\"(\w+\.\w+)\"", code):
        assert key in known, key
    built = (
        *("scenarios.", "places.", "purposes.", "duties.", "never.", "gate.", "measures.", "units.", "definitions."),
        *("minutes.", "again.", "grounds.", "fhir.interval_", "sheet.while_"),
    )
    for key in known:
        last = key.rpartition(".")[2]
        assert key.startswith(built) or re.search(rf"[\"'](?:{re.escape(key)}|{last})[\"']", code), f"nobody says {key}"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_scenario_says_what_it_must_not_be_used_for(lang: str) -> None:
    assert all(len(Wording(lang).limits(scenario)) >= 5 for scenario in SCENARIOS)


def test_nothing_says_what_anybody_has_inside() -> None:
    for name in ("en", "zh"):
        assert (
            re.findall(
                r"(?i)\bfeel(?:s|ing|ings)?\b|\bfelt\b", " ".join(v for _, v in sentences(dict(catalogue(name))))
            )
            == []
        )
