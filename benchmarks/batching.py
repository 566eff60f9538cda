"""Whether it would pay to run the encoders of several requests at once: processor time of an input, by how many go together.

    python -m benchmarks.batching

It reads the demo clip, takes the tracks of its moments, and runs each encoder on 1, 2, 4 and 8 of them at once. The last line
is the share of the processor time of the whole clip that these graphs take: no more than that can be saved.
"""

from __future__ import annotations

import time
from collections import defaultdict

from mien import Analyzer
from mien.events import Answered
from mien.samples import demo_clip
from mien.types import Modality, Track

_TIMES = 10


def main() -> None:
    """Prints the figures."""
    analyzer = Analyzer(asr="tiny.en")
    analyzer.analyze(demo_clip())
    begun, tracks = time.process_time(), defaultdict[Modality, list[Track]](list)
    for event in analyzer.stream(demo_clip()):
        if isinstance(event, Answered):
            for modality, track in event.moment.tracks.items():
                tracks[modality].append(track)
    whole = time.process_time() - begun
    spent = 0.0
    for modality, found in tracks.items():
        alone = 0.0
        for count in (1, 2, 4, 8):
            together = [found[n % len(found)] for n in range(count)]
            analyzer.bundle.encode(modality, together)
            begun = time.process_time()
            for _ in range(_TIMES):
                analyzer.bundle.encode(modality, together)
            each = (time.process_time() - begun) / _TIMES / count
            alone = alone or each
            print(f"{modality}: {count} at once, {1000 * each:.1f} ms of processor time each")
        spent += alone * len(found)
    print(f"the clip takes {whole:.2f} s of processor time, these graphs {spent:.3f} s of them ({spent / whole:.1%})")


if __name__ == "__main__":
    main()
