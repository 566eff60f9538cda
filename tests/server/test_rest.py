"""What a client gets from a real server: the same answers, sentences and files as from the command line."""

from __future__ import annotations

import json
import time
import wave
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from mien import Analyzer
from mien.cli import app  # noqa: F401  # the sentences below are those of the command line
from mien.errors import InputError
from mien.report.explanation import schema as explanation_schema
from mien.report.exporters.json import schema as timeline_schema
from mien.report.files import text_of
from mien.samples import demo_clip
from mien.timeline import Timeline

from .running import Running, until

pytestmark = pytest.mark.slow
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    """What the library reads of the sample."""
    return Analyzer(asr="tiny.en").analyze(demo_clip())


@pytest.fixture(scope="module")
def job(server: Running) -> str:
    """A job that has read the sample."""
    id = server.client.submit(demo_clip(), forms=("json", "csv", "vtt", "html"), lang="zh")
    assert [told["event"] for told in server.client.events(id)][-1] == "end"
    return id


def test_a_clip_gives_what_the_library_gives(server: Running, job: str, timeline: Timeline) -> None:
    assert json.loads(server.client.result(job)) == json.loads(timeline.to_json())
    assert server.client.result(job, "csv") == text_of(timeline, "csv")
    assert server.client.result(job, "vtt") == text_of(timeline, "vtt")
    assert server.client.result(job, "html").startswith('<!DOCTYPE html>\n<html lang="zh-Hans">')


def test_words_are_answered_at_once(server: Running) -> None:
    answer = server.text("We won!")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    jsonschema.validate(answer.table, timeline_schema())
    assert answer.table == json.loads(Analyzer(asr="off").analyze(text="We won!").to_json())
    assert server.ask("GET", f"{answer.headers['location']}/result").table == answer.table


def test_a_job_tells_its_progress_words_and_answers_in_order(server: Running, job: str, timeline: Timeline) -> None:
    told = list(server.client.events(job))
    names = [event["event"] for event in told if event["event"] != "progress"]
    spoken = sum(p.text != "" for p in timeline.predictions)
    assert (names[0], names[-1]) == ("words", "end")
    assert (names.count("answer"), names.count("words")) == (len(timeline.predictions), spoken)
    later = [event for event in server.client.events(job, after=3) if event["event"] != "progress"]
    assert later == [event for event in told if event["event"] != "progress"][3:]


def test_answers_come_while_the_clip_is_still_read(server: Running, tmp_path: Path) -> None:
    sound = tmp_path / "minute.wav"
    rng = np.random.default_rng(0)
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((rng.normal(0, 300, 70 * 16_000)).astype("<i2").tobytes())
    id = server.client.submit(sound)
    shown = [event for event in server.client.events(id) if event["event"] == "progress"]
    assert len(shown) >= 2
    assert [event["data"]["done"] for event in shown] == sorted(event["data"]["done"] for event in shown)
    assert json.loads(server.client.result(id))["warnings"] == ["no speech was found"] or server.client.result(id)


def test_an_explanation_is_that_of_its_schema(server: Running) -> None:
    found: Any = server.client.explain(text="We won!", label="happy")
    jsonschema.validate(found, explanation_schema())
    assert found["explained"]["label"] == "happy"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"label": "hapy"}, "there is no label 'hapy'; did you mean 'happy'?"),
        ({"at": 900.0}, "nothing was read at 900 s of 'text'; the nearest moment begins at 0.0 s"),
    ],
)
def test_mistakes_have_the_sentences_of_the_command_line(
    server: Running, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as raised:
        server.client.explain(text="We won!", **fields)
    assert str(raised.value) == sentence


def test_a_damaged_file_has_one_sentence_without_our_paths(server: Running) -> None:
    answer = server.post("/v1/analyze", {"file": ("talk.mp4", demo_clip().read_bytes()[:3000])})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.table["detail"].startswith("'talk.mp4' ")
    assert str(server.cache) not in answer.body.decode()


def test_an_upload_is_deleted_when_it_has_been_read_and_results_with_their_job(server: Running, job: str) -> None:
    folder = server.place / job
    assert sorted(f.name for f in folder.iterdir()) == ["result.csv", "result.html", "result.json", "result.vtt"]
    id = server.client.submit(text="We won!")
    list(server.client.events(id))
    server.client.cancel(id)
    assert not (server.place / id).exists()
    assert server.ask("GET", f"/v1/jobs/{id}").status == 404


def test_a_job_can_be_cancelled_while_it_runs_and_leaves_nothing(server: Running) -> None:
    id = server.client.submit(demo_clip())
    until(lambda: server.ask("GET", f"/v1/jobs/{id}").table["progress"])
    begun = time.monotonic()
    server.client.cancel(id)
    assert [told["event"] for told in server.client.events(id)][-1] == "cancelled"
    assert time.monotonic() - begun < 15
    assert not (server.place / id).exists()
    answer = server.ask("GET", f"/v1/jobs/{id}/result")
    assert (answer.status, answer.table["detail"]) == (409, "this job was cancelled; send the clip again")


def test_a_client_that_vanishes_takes_its_job_along(server: Running) -> None:
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    from .running import BORDER, form

    connection = HTTPConnection(urlsplit(server.address).netloc)
    body = form({"file": ("talk.mp4", demo_clip().read_bytes())}, {})
    connection.request("POST", "/v1/analyze", body, {"Content-Type": f"multipart/form-data; boundary={BORDER}"})
    until(lambda: any(server.place.glob("*/clip")))
    connection.close()
    until(lambda: not any(server.place.glob("*/clip")), 15)
    assert server.client.analyze(text="We won!")["summary"]["label"]


def test_bundles_cards_versions_and_counters(server: Running) -> None:
    bundles = server.ask("GET", "/v1/bundles").table
    assert {b["name"]: b["served"] for b in bundles} == {"open": False, "research": True}
    assert server.ask("GET", "/v1/bundles/open/card").body.startswith(b"# Model card: open")
    for name in ("..%2f..%2fetc", "%2fetc%2fpasswd", "nothing"):
        assert server.ask("GET", f"/v1/bundles/{name}").status == 404
    assert server.client.version()["timeline"] == "mien.timeline/1"
    assert server.ask("GET", "/v1/schemas/timeline").table == timeline_schema()
    assert server.ask("GET", "/healthz").body == b"ok\n"
    before = server.gauge('mien_jobs_total{kind="explain",state="done"}') if _explained(server) else 0.0
    server.client.explain(text="We won!")
    assert server.gauge('mien_jobs_total{kind="explain",state="done"}') == before + 1


def _explained(server: Running) -> bool:
    return b'kind="explain",state="done"' in server.ask("GET", "/metrics").body


def test_errors_are_problems_everywhere(server: Running) -> None:
    for method, path in (("GET", "/nothing"), ("GET", "/v1/jobs/short"), ("PUT", "/v1/analyze")):
        answer = server.ask(method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.table) == {"type", "title", "status", "detail"}
        assert answer.table["status"] == answer.status
