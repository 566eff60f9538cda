"""A server that asks a language model, which its owner named: clients get its opinion and are told; they cannot name one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
from mien.cli.llm import agreed, options
from mien.errors import InputError
from mien.report.language import Language
from mien.server.settings import Settings
from mien.workflows.llms.ask import LlmOptions
from mien.workflows.llms.served import ServedLlm, options_of, told
from tests.llms.serving import said, served

from .running import running

FAR = "http://192.0.2.1:8000/v1"


@pytest.mark.slow
def test_clients_get_its_opinion_and_are_told(tmp_path: Path) -> None:
    with served(lambda _: said("fearful")) as llm:
        asked = ("--llm", llm.address, "--llm-model", "m", "--llm-samples", "1", "--llm-can", "json_schema")
        with running(tmp_path, "--asr", "off", *asked) as server:
            found = server.text("We won!").table
            (segment,) = found["segments"]
            assert max(segment["llm"]["scores"], key=segment["llm"]["scores"].get) == "fearful"
            assert found["llm"]["place"] == "here", "its address is not told"
            assert llm.address not in json.dumps(found)
            body = json.dumps({"text": "We won!"}).encode()
            why = server.ask("POST", "/v1/explain", body, {"Content-Type": "application/json"}).table
            assert "llm" in why["explained"]["contributions"]
            version = server.ask("GET", "/v1/version").table
            assert (version["llm"], version["llm_elsewhere"]) == ("m", False)
            assert "A language model on it (m)" in server.ask("GET", "/?lang=en").body.decode()
            other = server.text("We lost!", llm="http://elsewhere.example/v1")
            assert other.status == 422, "no client names a language model"
            questions = len(llm.asked)
            llm.stop()
            gone = server.text("They lost!").table
            assert [n["code"] for n in gone["notices"] if n["code"].startswith("llm_")][-1] == "llm_silent"
            assert gone["segments"][0]["emotion"]["label"]
            assert len(llm.asked) == questions


def test_one_elsewhere_needs_the_agreement_of_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    given = options(FAR, "m", 5, "", 4, blind=False)
    with pytest.raises(InputError, match=r"not this machine.*--yes agrees"):
        agreed(given, "research", None, yes=False)
    assert agreed(None, "research", None, yes=False) is None


# An older Starlette says of itself that a name of anyio has moved.
@pytest.mark.filterwarnings("ignore:The anyio.abc.BlockingPortal alias:DeprecationWarning")
def test_people_are_told_where_their_clip_goes() -> None:
    from starlette.testclient import TestClient

    from mien.server.app import create_app

    for where, told_in, elsewhere in (
        (FAR, "on another machine", True),
        ("http://[::1]:80/v1", "on the same machine", False),
    ):
        settings = Settings(llm=LlmOptions(where, "m"), workers=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mien.server.jobs.Jobs.start", _nothing)
            patch.setattr("mien.server.jobs.Jobs.stop", _nothing)
            with TestClient(create_app(settings), base_url="http://localhost:8000") as client:
                assert told_in in client.get("/openapi.json").json()["info"]["description"]
                assert client.get("/v1/version").json()["llm_elsewhere"] is elsewhere
                key = "notice_elsewhere" if elsewhere else "notice_asked"
                for lang in ("en", "zh"):
                    assert Language(lang)(f"server.{key}", model="m") in client.get(f"/?lang={lang}").text


async def _nothing(*_: object) -> None:
    return None


def test_its_options_reach_a_worker_as_they_are(tmp_path: Path) -> None:
    given = options("http://localhost:1/v1", "m", 3, "image", 2, blind=True, calibration=tmp_path / "c.json")
    assert given is not None
    assert options_of(told(given)) == given
    plain = options("http://localhost:1/v1", "m", 3, "", 2, blind=False)
    assert plain is not None
    assert options_of(told(plain)) == plain


def test_while_it_cannot_be_reached_clips_are_read_without_it() -> None:
    from mien.events import finish
    from mien.pipeline import Analyzer

    analyzer = Analyzer("research", asr="off")
    llm = ServedLlm(LlmOptions("http://127.0.0.1:9/v1", "m"), analyzer.task.labels)
    assert llm.asker() is None
    found = finish(llm.joined(analyzer.stream(text="We won!"), analyzer.bundle.positions))
    assert found.predictions == analyzer.analyze(text="We won!").predictions
    assert "llm_unreachable" in {n.code for n in found.notices}
    llm.close()
