"""The table `mien.segments/1`, as the data tools of others read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.report.files import text_of
from mien.report.segments import SCHEMA, rows, schema

from .test_exporters import EMPTY, SCORES, prediction, timeline

pytest.importorskip("pyarrow")

NEUTRAL = {label: float(label == "neutral") for label in SCORES}
OPPOSED = replace(
    prediction(who=None), opinions={"text": NEUTRAL, "voice": SCORES, "face": SCORES}, uncertain=True, valence=None
)
TALK = timeline(prediction(), OPPOSED)


def test_the_columns_are_stable() -> None:
    """Programs of others name them. A new one goes at the end of its group; none goes or changes its type."""
    names = "source segment start end who text language task label probability scores valence arousal uncertain"
    alone = [
        f"{m}_{name}"
        for m in ("text", "voice", "face")
        for name in ["label", "probability", "scores", "share", "quality"]
    ]
    assert schema().names == [
        *names.split(), "label_set", "reasons", "conflicts", *alone, "bundle", "bundle_sha256",
    ]  # fmt: skip
    assert schema().metadata == {b"schema": SCHEMA.encode()}


def test_a_timeline_is_a_table_of_arrow() -> None:
    table = TALK.to_arrow()
    assert table.schema.equals(schema(), check_metadata=True)
    first, second = table.to_pylist()
    assert (first["source"], first["segment"], first["start"], first["end"]) == ("talk.mp4", 0, 0.4, 3.1)
    assert (first["label"], first["probability"], dict(first["scores"])) == ("surprised", 0.7, SCORES)
    assert (first["who"], first["valence"], first["voice_label"], first["conflicts"]) == ("person-1", 0.2, None, [])
    assert (second["who"], second["valence"], second["uncertain"]) == (None, None, True)
    assert second["conflicts"] == ["text+voice", "text+face"]
    assert (second["text_label"], second["voice_probability"]) == ("neutral", 0.7)
    assert EMPTY.to_arrow().num_rows == 0
    assert next(iter(rows("talk.mp4", TALK.to_dict())))["label"] == "surprised", "the JSON holds all of it"


def test_duckdb_and_pandas_read_the_file(tmp_path: Path) -> None:
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    file = tmp_path / "talk.parquet"
    TALK.save(file)
    found = duckdb.sql(f"""SELECT "end", scores['surprised'], label_set, valence FROM '{file}' ORDER BY segment""")
    assert found.fetchall() == [(3.1, 0.7, [], 0.2), (3.1, 0.7, [], None)]
    frame = pandas.read_parquet(file)
    assert list(frame["label"]) == ["surprised", "surprised"]
    assert dict(frame["scores"][0]) == SCORES
    assert list(frame.columns) == schema().names


def test_without_pyarrow_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    schema.cache_clear()
    monkeypatch.setattr("mien.runtime.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"Parquet needs pyarrow; run: pip install 'mien\[parquet\]'"):
        TALK.to_arrow()
    monkeypatch.undo()
    with pytest.raises(InputError, match="'parquet' writes no text"):
        text_of(TALK, "parquet")
