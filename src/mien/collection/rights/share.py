"""Writes a copy of a set for others: a file for each clip of people who agreed to it, and a manifest; anonymised if wanted."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mien.collection.dataset import MANIFEST, DataSet
from mien.collection.manifest import labels_of
from mien.collection.rights.anonymise import Hider, disguised
from mien.collection.rights.permission import USABLE, ground
from mien.collection.rows import Cut, Recording
from mien.collection.truth import truths
from mien.errors import InputError
from mien.events import Progress, Work
from mien.media.centerface import CenterFace
from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.decoding.sound import read_audio
from mien.media.encoding.video import video
from mien.media.encoding.wav import wav
from mien.runtime.cache import replacing, write_atomic
from mien.types import Picture, Span

_RATE = 25.0  # pictures a second


@dataclass(frozen=True)
class Shared:
    """What was written: how many clips, and {why: clips that were left out}."""

    clips: int
    left_out: Mapping[str, int]


def share(dataset: DataSet, out: Path, anonymise: bool, day: date | None = None) -> Work[Shared]:
    """Writes the copy. Names of people become numbers; with ``anonymise``, faces and voices are hidden, too.

    Each clip is cut out, so nobody else in its recording is given away.

    Args:
        dataset: the set.
        out: a new folder.
        anonymise: see ``mien.collection.rights.anonymise``.
        day: on which consents must hold; ``None`` for today.

    Yields:
        ``Progress`` for each clip.

    Raises:
        InputError: the folder is not empty, a recording is gone, or nobody agreed to sharing.
    """
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"'{out}' is not empty; name a new folder")
    recordings, people = {r.id: r for r in dataset.recordings()}, dataset.people()
    clips = dataset.clips(usable=True)
    why = {c.id: ground(c, recordings[c.recording], people, "share", day or date.today()) for c in clips}
    chosen = [clip for clip in clips if why[clip.id] in USABLE]
    left_out = Counter[str](reason for reason in why.values() if reason not in USABLE)
    if not chosen:
        raise InputError(
            f"nobody in '{dataset.folder}' agreed to sharing; the scope 'share' in the consent table says who did"
        )
    numbers = {person: f"person-{n}" for n, person in enumerate(sorted({clip.person for clip in chosen}), start=1)}
    known, rows = truths(dataset.votes()), []
    (out / "clips").mkdir(parents=True, exist_ok=True)
    for number, clip in enumerate(chosen):
        yield Progress("clips", clip.id, number, len(chosen))
        row = {"id": f"{number:06d}", "speaker": numbers[clip.person], "split": clip.split, "text": clip.text}
        row |= _written(dataset, clip, recordings[clip.recording], out, f"clips/{number:06d}", anonymise)
        rows.append(row | {"language": clip.language} | labels_of(dataset, known.get(clip.id)))
    yield Progress("clips", "", len(chosen), len(chosen))
    _write_manifest(out / MANIFEST, rows)
    return Shared(len(chosen), dict(left_out))


def _written(
    dataset: DataSet, clip: Cut, recording: Recording, out: Path, name: str, anonymise: bool
) -> dict[str, str]:
    """Writes the file of a clip, and gives its column of the manifest."""
    path = dataset.path_of(recording)
    if recording.kind == "text":
        return {}
    if not path.is_file():
        raise InputError(f"the recording '{path}' is gone; put it back, or collect it again from where it is now")
    if recording.kind == "image":
        pixels = read_image(path)
        _write_image(out / f"{name}.jpg", Hider(CenterFace()).hide(Picture(pixels)).pixels if anonymise else pixels)
        return {"image": f"{name}.jpg"}
    span = Span(clip.start or 0.0, clip.end or 0.0)
    samples = read_audio(path, span).samples if "voice" in clip.modalities else np.zeros(0, np.float32)
    samples = disguised(samples) if anonymise else samples
    if "face" not in clip.modalities:
        write_atomic(out / f"{name}.wav", wav(samples))
        return {"audio": f"{name}.wav"}
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        if len(samples):
            sound.write_bytes(wav(samples))
        with replacing(out / f"{name}.mkv") as file, video(file, "matroska", sound if len(samples) else None) as writer:
            for picture in _pictures(path, span, anonymise):
                writer.write(picture)
    return {"video": f"{name}.mkv"}


def _pictures(path: Path, span: Span, anonymise: bool) -> Iterator[Picture]:
    """The pictures of a span, whose times begin with it."""
    hider = Hider(CenterFace())
    with closing(stream(path, _RATE, sound=False, start=span.start)) as pieces:
        for piece in pieces:
            if not isinstance(piece, Picture) or piece.time < span.start:
                continue
            if piece.time >= span.end:
                return
            shown = Picture(piece.pixels, piece.time - span.start)
            yield hider.hide(shown) if anonymise else shown


def _write_image(path: Path, pixels: NDArray[np.uint8]) -> None:
    from PIL import Image

    with replacing(path) as file:
        Image.fromarray(pixels).save(file, "JPEG", quality=92)


def _write_manifest(path: Path, rows: list[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in rows for name in row)), restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, text.getvalue())
