"""A set for the tests of the labelling page: clips of the demo, a tone, and words."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from mien.collection import tables
from mien.collection.dataset import make_set
from mien.collection.settings import SetSettings
from mien.samples import demo_clip

_CLIP: dict[str, Any] = {
    "who": "person-1",
    "person": "anna",
    "language": "en",
    "words": [],
    "quality": {},
    "refused": [],
    "split": "train",
}


def tone(path: Path) -> None:
    """Three seconds of a tone."""
    samples = (8000 * np.sin(2 * np.pi * 220 * np.arange(48_000) / 16_000)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(samples.tobytes())


def make(folder: Path, clips: int = 6, consent: bool = True) -> Path:
    """A set: half of the clips are parts of the demo video, one is a text, the others are parts of a tone."""
    shutil.copy(demo_clip(), folder / "demo.mp4")
    tone(folder / "tone.wav")
    with make_set(folder / "set", SetSettings()) as made, made.database.write() as connection:
        for n, (name, kind) in enumerate((("demo.mp4", "video"), ("tone.wav", "audio"), ("note.txt", "text")), start=1):
            about = {"path": f"../{name}", "name": name, "sha256": str(n), "kind": kind, "collected": "now"}
            connection.execute(insert(tables.recordings).values(id=n, **about))
        for n in range(clips):
            recording = 3 if n == clips - 1 else 1 + n % 2
            there = {1: ["text", "voice", "face"], 2: ["voice"], 3: ["text"]}[recording]
            span = {"start": None, "end": None} if recording == 3 else {"start": 0.2 * n, "end": 0.2 * n + 0.8}
            text = f"Words {n} <b>of</b> this." if "text" in there else ""
            values = {**_CLIP, **span, "recording": recording, "modalities": there, "text": text}
            connection.execute(insert(tables.clips).values(id=f"c{n}", kin=f"c{n}", **values))
            draft = {"clip": f"c{n}", "bundle": "x", "name": "research", "label": "happy", "opinions": {}}
            connection.execute(insert(tables.drafts).values(**draft, scores={"happy": 0.7, "sad": 0.3}))
        if consent:
            connection.execute(insert(tables.people).values(person="anna", scope="label|train"))
    return folder / "set"
