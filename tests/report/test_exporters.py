from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import jsonschema
import pytest
from rich.cells import cell_len
from rich.console import Console

from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.events import Notice
from mien.report.exporters.base import Export, Exporter, exporter, exporter_for, exporters
from mien.report.exporters.json import schema
from mien.report.terminal.timeline import render
from mien.testing import check_exporter
from mien.timeline import Prediction, Timeline
from mien.types import Span

COUNT = count()
SCORES = dict(zip(EMOTIONS, (0.1, 0.1, 0.0, 0.1, 0.0, 0.0, 0.7), strict=True))


def prediction(text: str = "I can't believe it", who: str | None = "person-1") -> Prediction:
    return Prediction(
        Span(0.4, 3.1),
        who,
        text,
        "surprised",
        SCORES,
        0.2,
        0.6,
        {"text": 0.3, "voice": 0.3, "face": 0.4},
        {"text": SCORES},
        {"voice": {"snr_db": 21.5, "seconds": 1.2}},
    )


def timeline(*predictions: Prediction) -> Timeline:
    return Timeline(
        "talk.mp4",
        61.2,
        "research",
        "0" * 64,
        predictions,
        "surprised",
        SCORES,
        0.2,
        0.6,
        (Notice("no_sound"),),
        ("note",),
    )


EMPTY = Timeline("a.wav", 0.1, "research", "0" * 64, (), None, {}, None, None, (Notice("nothing_found"),))


def text_of(name: str, what: Timeline) -> str:
    content = exporter(name).write(Export(what))
    assert isinstance(content, str)
    return content


@pytest.mark.parametrize("name", exporters.names())
def test_every_exporter_keeps_its_promises(name: str) -> None:
    if name == "parquet":
        pytest.importorskip("pyarrow")
    check_exporter(exporter(name), Export(timeline(prediction(), prediction(who=None))))


@pytest.mark.parametrize("name", [name for name in exporters.names() if name != "parquet"])
@pytest.mark.parametrize("what", [timeline(prediction()), EMPTY], ids=["full", "empty"])
def test_every_exporter_writes_the_same_text_each_time(name: str, what: Timeline) -> None:
    assert text_of(name, what) == text_of(name, what)
    assert text_of(name, what).endswith("\n")


@pytest.mark.parametrize(
    "what", [timeline(prediction()), timeline(prediction(who=None)), EMPTY], ids=["who", "nobody", "empty"]
)
def test_json_has_the_published_form(what: Timeline) -> None:
    table = json.loads(text_of("json", what))
    jsonschema.validate(table, schema())
    assert table["schema"] == "mien.timeline/1"
    assert table["duration"] == what.duration


def test_the_schema_refuses_what_is_wrong() -> None:
    table = json.loads(text_of("json", timeline(prediction())))
    table["segments"][0]["emotion"]["scores"]["happy"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schema())


def test_csv_has_one_row_per_segment_and_no_formula() -> None:
    text = text_of("csv", timeline(prediction(), prediction(text='=HYPERLINK("x")')))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["text"] for r in rows] == ["I can't believe it", '\'=HYPERLINK("x")']
    assert rows[0]["p_surprised"] == "0.7000"
    assert rows[0]["share_face"] == "0.4000"
    assert rows[0]["start"] == "0.400"


def test_the_language_is_told() -> None:
    said = timeline(replace(prediction("Ich glaube es nicht"), language="de"), replace(prediction(), language=None))
    assert [s["language"] for s in json.loads(text_of("json", said))["segments"]] == ["de", None]
    assert [r["language"] for r in csv.DictReader(io.StringIO(text_of("csv", said)))] == ["de", ""]
    assert "language" in text_of("table", said)
    english = timeline(replace(prediction(), language="en"))
    assert "language" not in text_of("table", english), "where everybody speaks English, there is no such column"


def test_hostile_words_cannot_end_a_cue_or_become_markup() -> None:
    words = "a\n\n99:00:00.000 --> 99:00:01.000\n<b onclick=x>&"
    text = text_of("vtt", timeline(prediction(text=words)))
    assert text.count("-->") == 1
    assert text.count("\n\n") == 1
    assert "<b" not in text
    assert "00:00:00.400 --> 00:00:03.100" in text


def test_names_of_speakers_are_no_markup_either() -> None:
    text = text_of("vtt", timeline(prediction(who="a --> b\n\n<v x>"), prediction(who="=1+1")))
    assert text.count("-->") == 2
    assert text.count("\n\n") == 2
    rows = csv.DictReader(io.StringIO(text_of("csv", timeline(prediction(who="=1+1")))))
    assert [r["who"] for r in rows] == ["'=1+1"]


def test_a_still_gets_a_cue_that_lasts() -> None:
    still = replace(prediction(), span=Span(0.0, 0.0))
    assert "00:00:00.000 --> 00:00:00.200" in text_of("vtt", timeline(still))


def test_the_table_shows_the_answer() -> None:
    text = text_of("table", timeline(prediction(text="[red]你好[/red]")))
    assert "surprised 70%" in text
    assert "[red]你好[/red]" in text, "words are no markup"
    assert "talk.mp4: mostly surprised (70%)" in text
    assert "no sound" in text
    assert "could be read" in text_of("table", EMPTY)


def test_words_and_names_cannot_command_the_terminal() -> None:
    hostile = replace(
        timeline(prediction(text="a\x1b[2J\x07b :smile: \x9b31m")), source="x\x1b]0;t\x07.mp4", task="=a\x1b[2J"
    )
    text = text_of("table", hostile)
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text)
    assert ":smile:" in text, "words are shown as they were said"


def test_the_table_says_when_it_is_unsure() -> None:
    flat = dict.fromkeys(EMOTIONS, 0.1) | {"sad": 0.4}
    unsure = replace(prediction(), label="sad", scores=flat, uncertain=True, reasons=("low_confidence", "small_face"))
    text = text_of("table", replace(timeline(unsure), label="sad", scores=flat, valence=-0.001))
    assert "sad? 40%" in text
    assert "? marks a best guess: no label is probable enough to rely on." in text
    assert "The answer is less sure: the face is very small." in text
    assert "no emotion stands out, most is sad (40%)" in text
    assert "valence +0.00" in text, "not minus zero"
    certain = replace(prediction(), scores=dict.fromkeys(EMOTIONS, 0.0) | {"surprised": 0.999})
    text = text_of("table", timeline(certain))
    assert "surprised >99%" in text, "nothing is ever certain"
    assert "best guess" not in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_table_fits_whatever_is_said(width: int) -> None:
    rows = [prediction(text="我今天非常高兴，因为我们赢了比赛。" * 5), prediction(text="x" * 300), prediction(who=None)]
    file = io.StringIO()
    late = replace(prediction(), span=Span(35_999.96, 36_001.0))
    Console(file=file, width=width, no_color=True).print(render(timeline(*rows, late)))
    lines = file.getvalue().splitlines()
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    assert file.getvalue().count("x") >= 300, "long words are folded, not cut"
    assert "10:00:00.0-10:00:01.0" in file.getvalue()


def test_json_has_no_minus_zero() -> None:
    text = text_of("json", timeline(replace(prediction(), valence=-1e-9)))
    assert '"valence": 0.0' in text


def test_csv_takes_wide_signs_for_formulas_too() -> None:
    text = text_of("csv", timeline(prediction(text="＝1+1"), prediction(text="")))
    assert [r["text"] for r in csv.DictReader(io.StringIO(text))] == ["'＝1+1", ""]


def test_the_ending_of_a_file_names_its_exporter() -> None:
    endings = ("json", "CSV", "vtt", "html", "htm", "txt")
    assert [exporter_for(Path(f"a.b/x.{e}")) for e in endings] == ["json", "csv", "vtt", "html", "html", "table"]
    for name in ("x.xyz", "x", "-"):
        with pytest.raises(InputError, match=f"the ending of '{name}' does not say what to write"):
            exporter_for(Path(name))


@pytest.mark.parametrize(
    ("written", "promise"),
    [
        (lambda self, export: "x", "the last line is ended"),
        (lambda self, export: f"{id(object())}{next(COUNT)}\n", "the same export gives the same content"),
        (lambda self, export: "x\n", "what was answered is written"),
        (lambda self, export: f"{len(export.timeline.predictions)}\udcff\n", "can be written as UTF-8"),
    ],
)
def test_an_exporter_that_breaks_a_promise_is_told(written: Callable[..., str], promise: str) -> None:
    bad = type("Bad", (Exporter,), {"endings": ("bad",), "write": written})()
    with pytest.raises(AssertionError, match=promise):
        check_exporter(bad, Export(timeline(prediction())))


def test_csv_holds_no_control_characters() -> None:
    """A zero byte stops programs that read CSV, and an escape sets the colours of a terminal."""
    written = text_of("csv", timeline(prediction("a\0b \x1b[31m\x7f", who="x\ty")))
    assert "a b  [31m " in written
    assert "x\ty" in written
    assert not set(written) & {"\0", "\x1b", "\x7f"}


def test_a_file_whose_name_can_be_none_is_not_written() -> None:
    with pytest.raises(InputError, match="is no name of a file"):
        timeline(prediction()).save("a\0b.json")
