"""Drafts by a language model: its opinion about each clip joins what the bundle proposes, as in an analysis.

A server elsewhere is sent only clips of people who agreed to sharing, or that have a licence. What was drafted is stored clip
by clip, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import update

from mien.collection import tables
from mien.collection.dataset import DataSet
from mien.collection.rights.permission import USABLE, ground
from mien.collection.rows import Cut, Draft, Recording
from mien.data.load import whole_segment
from mien.emotions import expected
from mien.errors import MediaError
from mien.events import Progress, Work
from mien.llms.opinion.asker import Asker
from mien.llms.opinion.calibration import pooled
from mien.llms.opinion.nouns import LlmOpinion
from mien.llms.opinion.prompt import Subject, Utterance
from mien.timeline import SURE, best
from mien.types import MODALITIES, Clip, Span

SOURCE = "llm"
"""The name of a language model's opinion in ``Draft.opinions``."""

_BEFORE = 6  # utterances before a clip that a question holds


@dataclass(frozen=True)
class Drafted:
    """What a language model drafted.

    Attributes:
        model: its name.
        asked: clips that it was asked about.
        answered: those with a valid answer; the others keep the draft of the bundle.
        unread: clips whose recording could not be read again.
        kept_back: clips that were not sent to a server elsewhere, because nobody agreed to sharing.
    """

    model: str
    asked: int
    answered: int
    unread: int
    kept_back: int


@dataclass(frozen=True)
class _Waiting:
    """A clip without a draft by a language model, its recording, and what was said before it."""

    clip: Cut
    recording: Recording
    draft: Draft
    before: tuple[Utterance, ...]


def draft(dataset: DataSet, asker: Asker, positions: Mapping[str, tuple[float, float]]) -> Work[Drafted]:
    """Asks a language model about every usable clip that none was asked about before.

    Args:
        dataset: the set.
        asker: asks the language model, about the labels of the set.
        positions: valence and arousal of labels; see ``mien.emotions.expected``.

    Yields:
        ``Progress`` over the clips, and what the user should know of the language model.

    Raises:
        InputError: the language model cannot be reached, or the set cannot be written.
    """
    waiting = _waiting(dataset)
    sent = [w for w in waiting if not asker.llm.remote or _shared(dataset, w)]
    opinions: list[LlmOpinion | None] = []
    yield Progress("ask", asker.llm.model, 0, len(sent))
    with _several(asker) as pool:
        for w, opinion in zip(sent, pool.map(lambda w: _opinion(dataset, asker, w), sent), strict=True):
            if opinion is not None and opinion.scores:
                _store(dataset, w.draft, opinion, asker, positions)
            opinions.append(opinion)
            yield Progress("ask", asker.llm.model, len(opinions), len(sent))
    heard = [o for o in opinions if o is not None]
    yield from asker.told(asker.record(heard))
    unread = len(opinions) - len(heard)
    return Drafted(asker.llm.model, len(heard), sum(bool(o.scores) for o in heard), unread, len(waiting) - len(sent))


@contextmanager
def _several(asker: Asker) -> Iterator[ThreadPoolExecutor]:
    """Threads that ask. When the work is stopped, no further question is sent."""
    pool = ThreadPoolExecutor(asker.llm.at_once, thread_name_prefix="mien-ask")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _waiting(dataset: DataSet) -> list[_Waiting]:
    recordings, drafts = {r.id: r for r in dataset.recordings()}, dataset.drafts()
    found = []
    for number, clips in groupby(dataset.clips(), key=lambda clip: clip.recording):
        said: list[Utterance] = []
        for clip in clips:
            known = drafts.get(clip.id)
            if known is not None and not clip.refused and SOURCE not in known.opinions:
                found.append(_Waiting(clip, recordings[number], known, tuple(said[-_BEFORE:])))
            if clip.text:
                said.append(Utterance(_span(clip) or Span(0.0, 0.0), clip.who or None, clip.text))
    return found


def _shared(dataset: DataSet, w: _Waiting) -> bool:
    return ground(w.clip, w.recording, dataset.people(), "share", date.today()) in USABLE


def _opinion(dataset: DataSet, asker: Asker, w: _Waiting) -> LlmOpinion | None:
    """The opinion about a clip; ``None`` where its recording cannot be read."""
    try:
        segment = whole_segment(_clip(dataset, w))
    except MediaError:
        return None
    measured = {m: w.draft.opinions[m] for m in MODALITIES if m in w.draft.opinions}
    return asker.about(Subject(segment, w.before, measured))


def _clip(dataset: DataSet, w: _Waiting) -> Clip:
    """The clip as training reads it, but under the number of its person and not under a name."""
    clip, kind = w.clip, w.recording.kind
    if kind == "video" and "face" not in clip.modalities:
        kind = "audio"  # a voice off screen has no face of its own
    found = Clip(clip.id, text=clip.text or None, span=_span(clip), speaker=clip.who or None)
    if kind == "text":
        return found
    file: dict[str, Any] = {kind: dataset.path_of(w.recording)}  # the field has the name of the kind
    return replace(found, **file)


def _span(clip: Cut) -> Span | None:
    return None if clip.start is None or clip.end is None else Span(clip.start, clip.end)


def _store(
    dataset: DataSet,
    known: Draft,
    opinion: LlmOpinion,
    asker: Asker,
    positions: Mapping[str, tuple[float, float]],
) -> None:
    """Puts an opinion into a draft. Where the bundle has other labels than the set, the opinion stands alone."""
    alone = asker.how.alone or known.scores.keys() != opinion.scores.keys()
    scores = dict(opinion.scores) if alone else pooled(known.scores, opinion.scores, asker.weight)
    label, (valence, arousal) = best(scores), expected(scores, positions)
    values = {
        "name": f"{known.name} with {asker.llm.model}",
        "label": label,
        "scores": _rounded(scores),
        "opinions": {**known.opinions, SOURCE: _rounded(opinion.scores)},
        "valence": valence,
        "arousal": arousal,
        "uncertain": scores[label] < SURE,
    }
    c = tables.drafts.c
    with dataset.database.write() as connection:
        this = update(tables.drafts).where(c.clip == known.clip, c.bundle == known.bundle)
        connection.execute(this.values(values))


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {label: round(p, 5) for label, p in scores.items()}
