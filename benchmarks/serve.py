"""Measures a server under load, and how soon a live session answers.

    python -m benchmarks.serve load [--clients 16] [--seconds 600] [--workers 1] [--clip talk.mp4]
    python -m benchmarks.serve live [--seconds 3600] [--asr tiny.en] [--clip talk.mp4]

Both start `mien serve` with one worker for two cores. `load` sends it the same clip from many clients, each of which waits for
its answer before it sends again; a client that is told to come again later does so. It counts failed requests, and measures the
memory of all processes over time. Before and after, as many processes read the same clip as a batch, by `Analyzer`, to compare
the throughput. Processor time for a clip is compared, too: other work on the machine changes it less.

`live` replays the clip to a live session in real time, again and again on one clock. It measures how soon an answer counts a
piece of sound (from when the piece was sent to the first answer whose span holds it), how soon the words of an utterance are
there after its end, the processor time of all that, how often the shown label changes, and the memory over time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import psutil
from tests.server.live.replay import begin, pieces, session
from tests.server.running import Running, running

from mien.client import Client
from mien.client.pieces import SOUND, Piece, written
from mien.errors import InputError
from mien.samples import demo_clip
from mien.server.settings import usual_workers

_BATCH = """
import sys, time
from mien import Analyzer
analyzer = Analyzer(asr="tiny.en")
analyzer.analyze(sys.argv[1])
begun, used, count = time.monotonic(), time.process_time(), 0
while time.monotonic() - begun < float(sys.argv[2]):
    analyzer.analyze(sys.argv[1])
    count += 1
print(count / (time.monotonic() - begun), (time.process_time() - used) / count)
"""


class Pace(NamedTuple):
    """Clips a second, and seconds of processor time for each."""

    rate: float
    used: float

    def __str__(self) -> str:
        return f"{self.rate:.3f} clips a second, {self.used:.3f} s of processor time each"


def load(server: Running, clip: Path, clients: int, seconds: float) -> tuple[int, int, Pace, list[float]]:
    """Answered and failed requests, how fast, and megabytes over time."""
    used = processor(server)
    end, memory = time.monotonic() + seconds, list[float]()

    def client(_: int) -> tuple[int, int]:
        answered = failed = 0
        own = Client(server.address, timeout=600)
        while time.monotonic() < end:
            try:
                own.analyze(clip)
                answered += 1
            except InputError as error:
                failed += "try again" not in error.args[0]
                time.sleep(1)
        return answered, failed

    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        counts = [pool.submit(client, n) for n in range(clients)]
        while time.monotonic() < end:
            memory.append(megabytes(server))
            time.sleep(2)
        found = [count.result() for count in counts]
    answered = sum(a for a, _ in found)
    pace = Pace(answered / (time.monotonic() - begun), (processor(server) - used) / max(1, answered))
    return answered, sum(f for _, f in found), pace, memory


def _processes(server: Running) -> list[psutil.Process]:
    process = psutil.Process(server.process.pid)
    return [process, *process.children(recursive=True)]


def megabytes(server: Running) -> float:
    """The memory of the server and its workers."""
    return float(sum(p.memory_info().rss for p in _processes(server))) / 1e6


def processor(server: Running) -> float:
    """Seconds of processor time that the server and its workers have used."""
    return float(sum(sum(p.cpu_times()[:2]) for p in _processes(server)))


def batch(clip: Path, workers: int, seconds: float) -> Pace:
    """How fast as many processes read the clip again and again."""
    command = [sys.executable, "-c", _BATCH, str(clip), str(seconds)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    said = [process.communicate()[0].split() for process in started]
    return Pace(sum(float(rate) for rate, _ in said), sum(float(used) for _, used in said) / workers)


@dataclass
class Heard:
    """What a live session told, and when, in seconds from its start.

    Attributes:
        sent: (end of a piece of sound on the clock of the session, when it was sent).
        told: (when it came, the message).
        memory: megabytes of all processes, every two seconds.
        used: seconds of processor time of all processes.
    """

    sent: list[tuple[float, float]] = field(default_factory=list)
    told: list[tuple[float, Any]] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    used: float = 0.0

    def of(self, kind: str) -> list[tuple[float, Any]]:
        """The messages of one type."""
        return [(at, m) for at, m in self.told if m["type"] == kind]

    def updates(self) -> list[float]:
        """For each piece of sound inside an answer so far: seconds from its sending to the first such answer."""
        answers = [(at, m["answer"]) for at, m in self.of("partial") if "voice" in m["answer"]["opinions"]]
        times, found = [at for at, _ in answers], []
        for end, sent in self.sent:
            near = answers[bisect_right(times, sent) : bisect_right(times, sent + 5.0)]
            came = next((at for at, a in near if a["start"] + 0.3 <= end <= a["end"] + 0.05), None)
            if came is not None:
                found.append(came - sent)
        return found

    def words(self) -> list[float]:
        """For each utterance with words: seconds from the sending of its end to its final answer."""
        ends = [(at, m["answer"]["end"]) for at, m in self.of("final") if m["answer"]["text"]]
        heard = [e for e, _ in self.sent]
        return [at - self.sent[bisect_left(heard, end - 1e-6)][1] for at, end in ends]


def replay(server: Running, clip: Path, seconds: float) -> Heard:
    """Replays a clip to a live session in real time, again and again."""
    heard = Heard()
    with session(server) as socket:
        begin(socket)
        begun, before = time.monotonic(), processor(server)

        def collect() -> None:
            for message in socket:
                heard.told.append((time.monotonic() - begun, json.loads(message)))

        collector = threading.Thread(target=collect)
        collector.start()
        watched = 0.0
        for piece in _again(clip, seconds):
            length = len(piece.content) / 2 / 16_000 if piece.kind == SOUND else 0.0
            # A piece of sound can be sent when its last sample has been heard.
            time.sleep(max(0.0, piece.time + length - (time.monotonic() - begun)))
            socket.send(written(piece))
            now = time.monotonic() - begun
            if piece.kind == SOUND:
                heard.sent.append((piece.time + length, now))
            if now - watched >= 2.0:
                watched = now
                heard.memory.append(megabytes(server))
        heard.used = processor(server) - before
        socket.send('{"type": "stop"}')
        collector.join()
    return heard


def _again(clip: Path, seconds: float) -> Iterator[Piece]:
    own = sorted(pieces(clip), key=lambda p: p.time + 0.1 * (p.kind == SOUND))
    length = max(p.time for p in own) + 0.1
    at = 0.0
    while at < seconds:
        yield from (p._replace(time=p.time + at) for p in own)
        at += length


def _spread(values: list[float]) -> str:
    if len(values) < 2:
        return "too few"
    return f"median {median(values):.2f} s, p95 {quantiles(values, n=20)[-1]:.2f} s, of {len(values)}"


def _memory(values: list[float]) -> str:
    """The medians of ten equal parts of the time."""
    tenth = max(1, len(values) // 10)
    found = [f"{median(values[at : at + tenth]):.0f}" for at in range(0, len(values) - tenth + 1, tenth)]
    return f"{', '.join(found)} MB, tenth by tenth"


def main() -> None:
    """Runs one of the two and prints the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=("load", "live"))
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--seconds", type=float)
    options.add_argument("--workers", type=int, default=usual_workers())
    options.add_argument("--asr", default="tiny.en")
    options.add_argument("--clip", type=Path, default=demo_clip())
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ.setdefault("MIEN_CACHE", cache)
        serve = ("--asr", given.asr, "--workers", str(given.workers), "--queue", "64")
        if given.what == "load":
            _load(given, Path(cache), serve)
        else:
            _live(given, Path(cache), serve)


def _load(given: argparse.Namespace, cache: Path, serve: tuple[str, ...]) -> None:
    seconds = given.seconds or 600.0
    alone = [batch(given.clip, given.workers, min(seconds, 60.0))]
    with running(cache, *serve) as server:
        server.client.analyze(given.clip)
        answered, failed, pace, memory = load(server, given.clip, given.clients, seconds)
    alone.append(batch(given.clip, given.workers, min(seconds, 60.0)))
    print(f"{given.clients} clients, {seconds:.0f} s, {given.workers} workers: {answered} answered, {failed} failed")
    print(f"memory: {_memory(memory)}; load of the machine: {os.getloadavg()[1]:.1f}")
    print(f"server: {pace}\nas a batch before: {alone[0]}\nafter: {alone[1]}")
    rate, used = median(p.rate for p in alone), median(p.used for p in alone)
    print(
        f"the server has {100 * pace.rate / rate - 100:+.1f} % of throughput, {100 * pace.used / used - 100:+.1f} % of time"
    )


def _live(given: argparse.Namespace, cache: Path, serve: tuple[str, ...]) -> None:
    seconds = given.seconds or 3600.0
    with running(cache, *serve) as server:
        # The first session loads the models.
        replay(server, given.clip, 1.0)
        heard = replay(server, given.clip, seconds)
    partial = heard.of("partial")
    shown = [m["shown"]["changed"] for _, m in heard.told if m["type"] in ("partial", "final")]
    own = [m["latency"] for _, m in partial]
    print(f"{seconds:.0f} s live, {given.asr}: {len(partial)} answers so far, {len(heard.of('final'))} final ones")
    print(f"from a piece of sound to an answer so far that counts it: {_spread(heard.updates())}")
    print(f"from the newest piece that was read to an answer so far (the server's own figure): {_spread(own)}")
    print(f"from the end of an utterance to its words and answer: {_spread(heard.words())}")
    print(f"processor time: {1000 * heard.used / seconds:.0f} ms a second, of all processes of the server")
    print(f"shown labels change {60 * sum(shown) / seconds:.1f} times a minute")
    print(f"memory: {_memory(heard.memory)}")


if __name__ == "__main__":
    main()
