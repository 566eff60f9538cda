"""What a consent allows on which day, and what a table of consents may say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mien.consent.consent import Consent
from mien.consent.table import Consents, read_consents
from mien.errors import InputError

DAY = date(2027, 5, 1)


def test_withdrawal_counts_more_than_the_end_and_the_scope() -> None:
    given = Consent("anna", frozenset({"label", "train"}), until=DAY, withdrawn=date(2027, 4, 30))
    assert given.allows("train", date(2027, 4, 29)) == (True, "granted")
    assert given.allows("train", date(2027, 4, 30)) == (False, "withdrawn")
    open_ended = Consent("anna", frozenset({"label"}), until=DAY)
    assert open_ended.allows("label", DAY).allowed
    assert open_ended.allows("label", date(2027, 5, 2)).reason == "expired"
    assert open_ended.allows("share", DAY).reason == "not_in_scope"


def read(tmp_path: Path, content: str) -> Consents:
    path = tmp_path / "consent.csv"
    path.write_text(content, encoding="utf-8")
    return read_consents(path)


def test_rows_fit_recordings_and_people_in_them(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "person,scope,until,reference,recordings,who,licence\n"
        "anna,label|train,2027-12-31,form 12,talks/*.mp4|anna_*.wav,,\n"
        "ben,label,,,talks/two.mp4,person-2,\n"
        ",,,,public/*,,CC-BY-4.0\n",
    )
    anna, both = found.of("talks/one.mp4", "person-1"), found.of("talks/two.mp4", "person-2")
    assert anna is not None
    assert both is not None
    assert anna.consent is not None
    assert both.consent is not None
    assert (anna.consent.person, anna.consent.until, anna.consent.reference) == ("anna", date(2027, 12, 31), "form 12")
    assert both.consent.person == "ben"
    assert found.of("other/anna_3.wav", None) is not None
    assert found.of("other/anne_3.wav", None) is None
    public = found.of("public/x.wav", "voice-1")
    assert public is not None
    assert public.consent is None
    assert public.licence == "CC-BY-4.0"
    assert found.of_person("ben") is not None
    assert found.of_person("carl") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("person,scop\nanna,train\n", "did you mean 'scope'"),
        ("scope\ntrain\n", "no column 'person'"),
        ("person,scope\nanna,trian\n", "row 2 .*'trian' is no purpose; did you mean 'train'"),
        ("person,scope\nanna,\n", "row 2 .*'scope' is empty"),
        ("person,scope\n,train\n", "names no person"),
        ("person,scope,until\nanna,train,31.12.2027\n", "'until' is a day such as 2027-12-31, not '31.12.2027'"),
        ("person,scope\nanna,train\nanna,label\n", "two things about 'anna'"),
        ("person,scope\nanna,train,2027\n", "more values"),
        ("person,scope\n", "names nobody"),
        ('person,scope\nanna,"train\n', "no CSV"),
    ],
)
def test_each_mistake_has_one_sentence(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, content)
