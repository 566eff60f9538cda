"""Measures a server under load, and how soon a live session answers.

    python -m benchmarks.serve [--clients 16] [--seconds 600] [--workers 1] [--clip talk.mp4]

It starts `mien serve` with one worker for two cores and sends it the same clip from many clients, each of which waits for its
answer before it sends again; a client that is told to come again later does so. It counts failed requests, and measures the
memory of all processes over time. Then the same worker count reads the same clip as a batch, by `Analyzer`, to compare the
throughput. At last it replays the clip to a live session in real time and measures the latency of each answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import psutil
from tests.server.live.replay import begin, pieces, session
from tests.server.running import Running, running

from mien.client import Client
from mien.errors import InputError
from mien.samples import demo_clip
from mien.server.live.messages import written
from mien.server.settings import usual_workers

_BATCH = """
import sys, time
from mien import Analyzer
analyzer = Analyzer(asr="tiny.en")
analyzer.analyze(sys.argv[1])
begun, count = time.monotonic(), 0
while time.monotonic() - begun < float(sys.argv[2]):
    analyzer.analyze(sys.argv[1])
    count += 1
print(count / (time.monotonic() - begun))
"""


def load(server: Running, clip: Path, clients: int, seconds: float) -> tuple[int, int, float, list[float]]:
    """Answered and failed requests, their rate a second, and megabytes over time."""
    end, memory = time.monotonic() + seconds, list[float]()

    def client(_: int) -> tuple[int, int]:
        answered = failed = 0
        own = Client(server.address, timeout=600)
        while time.monotonic() < end:
            try:
                own.analyze(clip)
                answered += 1
            except InputError as error:
                failed += "no more are taken" not in error.args[0]
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
    return answered, sum(f for _, f in found), answered / (time.monotonic() - begun), memory


def megabytes(server: Running) -> float:
    """The memory of the server and its workers."""
    process = psutil.Process(server.process.pid)
    return float(sum(p.memory_info().rss for p in (process, *process.children(recursive=True)))) / 1e6


def batch(clip: Path, workers: int, seconds: float) -> float:
    """Clips a second of as many processes that read the clip again and again."""
    command = [sys.executable, "-c", _BATCH, str(clip), str(seconds)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    return sum(float(process.communicate()[0]) for process in started)


def latencies(server: Running, clip: Path, times: int) -> list[float]:
    """Seconds from the arrival of the end of each utterance to its answer, with the clip replayed in real time."""
    found = []
    for _ in range(times):
        with session(server) as socket:
            begin(socket)
            begun = time.monotonic()
            for piece in pieces(clip):
                time.sleep(max(0.0, piece.time - (time.monotonic() - begun)))
                socket.send(written(piece))
            socket.send('{"type": "stop"}')
            told = [json.loads(message) for message in socket]
        found += [
            m["latency"] for m in told if m["type"] == "final" and m["latency"] is not None and m["answer"]["text"]
        ]
    return found


def main() -> None:
    """Runs all and prints the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--seconds", type=float, default=600.0)
    options.add_argument("--workers", type=int, default=usual_workers())
    options.add_argument("--clip", type=Path, default=demo_clip())
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ.setdefault("MIEN_CACHE", cache)
        with running(Path(cache), "--asr", "tiny.en", "--workers", str(given.workers), "--queue", "64") as server:
            server.client.analyze(given.clip)
            answered, failed, rate, memory = load(server, given.clip, given.clients, given.seconds)
            third = max(1, len(memory) // 3)
            print(
                f"{given.clients} clients, {given.seconds:.0f} s, {given.workers} workers: {answered} answered, {failed} failed"
            )
            print(f"memory: first third {median(memory[:third]):.0f} MB, last third {median(memory[-third:]):.0f} MB")
            print(f"throughput: {rate:.3f} clips a second")
            delays = latencies(server, given.clip, 3)
        print(f"batch:      {batch(given.clip, given.workers, min(given.seconds, 60.0)):.3f} clips a second")
        if len(delays) > 1:
            print(
                f"live: median {median(delays):.2f} s, p95 {quantiles(delays, n=20)[-1]:.2f} s of {len(delays)} utterances"
            )


if __name__ == "__main__":
    main()
