"""Measures whether memory grows with the length of a video: the peak of a whole analysis, each in a new process.

    python benchmarks/memory.py --minutes 10 20 40

Each clip is the demo clip, repeated without encoding it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import av

from mien.samples import demo_clip

_SCRIPT = """
import resource, sys
from pathlib import Path
from mien.media.segmenting import Segmenter
from mien.types import Segment

count = sum(isinstance(found, Segment) for found in Segmenter(sys.argv[2]).read(Path(sys.argv[1])))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
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
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 20, 120])
    parser.add_argument("--asr", default="off", help="auto recognises words too (slower; the model adds a constant)")
    args = parser.parse_args()
    print("| minutes | segments | peak MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for minutes in args.minutes:
            clip = Path(scratch) / f"{minutes:g}.mp4"
            make_clip(clip, minutes)
            command = [sys.executable, "-c", _SCRIPT, str(clip), args.asr]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            count, peak = done.stdout.split()
            print(f"| {minutes:g} | {count} | {float(peak):.0f} |", flush=True)
            clip.unlink()


if __name__ == "__main__":
    main()
