"""Read sound and pictures that are still coming in: ``python examples/live.py [CLIP]``.

A file plays the microphone and the camera here. Give pieces of your own devices in its place.
"""

import sys
from collections.abc import Iterator

import av
import numpy as np

from mien import Analyzer
from mien.events import Answered
from mien.samples import demo_clip
from mien.types import SAMPLE_RATE, Audio, Picture


def devices(path: str) -> Iterator[Audio | Picture]:
    """Sound and pictures in order of time, as a microphone and a camera give them."""
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    heard = 0
    with av.open(path) as file:
        for frame in file.decode(audio=0, video=0):
            if isinstance(frame, av.AudioFrame):
                for part in resampler.resample(frame):
                    samples = part.to_ndarray()[0]
                    yield Audio(samples, heard / SAMPLE_RATE)
                    heard += len(samples)
            elif isinstance(frame, av.VideoFrame):
                yield Picture(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), frame.time or 0.0)


clip = sys.argv[1] if len(sys.argv) > 1 else str(demo_clip())
for event in Analyzer().stream(devices(clip)):
    if isinstance(event, Answered):
        found = event.prediction
        print(f"{found.span.start:.1f} s: {found.who or 'somebody'} expresses {found.label}")
