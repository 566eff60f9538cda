from __future__ import annotations

import json
import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.types import Span

from .test_exporters import EMPTY, prediction, timeline

COLUMNS = 4 + 9 + 7 + 3 + 3


def test_a_timeline_is_saved_by_the_ending_of_the_file(tmp_path: Path) -> None:
    what = timeline(prediction())
    for name in ("a.json", "a.csv", "a.vtt", "a.html", "a.txt"):
        what.save(tmp_path / name)
    assert json.loads((tmp_path / "a.json").read_text()) == what.to_dict() == json.loads(what.to_json())
    assert (tmp_path / "a.csv").read_text().startswith("start,end,who")
    assert (tmp_path / "a.vtt").read_text().startswith("WEBVTT")
    assert (tmp_path / "a.html").read_text() == what.to_html()
    what.save(str(tmp_path / "zh.html"), lang="zh")
    assert 'lang="zh-Hans"' in (tmp_path / "zh.html").read_text()
    with pytest.raises(InputError, match="does not say what to write"):
        what.save(tmp_path / "a.xyz")
    with pytest.raises(InputError, match=r"'.*none/a\.json' cannot be written: No such file"):
        what.save(tmp_path / "none" / "a.json")
    with pytest.raises(InputError, match="no report in the language 'xx'"):
        what.to_html("xx")


def test_what_a_page_or_a_table_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.runtime.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"run: pip install 'mien\[report\]'"):
        timeline().to_html()
    with pytest.raises(InputError, match=r"a table of pandas needs pandas; run: pip install 'mien\[notebook\]'"):
        timeline().to_pandas()


def test_a_table_of_pandas_has_a_row_for_each_segment() -> None:
    pytest.importorskip("pandas")
    quiet = replace(
        prediction(who=None), valence=None, shares={"face": 1.0}, uncertain=True, reasons=("no_face", "noise")
    )
    found = timeline(prediction(), quiet).to_pandas()
    names = ["start", "end", "who", "text", "language", "emotion", "probability", "valence", "arousal"]
    assert list(found.columns[:9]) == names
    assert found.shape == (2, COLUMNS)
    assert found["p_surprised"].tolist() == [0.7, 0.7]
    assert found["start"].tolist() == [0.4, 0.4]
    assert found["uncertain"].tolist() == [False, True]
    assert found["reasons"].tolist() == ["", "no_face|noise"]
    assert math.isnan(found["valence"][1])
    assert math.isnan(found["share_text"][1])
    assert EMPTY.to_pandas().shape == (0, COLUMNS)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not attrs


def test_a_notebook_shows_a_small_safe_table() -> None:
    hostile = prediction(text="<script>alert(1)</script>" + "x" * 5000, who="<img src=x onerror=y>")
    many = [replace(prediction(), span=Span(n, n + 1.0)) for n in range(1000)]
    notices = Notice("no_sound"), Notice("<u>", {"a": "<s>"})
    what = replace(timeline(hostile, *many), source="<b>&.mp4", task="a<i>", notices=notices)
    shown = what._repr_html_()
    assert len(shown) < 10_000
    tags = Tags()
    tags.feed(shown)
    assert set(tags.found) == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    assert "981 more; .to_pandas() has all of them" in shown
    assert "surprised 70%" in shown
    assert "the file has no sound" in shown
    assert "0:00.4-0:03.1" in shown


def test_a_notebook_says_when_nothing_was_read() -> None:
    assert "<table>" not in EMPTY._repr_html_()
    assert "a.wav" in EMPTY._repr_html_()
