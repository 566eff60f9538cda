from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from mien.errors import InputError
from mien.events import Notice, Skipped
from mien.report.exporters.base import Export, Exporter, exporter, exporters
from mien.report.page import media
from mien.samples import demo_clip
from mien.testing import check_exporter
from mien.timeline import Prediction, Timeline
from mien.types import Span
from mien.workflows.outputs import SHORT, STDOUT, Outputs, Page, chosen

TIMELINE = Timeline("a.wav", 0.1, "research", "0" * 64, (), None, {}, None, None, (Notice("nothing_found"),))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(wanted: dict[str, str], clips: list[str], several: bool = False, page: Page | None = None) -> Outputs:
    paths = [Path(c) for c in clips]
    return Outputs.plan({k: Path(v) for k, v in wanted.items()}, paths, several, paths, page)


def test_one_clip_is_written_to_the_files_named() -> None:
    plan({"json": "out.json", "csv": "out.csv", "vtt": "out.vtt"}, ["a.wav"]).write(TIMELINE, Path("a.wav"))
    assert sorted(os.listdir()) == ["out.csv", "out.json", "out.vtt"], "and no temporary file is left"
    assert Path("out.vtt").read_text() == "WEBVTT\n"


def test_several_clips_never_overwrite_one_another() -> None:
    clips = ["d/x.mp4", "d/y.mp4", "e/x.mp4", "e/f/X.mp4", "g/e/x.mp4"]
    outputs = plan({"json": "out"}, clips, several=True)
    for clip in clips:
        outputs.write(TIMELINE, Path(clip))
    assert sorted(os.listdir("out")) == ["e-x.mp4.json", "f-X.mp4.json", "g-e-x.mp4.json", "x.mp4.json", "y.mp4.json"]


def test_a_link_is_followed() -> None:
    Path("real.json").write_text("old")
    Path("link.json").symlink_to("real.json")
    plan({"json": "link.json"}, ["a.wav"]).write(TIMELINE, None)
    assert Path("link.json").is_symlink()
    assert Path("real.json").read_text().startswith("{")


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = plan({"vtt": str(STDOUT)}, ["a.wav"])
    outputs.write(TIMELINE, None)
    assert capsys.readouterr().out == "WEBVTT\n"
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("wanted", "several", "said"),
    [
        ({"json": "folder"}, False, "is a folder"),
        ({"json": "none/out.json"}, False, "no folder 'none'"),
        ({"json": "pipe"}, False, "not an ordinary file"),
        ({"json": "a.wav"}, False, "would overwrite the input"),
        ({"json": "again.wav"}, False, "would overwrite the input"),
        ({"json": "out", "csv": "out"}, False, "two outputs"),
        ({"json": "-", "csv": "-"}, False, "goes with one output"),
        ({"json": "-"}, True, "goes with one clip"),
        ({"json": "a.wav"}, True, "is a file"),
        ({"json": "a.wav/out"}, True, "cannot be made"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(wanted: dict[str, str], several: bool, said: str) -> None:
    Path("a.wav").write_text("sound")
    Path("again.wav").symlink_to("a.wav")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    before = sorted(os.listdir())
    with pytest.raises(InputError, match=said):
        plan(wanted, ["a.wav"], several)
    assert sorted(os.listdir()) == before
    assert Path("a.wav").read_text() == "sound"


def test_a_disk_that_refuses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = plan({"json": "out.json"}, ["a.wav"])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match=r"'out\.json' cannot be written: No space left"):
        outputs.write(TIMELINE, None)
    assert os.listdir() == []


SAID = Prediction(Span(0, 1), None, "a", "happy", {"happy": 0.9, "sad": 0.1}, 0.8, 0.5, {"text": 1.0}, {}, {})
READ = replace(TIMELINE, duration=1.0, predictions=(SAID,), label="happy", scores=SAID.scores)


def source(page: Path) -> str | None:
    """Where a report looks for its clip."""
    found = re.search(r'<(?:video|audio|img) id="clip"[^>]* src="([^"]+)"', page.read_text(encoding="utf-8"))
    return found[1] if found else None


def test_a_report_knows_where_its_clip_lies() -> None:
    Path("my clips").mkdir()
    clip = Path("my clips/talk.mp4")
    shutil.copy(demo_clip(), clip)
    plan({"html": "r.html"}, [str(clip)]).write(READ, clip)
    assert source(Path("r.html")) == "./my%20clips/talk.mp4"
    Path("words.txt").write_text("hello")
    plan({"html": "pages"}, [str(clip), "words.txt"], several=True, page=Page("zh")).write(READ, clip)
    plan({"html": "pages"}, ["words.txt"], several=True).write(READ, Path("words.txt"))
    assert sorted(os.listdir("pages")) == ["talk.mp4.html", "words.txt.html"]
    assert source(Path("pages/talk.mp4.html")) == "./../my%20clips/talk.mp4"
    assert source(Path("pages/words.txt.html")) is None
    assert 'lang="zh-Hans"' in Path("pages/talk.mp4.html").read_text()
    Path("elsewhere").mkdir()
    Path("link.html").symlink_to("elsewhere/r.html")
    plan({"html": "link.html"}, [str(clip)]).write(READ, clip)
    assert source(Path("elsewhere/r.html")) == "./../my%20clips/talk.mp4", "as seen from where the page really lies"


def test_a_report_that_holds_its_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(demo_clip(), "talk.mp4")
    plan({"html": "r.html"}, ["talk.mp4"], page=Page(embed=True)).write(READ, Path("talk.mp4"))
    assert source(Path("r.html")) is None
    assert '"mime": "video/mp4"' in Path("r.html").read_text()
    monkeypatch.setattr(media, "EMBED_LIMIT", 1000)
    with pytest.raises(InputError, match="--embed takes at most"):
        plan({"html": "r.html"}, ["talk.mp4"], page=Page(embed=True))


@pytest.mark.parametrize("page", [Page(explain=True), Page(embed=True)])
def test_options_of_the_report_go_with_it(page: Page) -> None:
    with pytest.raises(InputError, match="--embed and --explain go with --html"):
        plan({"json": "a.json"}, [], page=page)


def test_what_a_report_needs_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no report in the language 'fr'"):
        plan({"html": "r.html"}, [], page=Page("fr"))
    monkeypatch.setattr("mien.runtime.extras.find_spec", lambda name: None if name == "jinja2" else object())
    with pytest.raises(InputError, match=r"the HTML report needs jinja2; run: pip install 'mien\[report\]'"):
        plan({"html": "r.html"}, [])
    plan({"json": "a.json"}, [])


class Words(Exporter):
    """An exporter of a plugin."""

    endings = ("words", "w")
    plays = explains = True
    given: ClassVar[list[Export]] = []

    def check(self, lang: str) -> None:
        if lang == "xx":
            raise InputError("words knows no 'xx'")

    def write(self, export: Export) -> str:
        self.given.append(export)
        return " ".join(p.text for p in export.timeline.predictions) + "\n"


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As installed: an entry point of the group ``mien.exporters``."""

    class Entry:
        name = "words"

        def load(self) -> type[Exporter]:
            return Words

    def found(group: str) -> list[Entry]:
        return [Entry()] if group == "mien.exporters" else []

    monkeypatch.setattr("mien.registry.entry_points", found)
    Words.given.clear()
    yield
    exporters._parts.pop("words", None)


@pytest.mark.usefixtures("plugin")
def test_an_exporter_of_a_plugin_gets_all_a_writer_needs() -> None:
    check_exporter(exporter("words"), Export(READ))
    Words.given.clear()
    wanted = chosen({}, ["words=a.txt"], [])
    assert wanted == {"words": Path("a.txt")}, "the name counts, not the ending"
    shutil.copy(demo_clip(), "talk.mp4")
    clip = Path("talk.mp4")
    Outputs.plan(wanted, [clip], False, [clip], Page("zh", embed=False, explain=True)).write(READ, clip, [None])
    assert Path("a.txt").read_text() == "a\n"
    (export,) = Words.given
    assert (export.timeline, export.lang, list(export.explained)) == (READ, "zh", [None])
    assert export.media is not None
    assert (export.media.kind, export.media.url) == ("video", "./talk.mp4")


@pytest.mark.usefixtures("plugin")
def test_an_exporter_of_a_plugin_is_found_by_its_ending_and_checked_first() -> None:
    assert chosen({}, [], [Path("a.W"), Path("b.json")]) == {"words": Path("a.W"), "json": Path("b.json")}
    with pytest.raises(InputError, match="words knows no 'xx'"):
        Outputs.plan({"words": Path("a.w")}, [], False, [], Page("xx"))
    Outputs.plan({"words": Path("all")}, [Path("x.txt")], True, []).write(READ, Path("x.txt"))
    assert os.listdir("all") == ["x.txt.words"]


def test_options_name_exporters() -> None:
    short = {"json": Path("a.json"), "csv": None}
    assert chosen(short, ["table=-"], [Path("b.csv")]) == {
        "json": Path("a.json"),
        "table": STDOUT,
        "csv": Path("b.csv"),
    }
    assert set(SHORT) < set(exporters.names())


@pytest.mark.parametrize(
    ("to", "out", "said"),
    [
        (["xlm=a.xml"], [], "no exporters called 'xlm'"),
        (["csv"], [], "--to csv names no file; write --to NAME=FILE, with one of csv, html, json, parquet, table, vtt"),
        (["csv="], [], "--to csv= names no file"),
        (["csv=a"], ["b.csv"], "'a' and 'b.csv' are both written by 'csv'; take one of them"),
        ([], ["a.xyz"], "the ending of 'a.xyz' does not say what to write"),
        ([], ["-"], "the ending of '-' does not say what to write"),
    ],
)
def test_options_that_name_none_are_refused(to: list[str], out: list[str], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        chosen({}, to, [Path(o) for o in out])


def test_what_cannot_be_written_is_called_as_it_was_asked_for() -> None:
    with pytest.raises(InputError, match=r"--to table names a file, but '\.' is a folder"):
        plan({"table": "."}, [])
    with pytest.raises(InputError, match="--to table=- goes with one clip"):
        plan({"table": "-"}, ["a.wav", "b.wav"], several=True)


def test_one_table_of_several_clips_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [Path("a.wav"), Path("=b.wav")]
    outputs = plan({"csv": "all.csv"}, [str(c) for c in clips], several=True)
    outputs.write(replace(TIMELINE, predictions=(SAID,)), clips[0])
    outputs.finish([])
    rows = Path("all.csv").read_text().splitlines()
    assert rows[0].startswith("source,start,end,who,text")
    assert rows[1].startswith("a.wav,0.000,1.000,,a,")
    again = plan({"csv": "all.csv"}, [str(c) for c in clips], several=True, page=Page(resume=True))
    assert [again.there(c) for c in clips] == [True, False]
    again.write(replace(TIMELINE, predictions=(SAID,)), clips[1])
    again.finish([])
    assert [row.partition(",")[0] for row in Path("all.csv").read_text().splitlines()] == ["source", "a.wav", "'=b.wav"]
    Path("other.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=r"'other\.csv' is no table of several clips"):
        plan({"csv": "other.csv"}, ["a.wav", "b.wav"], several=True, page=Page(resume=True))


def test_resuming_leaves_what_is_there() -> None:
    outputs = plan({"json": "out"}, ["a.wav", "b.wav"], several=True, page=Page(resume=True))
    assert not outputs.there(Path("a.wav"))
    outputs.write(TIMELINE, Path("a.wav"))
    assert outputs.there(Path("a.wav"))
    with pytest.raises(InputError, match="--resume goes with several clips"):
        plan({"json": "out.json"}, ["a.wav"], page=Page(resume=True))


def test_an_index_leads_to_the_pages_and_tells_what_was_not_read() -> None:
    pytest.importorskip("jinja2")
    for name in ("a.txt", "b <i>.txt"):
        Path(name).write_text("x")
    outputs = plan({"html": "pages"}, ["a.txt", "b <i>.txt", "c.txt"], several=True)
    for name in ("a.txt", "b <i>.txt"):
        outputs.write(
            replace(TIMELINE, source=name, predictions=(SAID,), label="happy", scores=SAID.scores), Path(name)
        )
    outputs.finish([Skipped("c.txt", "it is gone")])
    index = Path("pages/index.html").read_text()
    assert '<a href="./a.txt.html" dir="auto">a.txt</a>' in index
    assert '<a href="./b%20%3Ci%3E.txt.html" dir="auto">b &lt;i&gt;.txt</a>' in index
    assert "about 90%" in index
    assert "c.txt: it is gone" in index
    assert max(p.stat().st_size for p in Path("pages").iterdir()) < 150_000
