"""Measures whether memory grows with the length of a video: the peak of ``mien analyze`` with words, faces, JSON and report.

    python benchmarks/memory.py --minutes 2 10 120
    python benchmarks/memory.py --minutes 2 10 120 --asr off

Each clip is the demo clip, repeated without encoding it again. Each analysis is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import av

from mien.samples import demo_clip

_SCRIPT = """
import resource, sys
from mien.__main__ import main

try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def make_clip(path: Path, minutes: float) -> None:
    """The demo clip's packets again and again, their time stamps moved on."""
    with av.open(str(path), "w") as target:
        streams: dict[str, Any] = {}
        offset = 0.0
        while offset < minutes * 60:
            with av.open(str(demo_clip())) as source:
                for kind in ("video", "audio"):
                    if kind not in streams:
                        streams[kind] = target.add_stream_from_template(getattr(source.streams, kind)[0])
                end = 0.0
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                    move = round(offset / packet.time_base)
                    packet.pts, packet.dts = packet.pts + move, packet.dts + move
                    packet.stream = streams[packet.stream.type]
                    target.mux(packet)
            offset += end + 0.1  # packets of sound begin before 0; they must not fall into the clip before


def main() -> None:
    """Print one row per length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10, 120])
    parser.add_argument("--asr", default="base", help="speech recognition, as of mien analyze")
    args = parser.parse_args()
    print("| minutes | moments | peak MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for minutes in args.minutes:
            clip = Path(scratch) / f"{minutes:g}.mp4"
            make_clip(clip, minutes)
            outputs = {kind: Path(scratch) / f"found.{kind}" for kind in ("json", "html")}
            wanted = [f"--{kind}={path}" for kind, path in outputs.items()]
            command = [sys.executable, "-c", _SCRIPT, "analyze", str(clip), "--quiet", "--asr", args.asr, *wanted]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            count = len(json.loads(outputs["json"].read_text("utf-8"))["segments"])
            print(f"| {minutes:g} | {count} | {float(done.stdout.split()[-1]):.0f} |", flush=True)
            clip.unlink()


if __name__ == "__main__":
    main()
