"""Reads one recording, once, into everything that a set keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mien.bundle.encoded import EncodedTracks
from mien.collection.reading.fingerprints import fingerprints
from mien.collection.reading.gates import measured, refused
from mien.collection.settings import Gates
from mien.events import Answered, Finished, Heard, Work
from mien.media.decoding.open import probe
from mien.media.written import is_text
from mien.pipeline import Analyzer
from mien.timeline import Prediction, Timeline
from mien.types import Modality, Segment

ROW = dict[str, Any]
"""A row of a table of ``mien.collection.tables``."""


@dataclass
class Read:
    """What one reading of a recording found.

    Attributes:
        kind: "video", "audio", "image" or "text".
        seconds: its length.
        clips, fingerprints, states, drafts: rows of these tables. Clips have no person, kin or split yet.
    """

    kind: str
    seconds: float = 0.0
    clips: list[ROW] = field(default_factory=list)
    fingerprints: list[ROW] = field(default_factory=list)
    states: list[ROW] = field(default_factory=list)
    drafts: list[ROW] = field(default_factory=list)


@dataclass(frozen=True)
class _Moment:
    """What is kept of a segment until the end of the recording, when its last answer is known."""

    segment: Segment
    prints: Mapping[str, bytes]
    states: Mapping[str, bytes]
    quality: Mapping[str, float]


def read(analyzer: Analyzer, path: Path, sha256: str, gates: Gates) -> Work[Read]:
    """Reads a recording with ``Analyzer.stream``.

    Args:
        analyzer: reads it.
        path: the recording.
        sha256: of its bytes; ids of clips begin with it.
        gates: what a clip needs.

    Yields:
        The events of the stream but for words and answers.

    Raises:
        InputError: the recording cannot be read.
    """
    kind = kind_of(path)
    moments: list[_Moment] = []
    with closing(analyzer.stream(path)) as stream:
        for event in stream:
            if isinstance(event, Answered):
                moments.append(_moment(analyzer, event))
            elif isinstance(event, Finished):
                return _found(analyzer, event.timeline, moments, kind, sha256, gates)
            elif not isinstance(event, Heard):
                yield event
    raise AssertionError("the stream of a recording ends with Finished")


def kind_of(path: Path) -> str:
    """What a file is read as: "video", "audio", "image" or "text".

    Raises:
        InputError: it is none of these.
    """
    return "text" if is_text(path) else probe(path).kind


def _moment(analyzer: Analyzer, event: Answered) -> _Moment:
    moment = event.moment
    encoded = analyzer.bundle.encoded(moment.tracks)
    states = {modality: _mean(part).tobytes() for modality, part in encoded.items()}
    kept = Segment(moment.segment.span, moment.segment.who, moment.segment.words)
    return _Moment(kept, fingerprints(moment.segment), states, measured(moment.segment, event.prediction))


def _mean(encoded: EncodedTracks) -> np.ndarray[Any, np.dtype[np.float16]]:
    """The mean of the states of one segment over time, float16 (D,): half of the bytes, and far more exact than needed."""
    return np.asarray(encoded.states[0][encoded.mask[0]].mean(axis=0), np.float16)


def _found(
    analyzer: Analyzer, timeline: Timeline, moments: list[_Moment], kind: str, sha256: str, gates: Gates
) -> Read:
    found, ids = Read(kind, round(timeline.duration, 3)), set[str]()
    for moment, prediction in zip(moments, timeline.predictions, strict=True):
        clip = _clip(moment, prediction, kind, gates)
        clip["id"] = _unique(_id(sha256, moment.segment), ids)
        found.clips.append(clip)
        found.fingerprints += [{"clip": clip["id"], "kind": k, "bits": bits} for k, bits in moment.prints.items()]
        bundle = timeline.bundle_sha256
        found.states += [
            {"clip": clip["id"], "modality": m, "bundle": bundle, "values": values}
            for m, values in moment.states.items()
        ]
        found.drafts.append(_draft(clip["id"], prediction, bundle, timeline.bundle))
    return found


def _clip(moment: _Moment, prediction: Prediction, kind: str, gates: Gates) -> ROW:
    segment, still = moment.segment, kind in ("image", "text")
    words = segment.words.items if segment.words is not None else ()
    modalities: tuple[Modality, ...] = tuple(prediction.opinions)
    return {
        "start": None if still else round(segment.span.start, 3),
        "end": None if still else round(segment.span.end, 3),
        "who": segment.who or "",
        "text": prediction.text,
        "language": prediction.language or "",
        "words": [[w.text, round(w.span.start, 3), round(w.span.end, 3), round(w.confidence, 3)] for w in words],
        "modalities": list(modalities),
        "quality": dict(moment.quality),
        "refused": refused(moment.quality, modalities, still, gates),
    }


def _draft(clip: str, prediction: Prediction, bundle: str, name: str) -> ROW:
    return {
        "clip": clip,
        "bundle": bundle,
        "name": name,
        "label": prediction.label,
        "scores": _rounded(prediction.scores),
        "opinions": {m: _rounded(scores) for m, scores in prediction.opinions.items()},
        "valence": prediction.valence,
        "arousal": prediction.arousal,
        "uncertain": bool(prediction.uncertain),
    }


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {label: round(float(p), 5) for label, p in scores.items()}


def _id(sha256: str, segment: Segment) -> str:
    times = f"{round(segment.span.start * 1000)}-{round(segment.span.end * 1000)}"
    return "-".join(filter(None, (sha256[:12], times, (segment.who or "").replace("-", ""))))


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found)
    return found
