"""Live sessions as the server sees them: a socket on one side, a worker on the other, and nothing that grows between them."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from mien.client.pieces import PICTURE, SCHEMA
from mien.report.language import Language
from mien.runtime.messages import Table
from mien.server.guard import client_of
from mien.server.job import Job
from mien.server.jobs import Jobs
from mien.server.live.messages import FromClient, Start, piece_of
from mien.server.orders import RESULTS, Order
from mien.server.pool import Worker
from mien.server.problems import Problem, RefusedError, problem_of
from mien.server.routes.forms import failure_of
from mien.server.settings import Settings

_FIRST = 10.0  # seconds until a client has sent its first message
_SILENCE = 30.0  # seconds without a message after which a client counts as gone
_FREE = 12.0  # seconds that a session waits for a worker, which may still end the session of a client that has gone
_SEND = 10.0  # seconds that a client has to take a message


@dataclass
class _Door:
    """Where pictures are left out when the worker is behind; ``left_out`` counts them."""

    left_out: int = 0


class Sessions:
    """The workers of live sessions. They are started by the first session, and wait for the next one.

    Args:
        settings: of the server; ``live`` is the number of sessions at once.
        jobs: know the session as a job, so that its results can be asked for.
    """

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        self._settings, self._jobs = settings, jobs
        self.workers = [Worker(settings, live=True) for _ in range(settings.live)]
        self._free = asyncio.Queue[Worker]()
        self._clients = Counter[str]()  # sessions of each client
        for worker in self.workers:
            self._free.put_nowait(worker)

    async def stop(self) -> None:
        """Ends the workers."""
        for worker in self.workers:
            await worker.stop()

    async def serve(self, socket: WebSocket) -> None:
        """Serves one session, from its first message to its end."""
        await socket.accept()
        try:
            async with self._share(client_of(socket)), self._worker() as worker:
                start = await _started(socket)
                await worker.start()
                await self._session(socket, worker, start)
        except RefusedError as refused:
            await _close(socket, problem_of(refused))
        except (WebSocketDisconnect, TimeoutError):
            with suppress(RuntimeError):  # it has been closed already
                await socket.close(1001)

    @asynccontextmanager
    async def _share(self, client: str) -> AsyncIterator[None]:
        """Counts one more session of a client.

        Raises:
            RefusedError: it has its share already.
        """
        most = self._settings.most_live_each
        if most and self._clients[client] >= most:
            sentence = f"one client may have {most} live sessions at once; end one, or try again later"
            raise RefusedError(429, "client-full", sentence)
        self._clients[client] += 1
        try:
            yield
        finally:
            self._clients[client] -= 1
            self._clients += Counter()  # forgets those who have none

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        try:
            async with asyncio.timeout(_FREE):
                worker = await self._free.get()
        except TimeoutError:
            sentence = "all live sessions of this server are taken; try again later"
            raise RefusedError(429, "live-full", sentence) from None
        try:
            yield worker
        finally:
            self._free.put_nowait(worker)

    async def _session(self, socket: WebSocket, worker: Worker, start: Start) -> None:
        folder = self._jobs.new_folder(client_of(socket))
        forms = tuple(RESULTS)
        name, longest = Language(start.lang)("server.live_name"), self._settings.max_seconds
        order = Order(folder.name, "live", str(folder), name, "", None, "", forms, start.lang, longest)
        job = self._jobs.adopt(order)
        await _send(socket, {"type": "ready", "schema": SCHEMA, "job": job.id, "bundle": self._settings.bundle})
        work = asyncio.create_task(self._jobs.carry_out(worker, job))
        door = _Door()
        told = asyncio.create_task(_tell(socket, job, door))
        heard = asyncio.create_task(_hear(socket, worker, job, door))
        try:
            await asyncio.wait({told, heard}, return_when=asyncio.FIRST_COMPLETED)
            if heard.done() and heard.exception() is None:
                await told  # the client has stopped, and waits for the last answers
            for task in (heard, told):
                if task.done() and (error := task.exception()) is not None:
                    raise error
        finally:
            job.gave_up.set()
            for task in (heard, told):
                task.cancel()
            await asyncio.gather(heard, told, return_exceptions=True)
            await work
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(1000)


async def _started(socket: WebSocket) -> Start:
    """The first message.

    Raises:
        RefusedError: it is another one.
    """
    async with asyncio.timeout(_FIRST):
        found = _control(await socket.receive_text())
    if not isinstance(found, Start):
        raise RefusedError(422, "no-start", "a session begins with a message of the type 'start'")
    return found


def _control(text: str) -> object:
    try:
        return FromClient.validate_json(text)
    except ValidationError as error:
        said = "; ".join(
            f"'{'.'.join(str(p) for p in e['loc'])}': {e['msg']}" for e in error.errors(include_input=False)
        )
        raise RefusedError(422, "bad-message", f"this is no message of {SCHEMA}: {said}") from error


async def _hear(socket: WebSocket, worker: Worker, job: Job, door: _Door) -> None:
    """Hands on what the client sends, until it stops."""
    while True:
        async with asyncio.timeout(_SILENCE):
            message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        if (content := message.get("bytes")) is not None:
            piece = piece_of(content)
            table = {"kind": piece.kind, "time": piece.time, "content": base64.b64encode(piece.content).decode("ascii")}
            if not await worker.hand_on({"piece": table}, stale=piece.kind == PICTURE):
                door.left_out += 1
        else:
            if isinstance(_control(message.get("text") or ""), Start):
                raise RefusedError(422, "bad-message", "this session has begun already")
            await worker.hand_on({"stop": job.id}, stale=False)
            return


async def _tell(socket: WebSocket, job: Job, door: _Door) -> None:
    """Tells the client what the worker tells. The job keeps it until the client takes it, so nothing is queued twice."""
    dropped = told = 0
    async for _, name, data in job.listen():
        if name == "dropped":
            dropped = data["count"]
        if dropped + door.left_out > told and name in ("dropped", "final", "end"):
            told = dropped + door.left_out
            await _send(socket, {"type": "dropped", "count": told})
        if name == "dropped":
            continue
        if name == "failed":
            await _send(socket, {"type": "problem", "problem": failure_of(job).model_dump()})
        elif name not in ("progress", ""):
            await _send(socket, {"type": name, **data})


async def _send(socket: WebSocket, table: Table) -> None:
    async with asyncio.timeout(_SEND):
        await socket.send_json(table)


async def _close(socket: WebSocket, problem: Problem) -> None:
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        await _send(socket, {"type": "problem", "problem": problem.model_dump()})
        await socket.close(1008 if problem.status != 429 else 1013)
