"""Tell what is found in a clip while it is being read: ``python examples/stream.py [CLIP]``."""

import sys

from mien import Analyzer
from mien.events import Answered, Finished, Heard, Notice, Progress
from mien.report.sentences import sentence
from mien.samples import demo_clip

clip = sys.argv[1] if len(sys.argv) > 1 else str(demo_clip())
for event in Analyzer().stream(clip):
    match event:
        case Progress(done=done, total=total) if total:
            print(f"\r{done / total:4.0%}", end="", file=sys.stderr)
        case Heard(words=words, who=who):
            print(f'{who or "somebody"} says: "{words.text}"')
        case Answered(prediction=found):
            print(
                f"{found.span.start:.1f} s to {found.span.end:.1f} s: {found.label} ({found.scores[found.label]:.0%})"
            )
        case Notice():
            print(f"Note: {sentence(event)}.")
        case Finished(timeline=timeline):
            print(f"On the whole: {timeline.label}")
