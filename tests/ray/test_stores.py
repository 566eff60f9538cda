"""Clips and results in an S3-compatible store: a real one for the protocol, moto, on the loopback address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from mien.archive.folder import Reading
from mien.archive.work import MEMORY
from mien.pipeline import Analyzer
from mien.ray.clips import Reader
from mien.report import segments

pa = pytest.importorskip("pyarrow")
fs = pytest.importorskip("pyarrow.fs")
moto = pytest.importorskip("moto.server", reason="needs moto, 115 MB: pip install 'moto[s3]' flask flask-cors")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

READING = Reading(asr="off", tracks=False)
TEXTS = {"talks/a.txt": "I love it. This is terrible.", "talks/b.txt": "We won!"}


@pytest.fixture
def store() -> Iterator[Any]:
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = fs.S3FileSystem(
        access_key="mien",
        secret_key="mien",
        endpoint_override=f"{host}:{port}",
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
    )
    for bucket in ("archive", "results"):
        found.create_dir(bucket)
    for name, text in {**TEXTS, "talks/bad.mp4": "junk"}.items():
        with found.open_output_stream(f"archive/{name}") as file:
            file.write(text.encode())
    yield found
    server.stop()


def rows(store: Any) -> list[dict[str, Any]]:
    """What an actor reads from one bucket into the other."""
    paths = [f"s3://archive/{name}" for name in (*TEXTS, "talks/bad.mp4")]
    found = Reader(asdict(READING), "s3://results/run", MEMORY, 1.0, store)(pa.table({"path": paths}))
    told: list[dict[str, Any]] = found.to_pylist()
    return told


def test_clips_of_a_store_become_results_in_a_store(store: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    found = rows(store)
    analyzer, expected = READING.analyzer(), list[dict[str, Any]]()
    assert isinstance(analyzer, Analyzer)
    for name, text in TEXTS.items():
        (clip := tmp_path / name.rpartition("/")[2]).write_text(text)
        expected += segments.rows(f"archive/{name}", analyzer.analyze(clip).to_dict())
    assert found == segments.table(expected).to_pylist()
    written = {f.path: f.mtime for f in store.get_file_info(fs.FileSelector("results", recursive=True)) if f.is_file}
    clips = {f"results/run/clips/archive/{name}.json" for name in TEXTS}
    assert set(written) == {*clips, "results/run/skipped/archive/talks/bad.mp4.json"}

    carried_out, asked = Reader.carried_out, list[str]()

    def counted(self: Reader, order: Any) -> tuple[str, float]:
        asked.append(order["clip"].rpartition("/")[2])
        return carried_out(self, order)

    monkeypatch.setattr(Reader, "carried_out", counted)
    assert rows(store) == found
    assert asked == ["bad.mp4"], "what is there is not read again"
