"""What happens when a process ends: a worker, or the whole server."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from mien.errors import MienError
from mien.samples import demo_clip

from .running import Running, running, until

pytestmark = pytest.mark.slow


def workers(server: Running) -> list[psutil.Process]:
    return [p for p in psutil.Process(server.process.pid).children() if "mien.server.worker" in p.cmdline()]


def test_a_worker_that_ends_fails_its_job_and_no_other(tmp_path: Path) -> None:
    with running(tmp_path, "--asr", "off") as server:
        job = server.client.submit(demo_clip())
        after = server.client.submit(text="We won!")
        until(lambda: server.ask("GET", f"/v1/jobs/{job}").table["progress"])
        (worker,) = workers(server)
        worker.kill()
        assert [told["event"] for told in server.client.events(job)][-1] == "failed"
        with pytest.raises(MienError, match="ended the process that read it"):
            server.client.result(job)
        assert [told["event"] for told in server.client.events(after)][-1] == "end"
        assert server.gauge("mien_worker_restarts") == 1
        assert not list(server.place.glob("*/clip"))


def test_a_server_that_is_killed_leaves_no_worker_and_says_what_was_lost(tmp_path: Path) -> None:
    with running(tmp_path, "--asr", "off") as server:
        port = server.address.rpartition(":")[2]
    with running(tmp_path, "--asr", "off", "--port", port) as server:
        done = server.client.submit(text="We won!")
        list(server.client.events(done))
        job = server.client.submit(demo_clip())
        until(lambda: server.ask("GET", f"/v1/jobs/{job}").table["progress"])
        (worker,) = workers(server)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        worker.wait(20)
    with running(tmp_path, "--asr", "off", "--port", port) as server:
        answer = server.ask("GET", f"/v1/jobs/{job}")
        sentence = "the server was ended before this job was done; send the clip again"
        assert (answer.status, answer.table["detail"]) == (410, sentence)
        assert server.ask("GET", f"/v1/jobs/{done}").status == 404
        assert not list(server.place.iterdir())
        assert f"they are lost: {job}" in (tmp_path / "errors.log").read_text()


def test_an_ended_server_leaves_no_upload(tmp_path: Path) -> None:
    with running(tmp_path, "--asr", "off") as server:
        server.client.submit(demo_clip())
    assert not list(tmp_path.glob("server/*/*"))
