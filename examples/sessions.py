"""A person over time, in an encrypted store: ``python examples/sessions.py [CLIP ...]``, the recordings in order of days."""

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from mien import Analyzer
from mien.events import finish
from mien.samples import demo_clip
from mien.scenarios.gate.decide import Use, decide
from mien.scenarios.medicine.course import course
from mien.scenarios.medicine.page import page, summary
from mien.scenarios.reading import read, session
from mien.scenarios.store.cipher import new_key
from mien.scenarios.store.erasure import forget
from mien.scenarios.store.store import open_store
from mien.scenarios.wording import Wording

use = Use("session", "clinical")
decide(use).check(consent="ref-17")

clips = [Path(name) for name in sys.argv[1:]] or [demo_clip()] * 2
analyzer, first = Analyzer("open"), date(2026, 11, 2)
with tempfile.TemporaryDirectory() as folder, open_store(folder, new_key(), "example", make=True) as store:
    for week, clip in enumerate(clips):
        recording = finish(read(analyzer, clip))
        kept = session(recording, "", first + timedelta(7 * week), use.purpose)
        store.add("p017", kept, keep_until=date(2099, 1, 1), consent="ref-17")
    found = course("p017", use.purpose, store.sessions("p017", use.purpose))
    for line in summary(found, Wording("en")):
        print(line)
    Path("p017.html").write_text(page(found), encoding="utf-8")
    print(f"forgotten: {forget(store, 'p017')} records")
