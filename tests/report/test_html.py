"""The HTML report as text: self-contained, and deaf to hostile words. test_page.py opens it in a browser."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.events import Notice
from mien.explanation import Explanation
from mien.report.exporters.html import write_html
from mien.report.page import shell
from mien.report.page.media import EMBED_LIMIT, Media, embedded, referred
from mien.report.page.palette import MODALITY_LOOKS, looks
from mien.timeline import Timeline
from mien.trust.guard import REASONS

from ..conftest import ROOT
from .browser import FACE, SOUND, explained
from .browser import words as said
from .test_exporters import EMPTY, prediction, timeline

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "--><img src=x onerror=alert(1)>",
    "\"' onmouseover=alert(1) x='",
    "<svg/onload=alert(1)>",
    "</title><style>*{display:none}</style>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "{0.__class__}{name}",
    "\u2028alert(1)\u2029\u0000\u202e",
    "</button></li></ol><iframe src=//evil.example>",
    "<a href='https://evil.example'>x</a>",
    "&lt;script&gt;&#60;b&#62;",
    "]]><!DOCTYPE html><base href=//evil.example>",
]
URLS = {"src", "href", "poster", "data", "action", "formaction", "srcset", "background", "cite", "xlink:href"}


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and the text inside each script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.words: list[str] = []
        self._tag = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._tag = tag
        if tag in ("script", "style"):
            self.inside.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag in ("script", "style"):
            self.inside[self._tag][-1] += data
        else:
            self.words.append(data)

    @property
    def data(self) -> Any:
        """The numbers the script reads."""
        at = [i for i, (_, a) in enumerate(e for e in self.elements if e[0] == "script") if a.get("id") == "data"]
        return json.loads(self.inside["script"][at[0]])

    @property
    def policy(self) -> dict[str, list[str]]:
        content = next(a["content"] for t, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")
        rules = [rule.split() for rule in (content or "").split(";")]
        return {rule[0]: rule[1:] for rule in rules}

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and the names of their attributes: what hostile words must not change."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def hostile(words: str) -> Timeline:
    """The words wherever a user's or a stranger's text may come from."""
    said = prediction(text=words, who=words)
    other = replace(prediction(text=words, who="person-2"), quality={"voice": {words: 1.0}})
    noticed = (Notice(words), Notice("no_training_report", {"why": words}))
    return replace(timeline(said, other), source=words, notices=noticed, notes=(words,), bundle=words)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    media = referred(Path("/clips") / (words.replace("/", "_").replace("\0", "") + ".mp4"), Path("/r/x.html"), "video")
    why = [explained(hostile(words).predictions[0], "surprised", said((words, 0.5))), None]
    page = Page(write_html(hostile(words), media=media, explained=why))
    harmless = Page(write_html(hostile("hello"), media=media, explained=why))
    assert page.shape() == harmless.shape()
    assert page.inside["style"] == harmless.inside["style"]
    assert page.inside["script"][1:] == harmless.inside["script"][1:], "only the data differ"
    assert page.data["moments"][0]["ev"]["text"] == [[words, 500]]
    assert page.data["people"] == [words, "Person 2"]
    raw = page.inside["script"][0]
    assert not re.search("[<>&'\u2028\u2029]", raw), "no sign that ends a script, in any kind of parser"
    assert any(words.replace("\0", "") in said.replace("\0", "").replace("\ufffd", "") for said in page.words)


def test_a_label_of_a_bundle_is_a_users_text_too() -> None:
    words = "<b>x</b>"
    odd = replace(prediction(), label=words, scores={words: 0.8, "happy": 0.2}, opinions={"text": {words: 1.0}})
    page = Page(write_html(replace(timeline(odd), label=words, scores=odd.scores)))
    assert not [tag for tag, _ in page.elements if tag == "b"]
    assert [label["name"] for label in page.data["labels"]] == [words, "happy"]
    assert page.data["labels"][0]["colour"].startswith("#")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("what", [timeline(prediction()), EMPTY], ids=["full", "empty"])
def test_it_loads_nothing_from_elsewhere(what: Timeline, lang: str) -> None:
    page = Page(write_html(what, lang=lang))
    for tag, attributes in page.elements:
        assert tag not in {"link", "base", "iframe", "object", "embed", "form"}
        assert not [a for a in attributes if a.startswith("on") or a == "style"]
        for name in URLS & attributes.keys():
            assert (attributes[name] or "").startswith(("#", "data:image/jpeg;base64,")), (tag, attributes)
    assert not re.search(r"url\(|@import|https?:", "".join(page.inside["style"]))
    ours = page.inside["script"][-1]
    assert re.findall(r"https?://[^\"\s]+", ours) == ["http://www.w3.org/2000/svg"], (
        "the name of SVG, which is no address"
    )
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|XMLHttp|new Function", ours)


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_its_own_scripts_and_nothing_else() -> None:
    page = Page(write_html(timeline(prediction())))
    policy = page.policy
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["media-src"] == ["'none'"]
    assert policy["script-src"] == [digest(code) for code in page.inside["script"][1:]]
    assert set(policy["style-src"]) == {digest(page.inside["style"][0]), digest("")}
    assert page.inside["style"][1:] == [], "Plotly alone would want more"
    assert policy["img-src"] == ["data:"]
    with_clip = Page(write_html(timeline(prediction()), media=Media("video", "./a.mp4"))).policy
    assert with_clip["media-src"] == ["'self'", "file:"]
    assert Page(write_html(timeline(prediction()), media=Media("video", content="AA=="))).policy["media-src"] == [
        "blob:"
    ]
    names = [a.get("http-equiv") or a.get("charset") for t, a in page.elements if t == "meta"]
    assert names[:2] == ["utf-8", "Content-Security-Policy"], "before anything that it guards"


@pytest.mark.parametrize(
    ("clip", "page", "url"),
    [
        ("/v/talk.mp4", "/v/report.html", "./talk.mp4"),
        ("/v/a b/talk.mp4", "/r/report.html", "./../v/a%20b/talk.mp4"),
        ("/v/javascript:alert(1).mp4", "/v/x.html", "./javascript%3Aalert%281%29.mp4"),
        ("/v/%2e?#&\"'<.mp4", "/v/x.html", "./%252e%3F%23%26%22%27%3C.mp4"),
        ("/v/神情\udcff.mp4", "/v/x.html", "./%E7%A5%9E%E6%83%85%FF.mp4"),
    ],
)
def test_the_clip_is_found_from_the_report(clip: str, page: str, url: str) -> None:
    media = referred(Path(clip), Path(page), "video")
    assert media.url == url
    elements = Page(write_html(timeline(prediction()), media=media)).elements
    assert [a["src"] for t, a in elements if t == "video"] == [url]


def test_a_clip_that_is_embedded(tmp_path: Path) -> None:
    path = tmp_path / "a.odd"
    path.write_bytes(b"\0\1</script>")
    media = embedded(path, "audio")
    assert (media.mime, base64.b64decode(media.content)) == ("audio/*", b"\0\1</script>")
    page = Page(write_html(timeline(prediction()), media=media))
    assert media.content in page.inside["script"][1]
    assert [a for t, a in page.elements if t == "audio" and "src" not in a]
    with path.open("wb") as file:
        file.truncate(EMBED_LIMIT + 1)
    with pytest.raises(InputError, match="has 25 MB, and --embed takes at most 25; leave --embed out"):
        embedded(path, "audio")


def test_the_page_holds_what_the_timeline_says() -> None:
    page = Page(
        write_html(replace(timeline(prediction(), prediction(who=None)), notices=(Notice("no_face"),)), lang="zh")
    )
    words = " ".join(page.words)
    for part in (
        "talk.mp4",
        "惊讶",
        "约 70%",
        "人物 1",
        "未区分人物",
        "没有找到面部",
        "0" * 64,
        "22 dB",
        "I can't believe it",
    ):
        assert part in words, part
    assert next(a["lang"] for t, a in page.elements if t == "html") == "zh-Hans"
    moment = page.data["moments"][0]
    assert (moment["s"], moment["e"], moment["l"], moment["m"]) == (0.4, 3.1, 6, [0.3, 0.3, 0.4])
    assert moment["o"][0] == moment["p"] == [0.1, 0.1, 0.0, 0.1, 0.0, 0.0, 0.7]
    assert moment["o"][1] is None


def test_numbers_that_are_none_do_not_break_the_page() -> None:
    odd = replace(prediction(), valence=float("nan"), quality={"voice": {"snr_db": float("inf"), "seconds": 1.0}})
    data = Page(write_html(timeline(odd))).data
    assert data["moments"][0]["v"] == 0
    assert data["moments"][0]["q"][1] == [["Length of the speech", "1.0 s"]]


def test_explanations_stand_beside_their_moments() -> None:
    one = prediction()
    why = explained(one, "surprised", said(("a", 0.1)), SOUND, FACE)
    data = Page(write_html(timeline(one, one), explained=[None, why])).data
    assert "ev" not in data["moments"][0]
    found = data["moments"][1]["ev"]
    assert found["text"] == [["a", 100]]
    assert found["voice"] == {
        "edges": [0.2, 0.8, 1.5], "bands": [[500, 8000], [0, 500]], "rows": [[-200, 0], [0, 300]]
    }  # fmt: skip
    assert found["face"]["boxes"][1] == [0.5, 0.0, 1.0, 0.5, 400]
    assert found["face"]["picture"] == "data:image/png;base64,iVBORw=="
    assert found["prior"] == 0.143
    assert data["graphs"][-1] == ["fuse", "", "late", "fusion-ba9876543210.onnx"]


def test_doubts_and_contributions_reach_the_page() -> None:
    doubtful = replace(
        prediction(), uncertain=True, reasons=("noise",), label_set=("surprised", "sad"), contributions={"text": -0.1}
    )
    page = Page(write_html(timeline(doubtful)))
    moment = page.data["moments"][0]
    assert (moment["u"], moment["r"], moment["k"]) == (1, ["noise"], [-0.1, None, None])
    assert [page.data["labels"][k]["name"] for k in moment["ls"]] == ["surprised", "sad"]
    assert page.data["reasons"].keys() == set(REASONS)


def test_what_the_whole_rests_on() -> None:
    sure = replace(prediction(), scores=dict.fromkeys(EMOTIONS, 0.0) | {"surprised": 1.0})
    page = Page(write_html(timeline(prediction(), prediction(), prediction(), sure)))
    assert "What the whole rests on" in page.words
    few = Page(write_html(timeline(prediction(), sure)))
    assert "What the whole rests on" not in few.words


def load_hour() -> Callable[[], tuple[Timeline, list[Explanation | None]]]:
    spec = importlib.util.spec_from_file_location("benchmark_report", ROOT / "benchmarks" / "report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hour: Callable[[], tuple[Timeline, list[Explanation | None]]] = module.hour
    return hour


def test_an_hour_is_less_than_five_megabytes() -> None:
    timeline, why = load_hour()()
    assert sum(e is not None for e in why) == 60, "as many as are explained"
    assert len(write_html(timeline, explained=why).encode()) < 5e6


def test_plotly_is_read_once_by_a_browser() -> None:
    """Neither in a function for module loaders, which is read twice, nor in characters that take two bytes each."""
    code = shell.plotly()
    assert code.isascii() or max(map(ord, code)) < 256
    assert re.search(r'\*/\s"use strict";var Plotly=', code[:1000])
    assert "return Plotly;" not in code[-200:]


def test_nothing_rests_on_colour_alone() -> None:
    for labels in (EMOTIONS, tuple(f"intent-{i}" for i in range(8))):
        found = looks(labels)
        assert len({look.sign for look in found}) == len({look.colour for look in found}) == len(labels)
    assert len({look.pattern for look in looks(EMOTIONS)}) == len(EMOTIONS)
    assert len({look.pattern for look in MODALITY_LOOKS.values()}) == len(MODALITY_LOOKS)
    many = looks([f"intent-{i}" for i in range(20)])
    assert len({(look.colour, look.sign) for look in many}) == 20, "the twenty intents of MIntRec"
