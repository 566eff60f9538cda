"""What one client may ask for, beside others."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from mien.errors import InputError
from mien.samples import demo_clip

from .running import Running, running

pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
from mien.server.guard import Clients
from mien.server.problems import RefusedError
from mien.server.settings import Settings

TOKEN = "a-secret-of-the-tests"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = ("--each", "1", "--per-minute", "30", "--asr", "off")
    with running(tmp_path_factory.mktemp("strict"), *limits) as found:
        yield found


def test_one_client_is_refused_and_another_is_not() -> None:
    clients = Clients(3)
    for _ in range(3):
        clients.check("10.0.0.1")
    with pytest.raises(RefusedError) as refused:
        clients.check("10.0.0.1")
    assert refused.value.status == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 20
    clients.check("10.0.0.2")


def test_after_a_while_a_client_may_ask_again() -> None:
    clients = Clients(600)
    for _ in range(600):
        clients.check("10.0.0.1")
    time.sleep(0.25)
    clients.check("10.0.0.1")


def test_a_server_for_this_machine_alone_has_no_such_limits_and_an_open_one_has() -> None:
    home, open_to_all = Settings(queue=16, live=4), Settings(host="0.0.0.0", token=TOKEN, queue=16, live=4)
    assert (home.most_each, home.most_per_minute, home.most_live_each) == (None, None, 4)
    assert (open_to_all.most_each, open_to_all.most_per_minute, open_to_all.most_live_each) == (8, 600, 2)
    assert Settings(each=3).most_each == 3
    with pytest.raises(InputError, match="'each'"):
        Settings(each=0)


@pytest.mark.slow
def test_a_client_has_one_job_at_a_time(strict: Running) -> None:
    clip = demo_clip().read_bytes()
    first = strict.post("/v1/analyze", {"file": ("a.mp4", clip)}, {"Prefer": "respond-async"})
    assert first.status == 202
    second = strict.text("We won!")
    assert second.status == 429
    assert second.table["type"].endswith("client-full")
    assert int(second.headers["retry-after"]) >= 1
    assert strict.ask("DELETE", first.headers["location"]).status in (200, 202, 204)


@pytest.mark.slow
def test_too_many_requests_are_told_when_to_come_again(strict: Running) -> None:
    answers = [strict.ask("GET", "/v1/version") for _ in range(40)]
    refused = [a for a in answers if a.status == 429]
    assert refused
    assert json.loads(refused[0].body)["detail"].startswith("one client may send 30 requests a minute")
    assert int(refused[0].headers["retry-after"]) >= 1
    assert strict.ask("GET", "/healthz").status == 200, "who watches the server is no client"
