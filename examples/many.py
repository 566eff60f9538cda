"""Read many clips with one analyzer, a row of CSV each: ``python examples/many.py [CLIP ...]``."""

import csv
import sys

from mien import Analyzer
from mien.events import Skipped
from mien.samples import demo_clip

clips = sys.argv[1:] or [str(demo_clip()), "there-is-no-such-clip.mp4"]
rows = csv.writer(sys.stdout)
rows.writerow(["clip", "label", "probability", "seconds"])
for found in Analyzer().analyze_many(clips):
    if isinstance(found, Skipped):
        print(f"skipped {found.source}: {found.why}", file=sys.stderr)
    elif found.label is not None:
        rows.writerow([found.source, found.label, round(found.scores[found.label], 3), found.duration])
