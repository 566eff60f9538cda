"""Every combination of scenario, purpose, place and law has a decision; those that the law names are as the law says."""

from __future__ import annotations

import re
from datetime import date
from itertools import product

import pytest

from mien.errors import InputError
from mien.scenarios.gate.decide import SCENARIOS, Use, decide
from mien.scenarios.gate.notice import Responsible, notice, stated, told
from mien.scenarios.gate.rules import GROUNDS, JURISDICTIONS, PLACES, PURPOSES, shipped
from mien.scenarios.wording import Wording, catalogue
from mien.types import Modality

NOW = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("use", "verdict", "first"),
    [
        (Use("session", "clinical"), "duties", "eu_ai_act_50_3"),
        (Use("session", "research", place="work"), "refuse", "eu_ai_act_5_1_f"),
        (Use("session", "clinical", place="work"), "duties", "eu_ai_act_50_3"),
        (Use("session", "safety", place="education"), "duties", "eu_ai_act_50_3"),
        (Use("session", "monitoring"), "refuse", "eu_ai_act_5_1_f"),
        (Use("session", "monitoring", place="private"), "refuse", "eu_ai_act_5_1_f"),
        (Use("session", "monitoring", modalities=("text",)), "duties", "mien_consent"),
        (Use("lecture", "own-recordings"), "duties", "eu_ai_act_50_3"),
        (Use("lecture", "teaching"), "refuse", "eu_ai_act_5_1_f"),
        (Use("class", "teaching"), "refuse", "eu_ai_act_5_1_f"),
        (Use("class", "entertainment"), "refuse", "eu_ai_act_5_1_f"),
        (Use("class", "research"), "refuse", "eu_ai_act_5_1_f"),
        (Use("class", "research", ground="sole-research"), "duties", "eu_ai_act_2_6"),
        (Use("session", "research", place="education", ground="sole-research"), "refuse", "eu_ai_act_5_1_f"),
        (Use("class", "research", "CN"), "duties", "cn_pipl_28_29"),
        (Use("session", "clinical", "US-IL"), "duties", "us_il_bipa_15"),
        (Use("session", "own-recordings", "US-IL"), "allow", None),
        (Use("turns", "assistance", "CN"), "duties", "cn_pipl_28_29"),
        (Use("session", "hiring", "other"), "refuse", "mien_no_decisions"),
    ],
    ids=lambda value: "-".join(map(str, vars(value).values())) if isinstance(value, Use) else str(value),
)
def test_decisions(use: Use, verdict: str, first: str | None) -> None:
    decision = decide(use, NOW)
    assert decision.verdict == verdict
    assert (decision.rules[0].id if decision.rules else None) == first


def test_rules_count_from_their_day() -> None:
    use = Use("session", "clinical")
    before, now, later = (decide(use, day) for day in (date(2026, 8, 1), NOW, date(2027, 12, 2)))
    assert "eu_ai_act_50_3" in {r.id for r in before.coming}
    assert "eu_ai_act_50_3" in {r.id for r in now.rules}
    assert [r.id for r in now.coming] == ["eu_ai_act_annex_iii_1_c"]
    assert not later.coming
    assert {"oversight", "logs", "impact"} <= set(later.needs)


def test_a_refusal_says_why_and_what_would_be_allowed() -> None:
    with pytest.raises(InputError, match=r"Art\. 5\(1\)\(f\), in force since 2025-02-02\] Allowed would be: a medical"):
        decide(Use("class", "teaching"), NOW).check()
    with pytest.raises(InputError, match="--ground sole-research"):
        decide(Use("class", "research"), NOW).check()
    decide(Use("class", "research", ground="sole-research"), NOW).check()


def test_a_ground_is_stated_by_the_user_and_said_wherever_the_use_is() -> None:
    decision = decide(Use("class", "research", ground="sole-research"), NOW)
    assert {"consent", "notice", "ethics", "sole_research"} <= set(decision.needs)
    for lang in ("en", "zh"):
        say = Wording(lang)
        (line,) = stated(decision, say)
        assert say("grounds.sole-research") in line
        assert line in told(decision, lang)
        assert line in notice(decision, Responsible(), lang=lang)
    assert not list(stated(decide(Use("class", "research", "CN"), NOW), Wording("en")))
    with pytest.raises(InputError, match="goes with --purpose research"):
        Use("class", "teaching", ground="sole-research")
    with pytest.raises(InputError, match="--ground cannot be"):
        Use("class", "research", ground="because")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_decision_has_words(lang: str) -> None:
    for scenario, purpose, law, place in product(SCENARIOS, PURPOSES, JURISDICTIONS, ("", *PLACES)):
        text = told(decide(Use(scenario, purpose, law, place=place), NOW), lang)
        assert shipped().version in text
        assert "{" not in text


@pytest.mark.parametrize(
    "wrong", [("session", "curiosity", "EU"), ("session", "clinical", "Mars"), ("party", "research", "EU")]
)
def test_unknown_names_are_refused(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(InputError, match="cannot be"):
        Use(*wrong)


def test_rules_say_where_they_were_read_and_know_only_known_names() -> None:
    duties = set(catalogue("en")["duties"])
    for rule in shipped().rules:
        assert rule.read, rule.id
        assert set(rule.jurisdictions) <= {*JURISDICTIONS, "*"}
        assert set(rule.purposes) <= set(PURPOSES)
        assert set(rule.places) <= set(PLACES)
        assert {u.rpartition("/")[2] for u in rule.unless} <= {*PURPOSES, *GROUNDS}
        assert set(rule.needs) <= duties
        assert rule.effect != "refuse" or all(rule.instead.values()), "a refusal says what would be allowed"
        if "EU" in rule.jurisdictions:
            assert re.search("(was|were) not read here", rule.read), "the Official Journal was not at hand"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_notice_says_what_why_how_long_and_what_never(scenario: str, lang: str) -> None:
    read: tuple[Modality, ...] = ("voice",)
    decision = decide(Use(scenario, "research", "CN", read), NOW)
    text = notice(decision, Responsible("Dr. Lin"), date(2027, 5, 1), lang)
    say = Wording(lang)
    for part in ("Dr. Lin", "2027-05-01", say("purposes.research"), say("notice.gap"), say.language.modality("voice")):
        assert part in text
    assert say.language.modality("face") not in text.partition(say("notice.never"))[0]
    assert all(line in text for line in say.limits(scenario))


def test_a_refused_use_has_no_notice() -> None:
    with pytest.raises(InputError, match="refused"):
        notice(decide(Use("class", "teaching"), NOW), Responsible())
