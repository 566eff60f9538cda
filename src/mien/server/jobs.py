"""All jobs of a server: a bounded queue, the workers that empty it, and the end of what is no longer wanted."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mien.runtime.worker import CrashedError
from mien.server.job import Job
from mien.server.metrics import Metrics
from mien.server.orders import RESULTS, Order
from mien.server.pool import Worker
from mien.server.problems import RefusedError
from mien.server.settings import Settings

_log = logging.getLogger("mien.server")
_SWEEP = 10.0  # seconds between two looks for results that are too old
_MOST_KEPT = 1000  # jobs whose results are kept; the oldest go first
_AGAIN = 5.0  # seconds until a worker that does not start is tried again


class Jobs:
    """The jobs of a server.

    Attributes:
        workers: the processes that read clips.
        lost: ids of jobs that an earlier run of the server did not finish.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._more = asyncio.Event()
        self._spans: deque[float] = deque([2.0], maxlen=50)  # how long the last jobs took, seconds
        self._tasks: list[asyncio.Task[None]] = []
        self.workers = [Worker(settings) for _ in range(settings.workers)]
        self.lost: set[str] = set()
        self._coming: dict[str, str] = {}  # {name of a folder: the client that sends} of jobs that are still being sent

    async def start(self) -> None:
        """Clears what an earlier run has left, and starts the workers."""
        place = self._settings.place
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in place.iterdir():
            if folder.is_dir():
                if not any(folder.joinpath(file).exists() for file, _ in RESULTS.values()):
                    self.lost.add(folder.name)
                shutil.rmtree(folder, ignore_errors=True)
        if self.lost:
            _log.warning("the server ended before these jobs did; they are lost: %s", ", ".join(sorted(self.lost)))
        self._tasks = [asyncio.create_task(self._serve(worker)) for worker in self.workers]
        self._tasks.append(asyncio.create_task(self._sweep()))

    async def stop(self) -> None:
        """Ends the workers and removes all uploads and results."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self.workers:
            await worker.stop()
        shutil.rmtree(self._settings.place, ignore_errors=True)

    @property
    def ready(self) -> bool:
        """Whether a worker can read clips."""
        return any(worker.ready for worker in self.workers)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker, with those that are still being sent."""
        return len(self._waiting) + len(self._coming)

    def check_room(self) -> None:
        """Refuses one more job when the queue is full.

        Raises:
            RefusedError: it is full; the answer says when to try again.
        """
        if self.waiting >= self._settings.queue:
            after = max(1, round(sum(self._spans) / len(self._spans) * self.waiting / len(self.workers)))
            self._metrics.count("refused", "queue")
            raise RefusedError(
                429,
                "queue-full",
                f"{self.waiting} jobs wait already, and no more are taken; try again in {after} s",
                {"Retry-After": str(after)},
            )

    def check_share(self, client: str) -> None:
        """Refuses one more job of a client that has its share of the server already.

        Raises:
            RefusedError: it has; the answer says when to try again.
        """
        most = self._settings.most_each
        own = sum(job.client == client and job.ended is None for job in self._jobs.values())
        own += sum(other == client for other in self._coming.values())
        if most is not None and own >= most:
            after = max(1, round(sum(self._spans) / len(self._spans)))
            self._metrics.count("refused", "client")
            sentence = f"one client may have {most} jobs at once; try again in {after} s, or when one has ended"
            raise RefusedError(429, "client-full", sentence, {"Retry-After": str(after)})

    def new_folder(self, client: str) -> Path:
        """A folder for a job that is being sent; its name is the id of the job. The place in the queue is held.

        Args:
            client: who sends it, an address.

        Raises:
            RefusedError: the queue is full, or the client has its share already.
        """
        self.check_room()
        self.check_share(client)
        folder = self._settings.place / secrets.token_urlsafe(16)
        folder.mkdir(parents=True, mode=0o700)
        self._coming[folder.name] = client
        return folder

    def give_up(self, folder: Path) -> None:
        """Removes the folder of a job that could not be sent."""
        self._coming.pop(folder.name, None)
        shutil.rmtree(folder, ignore_errors=True)

    def submit(self, order: Order) -> Job:
        """Puts a job into the queue; its folder is one of ``new_folder``."""
        job = self.adopt(order)
        self._waiting.append(job)
        self._more.set()
        return job

    def adopt(self, order: Order) -> Job:
        """A job beside the queue, of a live session, which has a worker of its own; its folder is one of ``new_folder``."""
        job = Job(order, self._coming.pop(order.job, ""))
        self._jobs[job.id] = job
        return job

    def get(self, id: str) -> Job:
        """The job with an id.

        Raises:
            RefusedError: there is none (any more).
        """
        if id in self._jobs:
            return self._jobs[id]
        if id in self.lost:
            raise RefusedError(410, "lost", "the server was ended before this job was done; send the clip again")
        raise RefusedError(404, "no-job", "there is no such job; its results may have been kept long enough already")

    def cancel(self, job: Job) -> None:
        """Ends a job, wherever it is, and forgets one that has ended."""
        job.gave_up.set()
        if job.state == "waiting":
            job.tell("cancelled", {})
            with suppress(ValueError):
                self._waiting.remove(job)
            self._clear(job)
        elif job.ended is not None:
            self._forget(job)

    async def _serve(self, worker: Worker) -> None:
        """Gives one worker one job after another."""
        while True:
            try:
                await worker.start()
            except CrashedError as error:
                _log.error("a worker does not start: %s", error)
                await asyncio.sleep(_AGAIN)
                continue
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            await self.carry_out(worker, self._waiting.popleft())

    async def carry_out(self, worker: Worker, job: Job) -> None:
        """Gives a job to a worker, and sees to its end."""
        job.state, begun = "running", time.monotonic()
        try:
            await worker.perform(job.order, job.tell, job.gave_up)
        except TimeoutError:
            job.tell("failed", {"mistake": True, "detail": "reading took too long, so it was stopped; cut the clip"})
        except CrashedError:
            detail = (
                f"reading '{job.order.name}' ended the process that read it; the file is damaged, or mien has a fault"
            )
            job.tell("failed", {"mistake": False, "detail": detail})
            _log.error("a worker ended while it carried out a job")
        finally:
            if job.ended is None:
                job.tell("cancelled", {})
            self._clear(job)
        self._spans.append(time.monotonic() - begun)
        self._metrics.observe(job.kind, job.state, time.monotonic() - begun)
        if fault := job.failure.get("fault") if not job.failure.get("mistake") else None:
            _log.error("a job failed with %s", fault)

    def _clear(self, job: Job) -> None:
        """Deletes the uploads of a job that has ended, and the results of one that was not finished."""
        if job.state != "done":
            shutil.rmtree(job.folder, ignore_errors=True)
        elif not self._settings.keep_uploads:
            for file in (job.order.file, job.order.subtitles):
                if file:
                    Path(file).unlink(missing_ok=True)
            job.order = replace(job.order, file="", subtitles="", text=None)

    def _forget(self, job: Job) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        self._jobs.pop(job.id, None)

    async def _sweep(self) -> None:
        """Forgets jobs whose results have been kept long enough, and the oldest when there are too many."""
        while True:
            await asyncio.sleep(min(_SWEEP, max(0.1, self._settings.keep)))
            ended = [job for job in self._jobs.values() if job.ended is not None]
            too_many = len(ended) - _MOST_KEPT
            for number, job in enumerate(sorted(ended, key=lambda j: j.ended or 0.0)):
                if number < too_many or time.monotonic() - (job.ended or 0.0) > self._settings.keep:
                    self._forget(job)
