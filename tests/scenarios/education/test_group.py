"""A group: right means, no small group, no person in any output, noise of the stated size, and consent of all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from mien.consent.table import Consents, read_consents
from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.scenarios.education.group import check_consents, group
from mien.scenarios.education.group_page import as_json, page, told
from mien.scenarios.gate.decide import Use, decide
from mien.scenarios.wording import Wording
from mien.timeline import Prediction, Timeline

from ..made import said, timeline

DAY = date(2026, 11, 30)


def room(people: int, start: float = 0.0, end: float = 60.0, happy: int = 0) -> list[Prediction]:
    """People in view at once; the first ``happy`` of them look happy."""
    return [
        said(start, end, f"person-{k + 1}", "happy" if k < happy else "neutral", "secret words") for k in range(people)
    ]


def test_means_count_each_visible_person_once_a_minute() -> None:
    found = group(timeline(*room(6, happy=2), *room(6, 60.0, 120.0)))
    assert [m.people for m in found.minutes] == [6, 6]
    assert found.minutes[0].shares is not None
    assert found.minutes[0].shares["happy"] == pytest.approx((2 * 0.7 + 4 * 0.05) / 6, abs=0.005)
    one_twice = [*room(5), said(20, 40, "person-1", "happy")]
    assert group(timeline(*one_twice)).minutes[0].people == 5


def test_small_groups_are_left_out() -> None:
    found = group(timeline(*room(6), *room(4, 60.0, 120.0)))
    assert found.minutes[1].people is None
    assert found.minutes[1].shares is None
    with pytest.raises(InputError, match="could show single people"):
        group(timeline(*room(6)), smallest=4)
    with pytest.raises(InputError, match="no minute shows 5 people"):
        group(timeline(*room(4)))
    with pytest.raises(InputError, match="no minute shows 7"):
        group(timeline(*room(6)), smallest=7)


def test_noise_has_the_stated_size_and_the_result_stays_a_distribution() -> None:
    quiet, epsilon, minutes = timeline(*room(20), *room(20, 60.0, 120.0)), 5.0, 2
    plain = group(quiet).minutes[0].shares
    assert plain is not None
    off = []
    for _ in range(400):
        shares = group(quiet, epsilon=epsilon).minutes[0].shares
        assert shares is not None
        assert sum(shares.values()) == pytest.approx(1.0, abs=0.05)
        assert min(shares.values()) >= 0
        off.append(abs(shares["neutral"] - plain["neutral"]))
    scale = 2 * minutes / (20 * epsilon)
    assert 0.3 * scale < np.mean(off) < 2 * scale, "clipping and scaling to a sum of 1 change it a little"
    assert len({group(quiet, epsilon=epsilon).minutes[0].shares["neutral"] for _ in range(5)}) > 1  # type: ignore[index]  # there


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("inf"), float("nan")])
def test_an_epsilon_that_says_nothing_is_refused(epsilon: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        group(timeline(*room(6)), epsilon=epsilon)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_person_is_in_any_output(lang: str) -> None:
    pytest.importorskip("jinja2", reason="needs 'mien[report]'")
    found = group(replace(timeline(*room(6, happy=1)), portraits={"person-1": b"\xff\xd8jpeg"}))
    say, decision = Wording(lang), decide(Use("class", "research", ground="sole-research"), DAY)
    outputs = [page(found, 6, decision, lang), as_json(found, decision, lang), "\n".join(told(found, say))]
    for text in outputs:
        assert re.findall(r"person-\d|人物|secret|talk\.mp4|jpeg", text) == []
    assert say("grounds.sole-research") in outputs[0]
    for text in outputs[:2]:
        assert all(line in text.replace("&#39;", "'") for line in say.limits("class"))
    (minute,) = json.loads(as_json(found, decision, lang))["minutes"]
    assert minute.keys() == {"minute", "people", "shares"}
    assert minute["shares"].keys() == set(EMOTIONS)


def consents(folder: Path, rows: str) -> Consents:
    file = folder / "class.csv"
    file.write_text(f"person,scope,until,withdrawn\n{rows}", encoding="utf-8")
    return read_consents(file)


def test_everybody_has_agreed(tmp_path: Path) -> None:
    six = "".join(f"p{k},analyze,,\n" for k in range(6))
    seen: Timeline = timeline(*room(6))
    assert check_consents(consents(tmp_path, six), seen, DAY) == 6
    for last, why in (
        ("p6,label,,\n", "not in scope"),
        ("p6,analyze,2026-01-01,\n", "expired"),
        ("p6,analyze,,2026-01-01\n", "withdrawn"),
    ):
        with pytest.raises(InputError, match=f"'p6' has not agreed to this .{why}"):
            check_consents(consents(tmp_path, six + last), seen, DAY)
    with pytest.raises(InputError, match="7 people are in view at once, and 6 have agreed"):
        check_consents(consents(tmp_path, six), timeline(*room(7)), DAY)
