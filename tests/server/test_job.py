"""What a job keeps of what it tells, and who hears it."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("fastapi", reason="needs the server: pip install 'mien[serve]'")
from mien.server.job import Job
from mien.server.orders import Kind, Order


def told(kind: Kind, count: int) -> Job:
    job = Job(Order("id", kind, "", "", "", None, "", (), "en", 60.0))
    for n in range(count):
        job.tell("words", {"n": n})
    return job


def heard(job: Job, after: int = 0) -> list[tuple[int, str, int | None]]:
    async def listen() -> list[tuple[int, str, int | None]]:
        return [(number, name, data.get("n")) async for number, name, data in job.listen(after)]

    return asyncio.run(listen())


def test_a_clip_keeps_all_and_a_session_the_latest() -> None:
    clip, live = told("analyze", 1500), told("live", 1500)
    for job in (clip, live):
        job.tell("end", {})
        job.tell("words", {"n": -1})
    assert [number for number, _, _ in heard(clip)] == list(range(1, 1502))
    assert heard(live)[0] == (502, "words", 501)
    assert heard(live)[-1] == (1501, "end", None)
    assert len(live.events) == 1000


@pytest.mark.parametrize("kind", ["analyze", "live"])
def test_who_comes_back_hears_what_came_meanwhile(kind: Kind) -> None:
    job = told(kind, 1200)
    job.tell("end", {})
    assert heard(job, after=1199) == [(1200, "words", 1199), (1201, "end", None)]
    assert heard(job, after=1201) == []


def test_a_listener_keeps_up_with_a_session_that_forgets() -> None:
    async def both() -> list[int]:
        job, numbers = told("live", 0), list[int]()

        async def listen() -> None:
            numbers.extend([number async for number, _, _ in job.listen()])

        task = asyncio.create_task(listen())
        for n in range(3000):
            job.tell("words", {"n": n})
            if n % 100 == 0:
                await asyncio.sleep(0)
        job.tell("end", {})
        await task
        return numbers

    assert asyncio.run(both()) == list(range(1, 3002))
