"""Every notice that work gives has a sentence in every language, and no catalogue has one that nobody gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.report.language import Language, languages
from mien.report.sentences import sentence

from ..conftest import ROOT

MODULES = sorted((ROOT / "src" / "mien").rglob("*.py"))


def codes(path: Path) -> Iterator[str]:
    """The codes of the notices that a module makes: every text in the first argument of ``Notice``, or in what it names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Notice" and node.args:
            code = node.args[0]
            code = named.get(code.id, code) if isinstance(code, ast.Name) else code
            branches = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            yield from (b.value for b in branches if isinstance(b, ast.Constant) and isinstance(b.value, str))


def test_every_notice_has_a_sentence_and_every_sentence_a_notice() -> None:
    given = {code for path in MODULES for code in codes(path)}
    assert {"clip_unread", "clips_unread", "column_missing", "evaluated_as_split"} <= given
    for name in languages():
        assert set(Language(name).table["notices"]) == given, name


def test_values_stand_in_the_sentence_and_keep_their_braces() -> None:
    about = {"set": "films", "split": "train", "id": "films/{0}", "modality": "face", "why": "no file '{x}'"}
    notice = Notice("clips_unread", {**about, "more": 1200})
    assert sentence(notice) == "films train: skipped films/{0} and 1,200 more: no face: no file '{x}'"
    assert sentence(notice, "zh") == "films train：跳过 films/{0} 等，另有 1,200 个：缺 face：no file '{x}'"


def test_a_notice_of_a_plugin_is_its_code_and_values() -> None:
    assert sentence(Notice("too_loud", {"db": 120})) == "too_loud: db 120"
    assert sentence(Notice("too_loud")) == "too_loud"


def test_a_language_that_there_is_not_is_named() -> None:
    with pytest.raises(InputError, match="zhs"):
        sentence(Notice("too_loud"), "zhs")
