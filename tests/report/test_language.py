"""The catalogues of the report: complete in every language, and numbers said as surely as they are known."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import replace

import pytest

from mien.bundle.bundle import Bundle
from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.events import Notice
from mien.report.clock import clock
from mien.report.exporters.json import as_table
from mien.report.language import Language, languages
from mien.report.page.view import page
from mien.report.sentences import sentence
from mien.timeline import Timeline
from tests.conftest import ROOT

CODE = ROOT / "src" / "mien"


def sentences(name: str) -> dict[str, str]:
    """{section.key: sentence}; what is translated from English, and the forms of a plural, apart."""
    table = Language(name).table
    sections = {k: v for k, v in table.items() if isinstance(v, dict) and k not in ("notes", "counts", "other")}
    return {f"{section}.{key}": said for section, keys in sections.items() for key, said in keys.items()}


def places(sentence: str) -> set[str]:
    return {name.partition(":")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_languages() -> None:
    assert languages() == ["en", "zh"]
    with pytest.raises(InputError, match=r"no report in the language 'zhs'; did you mean 'zh'\?"):
        Language("zhs")


@pytest.mark.parametrize("name", languages())
def test_no_key_and_no_place_is_missing(name: str) -> None:
    english, other = sentences("en"), sentences(name)
    assert other.keys() == english.keys()
    assert {k: places(v) for k, v in other.items()} == {k: places(v) for k, v in english.items()}
    assert all(v.strip() or k == "story.space" for k, v in other.items())
    assert Language(name).table["counts"].keys() == Language("en").table["counts"].keys()
    assert {"other"} <= set.intersection(*(set(forms) for forms in Language(name).table["counts"].values()))


def test_every_key_is_used_and_every_key_that_is_used_exists() -> None:
    templates = CODE / "report" / "templates"
    served, label = CODE / "server" / "templates", CODE / "server" / "label" / "templates"
    rooms = (
        "report",
        "report/page",
        "report/studies",
        "report/terminal",
        "cli",
        "server",
        "server/routes",
        "server/live",
        "server/label",
    )
    folders = [CODE / room for room in rooms]
    files = [
        *(f for t in (templates, served, label) for f in (*t.glob("*.html"), *t.glob("*.js"))),
        *(p for f in folders for p in f.glob("*.py")),
    ]
    code = "\n".join(p.read_text(encoding="utf-8") for p in files)
    known = sentences("en")
    built = (
        "labels.",
        "modalities.",
        "quality.",
        "measures.",
        "technical.",
        "limits.",
        "media.",
        "reasons.",
        "notices.",
        "stages.",
        "llm.",
        "left_out.",
        "advice.",
        "drawn.",
        "set_page.",
        "study.",
    )
    for key in known:
        last = key.rpartition(".")[2]
        if not key.startswith(built):
            assert re.search(rf"[\"'](?:{re.escape(key)}|{last})[\"']", code), f"nobody says {key}"
    for key in re.findall(r"say\([\"']((?:\w+)\.(?:\w+))[\"']", code):
        assert key in known
    for key in re.findall(r"say\(\"(\w+)\"", "\n".join(p.read_text(encoding="utf-8") for p in templates.glob("*.js"))):
        assert f"script.{key}" in known or f"numbers.{key}" in known
    for key in re.findall(r"say\(\"(\w+)\"", "\n".join(p.read_text(encoding="utf-8") for p in served.glob("*.js"))):
        assert f"server.{key}" in known
    for key in re.findall(r"say\(\"(\w+)\"", "\n".join(p.read_text(encoding="utf-8") for p in label.glob("*.js"))):
        assert f"label.{key}" in known


@pytest.mark.parametrize("name", languages())
def test_other_tasks_than_emotion_have_sentences_of_their_own(name: str) -> None:
    """All and only those that speak of emotion, and are not about law and limits or the axes of emotion."""
    table, english = Language(name).table, sentences("en")
    instead = {f"{section}.{key}": said for section, keys in table["other"].items() for key, said in keys.items()}
    about = {k for k, v in english.items() if re.search("emotion|expression", v, re.I)}
    assert instead.keys() == about - {"limits.law"}
    assert {k: places(v) for k, v in instead.items()} == {k: places(english[k]) for k in instead}
    other = Language(name, "intent")
    assert other("story.nothing") == instead["story.nothing"] != Language(name)("story.nothing")
    assert other("page.skip") == Language(name)("page.skip")
    assert not re.search("emotion|情绪", " ".join(instead.values()), re.I)


def test_chinese_is_chinese() -> None:
    signs = re.compile(r"[\u4e00-\u9fff、，。；：（“]")
    without = {k for k, v in sentences("zh").items() if not signs.search(v)}
    units = {"measures.confidence", "measures.words", "measures.snr_db", "measures.sharpness"}
    assert without == units | {"story.space", "numbers.nearly"}
    assert all(Language("zh").name_of("labels", k) != k for k in EMOTIONS)


def noticed() -> dict[str, set[str]]:
    """Every notice that mien gives, by its code: the names of its values, as the source says them."""
    found: dict[str, set[str]] = {}
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Notice" and node.args:
                assert isinstance(node.args[0], ast.Constant), "a code stands where the notice is given"
                named = node.args[1].keys if len(node.args) > 1 and isinstance(node.args[1], ast.Dict) else []
                found[str(node.args[0].value)] = {str(k.value) for k in named if isinstance(k, ast.Constant)}
    return found


@pytest.mark.parametrize("name", languages())
def test_every_notice_has_a_sentence_in_every_language(name: str) -> None:
    table = Language(name).table["notices"]
    assert {code: set(re.findall(r"{(\w+)(?::[^}]+)?}", said)) for code, said in table.items()} == noticed()
    assert not any(said.endswith((".", "。")) for said in table.values())


def test_notices_are_said() -> None:
    cut = Notice("cut_short", {"reached": 3.1, "length": 9.0})
    assert sentence(cut) == "the file ends after 3.1 s, though it says that it lasts 9.0 s: its end may be missing"
    assert sentence(cut, "zh") == "文件在 3.1 秒处结束，但它标明时长 9.0 秒：结尾可能缺失"
    assert sentence(Notice("of_a_plugin", {"n": 3, "why": "{x}"}), "zh") == "of_a_plugin: n 3, why {x}"
    assert sentence(Notice("of_a_plugin")) == "of_a_plugin"


def test_notes_of_shipped_bundles_are_translated() -> None:
    chinese = Language("zh")
    for line in [*Bundle.load("research").notes, *Bundle.load("open").notes]:
        translated, known = chinese.note(line)
        assert known, line
        assert translated != line
    assert chinese.note("a plugin said {0}") == ("a plugin said {0}", False)
    assert Language("en").note("anything") == ("anything", True)


@pytest.mark.parametrize(
    ("probability", "english", "chinese"),
    [
        (0.0, "under 5%", "不到 5%"),
        (0.049, "under 5%", "不到 5%"),
        (0.07, "about 5%", "约 5%"),
        (0.68, "about 70%", "约 70%"),
        (0.95, "about 95%", "约 95%"),
        (0.99, "over 95%", "95% 以上"),
    ],
)
def test_probabilities_are_said_as_surely_as_they_are_known(probability: float, english: str, chinese: str) -> None:
    assert Language("en").about(probability) == english
    assert Language("zh").about(probability) == chinese


def test_numbers_times_and_lists() -> None:
    english, chinese = Language("en"), Language("zh")
    assert [english.count("people", n) for n in (0, 1, 2, 1200)] == ["0 people", "1 person", "2 people", "1,200 people"]
    assert [chinese.count("people", n) for n in (1, 2)] == ["1 人", "2 人"]
    assert [english.span_of_time(s) for s in (3.21, 59.9, 61, 3725)] == ["3.2 s", "60 s", "1 min 1 s", "1 h 2 min"]
    assert chinese.span_of_time(61) == "1 分 1 秒"
    assert [clock(s) for s in (0, 9.99, 61.2, 3723)] == ["0:00", "0:09", "1:01", "1:02:03"]
    assert [english.join(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert chinese.join(["a", "b", "c"]) == "a、b和c"
    assert [english.measure("snr_db", 21.4), english.measure("of a plugin", 0.123)] == ["21 dB", "0.12"]


def test_only_miens_own_names_of_people_are_translated() -> None:
    chinese = Language("zh")
    assert [chinese.person(w) for w in ("person-2", "person-x", "Ann", None)] == [
        "人物 2",
        "person-x",
        "Ann",
        "未区分人物",
    ]
    assert chinese.name_of("labels", "sarcastic") == "sarcastic"
    assert chinese("people.person", n="{x}") == "人物 {x}", "what is filled in is not read as a place"


def test_a_bundle_that_is_not_calibrated_says_so_in_each_language() -> None:
    timeline = Timeline("x", 0.0, "mine", "0" * 64, (), None, {}, None, None, notes=("For research.",))
    noticed = replace(timeline, notices=(Notice("uncalibrated"),))
    english, chinese = (sentence(Notice("uncalibrated"), lang) for lang in ("en", "zh"))
    assert english.startswith("Probabilities are not calibrated")
    assert chinese.startswith("概率没有经过校准")
    assert as_table(noticed)["warnings"] == [english]
    assert as_table(noticed)["notes"] == ["For research."], "what the authors say stays apart"
    shown = page(noticed, Language("zh"), None)
    assert (shown.warnings, shown.calibrated) == ([(chinese, True)], False)
    assert page(timeline, Language("zh"), None).calibrated
    assert sentence(Notice("of_a_plugin", {"count": 3})) == "of_a_plugin: count 3"
