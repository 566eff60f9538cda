"""Answers of language models: only what fits the schema is one."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from mien.llms.opinion.answer import NotValidError, Said, Wanted, read, schema_of

WANTED = Wanted(("happy", "sad"), words=True)
GOOD = {"label": "sad", "words": ["Blue", "blue", "down "], "because": ["face", "text"], "reason": "A tear."}


def test_a_valid_answer() -> None:
    assert read(json.dumps(GOOD), WANTED) == Said("sad", ("blue", "down"), ("text", "face"), "A tear.")
    jsonschema.validate(GOOD, schema_of(WANTED))
    assert read('{"label": "happy"}', Wanted(("happy",), reason=False)) == Said("happy")


@pytest.mark.parametrize(
    "around", ["\n {} \n", "```json\n{}\n```", "```\n{}\n```", '<think>It could be {{"label"}}.</think>\n{}']
)
def test_white_space_fences_and_thoughts_may_stand_around_it(around: str) -> None:
    text = around.replace("{{", "{").replace("}}", "}").replace("{}", json.dumps(GOOD), 1)
    assert read(text, WANTED).label == "sad"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The person is sad.", "no_json"),
        ("", "no_json"),
        ("[" * 100_000, "no_json"),
        ('Sure! {"label": "sad"}', "no_json"),
        ("[]", "no_object"),
        ('{"label": "sad"}', "other_keys"),
    ],
)
def test_other_answers_are_not_valid(text: str, code: str) -> None:
    with pytest.raises(NotValidError) as caught:
        read(text, WANTED)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label": "angry"}, "other_label"),
        ({"label": ["sad"]}, "other_label"),
        ({"tool": "mail"}, "other_keys"),
        ({"words": "blue"}, "other_words"),
        ({"words": [1]}, "other_words"),
        ({"words": ["w"] * 9}, "other_words"),
        ({"words": ["w" * 41]}, "long_words"),
        ({"because": ["gesture"]}, "other_because"),
        ({"because": "text"}, "other_because"),
        ({"reason": None}, "other_reason"),
    ],
)
def test_each_field_is_checked(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(NotValidError) as caught:
        read(json.dumps({**GOOD, **changes}), WANTED)
    assert caught.value.code == code


def test_a_claim_is_on_one_line_without_escapes_and_not_endless() -> None:
    claim = read(json.dumps({**GOOD, "reason": "a\x1b[31m\nb" + "c" * 900}), WANTED).claim
    assert len(claim) == 400
    assert claim.isprintable()
