"""Turns a timeline into the rows of words that the template of its page shows."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from statistics import median

from mien import __version__
from mien.explanation import Explanation
from mien.report import llm
from mien.report.clock import clock
from mien.report.language import Language
from mien.report.page import story
from mien.report.page.media import Media
from mien.report.page.palette import MODALITY_LOOKS, looks
from mien.report.page.shown import (
    AloneRow,
    Bar,
    Conflict,
    Driver,
    LlmRow,
    MomentRow,
    NamedLook,
    PersonCard,
    QualityRow,
    Shown,
    Side,
)
from mien.report.sentences import sentence
from mien.timeline import SURE, Prediction, Timeline, best
from mien.types import MODALITIES, Modality

_PORTRAITS = 4  # that an index shows of one clip
_DRIVERS = 3  # moments that are named beside the summary
_NOTABLE = 0.001  # of a probability; a smaller influence is not shown


def page(timeline: Timeline, say: Language, media: Media | None, explained: Sequence[Explanation | None] = ()) -> Shown:
    """The content of the template for a timeline."""
    labels, modalities, everybody = timeline.labels, modalities_of(timeline), story.people(timeline)
    named = [(say.name_of("labels", k), look) for k, look in zip(labels, looks(labels), strict=True)]
    inputs = [(say.name_of("modalities", m), MODALITY_LOOKS[m]) for m in modalities]
    return Shown(
        name=timeline.source,
        facts=_facts(timeline, everybody, say, media),
        summary=story.summary(timeline, say),
        overall=_bars(timeline.scores, labels, say),
        labels=[NamedLook(name, look.colour, look.sign, look.pattern) for name, look in named],
        modalities=[NamedLook(name, look.colour, look.sign, look.pattern) for name, look in inputs],
        warnings=[(sentence(notice, say.name), True) for notice in timeline.notices],
        calibrated=all(notice.code != "uncalibrated" for notice in timeline.notices),
        notes=[say.note(line) for line in timeline.notes],
        moments=[_moment(p, labels, say, timeline.duration > 0) for p in timeline.predictions],
        people=[_person(p, labels, say, timeline.portraits) for p in everybody],
        conflicts=[c for i, p in enumerate(timeline.predictions) if (c := _conflict(i, p, labels, say))],
        drivers=_drivers(timeline, say),
        explained=sum(e is not None for e in explained),
        quality=_quality(timeline, say),
        placed=all(p.valence is not None for p in timeline.predictions),
        timed=timeline.duration > 0 and any(p.span.duration > 0 for p in timeline.predictions),
        technical=_technical(timeline, say),
        alone=_alone(timeline, labels, say) if len(modalities) > 1 else [],
        tracked=any(p.curves for p in timeline.predictions),
        card=_card(timeline, everybody, say),
        media=media,
        llm=[row for i, p in enumerate(timeline.predictions) if (row := _said(i, p, labels, say)) is not None],
        llm_facts=llm.summary(timeline, say),
    )


def modalities_of(timeline: Timeline) -> list[Modality]:
    """The modalities that were present in at least one moment."""
    return [m for m in MODALITIES if any(m in p.shares or m in p.opinions for p in timeline.predictions)]


def _facts(timeline: Timeline, everybody: Sequence[story.Person], say: Language, media: Media | None) -> list[str]:
    # A picture has people and no moments.
    facts = (
        [say.count("moments", len(timeline.predictions))] if timeline.duration > 0 or not timeline.predictions else []
    )
    named = sum(p.who is not None for p in everybody)
    if named:
        facts.insert(0, say.count("people", named))
    if timeline.duration > 0 and (media is None or media.kind != "text"):
        facts.insert(0, say.span_of_time(timeline.duration))
    return [*facts, say("page.bundle", name=timeline.bundle)]


def _bars(scores: Mapping[str, float], labels: Sequence[str], say: Language) -> list[Bar]:
    order = sorted(labels, key=lambda k: -scores.get(k, 0.0)) if scores else []
    values = [(k, scores.get(k, 0.0)) for k in order]
    return [Bar(say.name_of("labels", k), labels.index(k), f"{100 * v:.1f}", say.about(v)) for k, v in values]


def _moment(p: Prediction, labels: Sequence[str], say: Language, timed: bool) -> MomentRow:
    return MomentRow(
        clock=clock(p.span.start) if timed else "",
        who=say.person(p.who),
        text=p.text,
        label=say.name_of("labels", p.label),
        index=labels.index(p.label),
        sure=not p.uncertain,
        about=say.about(p.scores[p.label]),
        depth=min(4, int(5 * p.scores[p.label])),
        shares=say.join([f"{say.name_of('modalities', m)} {say.about(s)}" for m, s in p.shares.items()]),
        doubts=_doubts(p, say),
        conflict=p.conflict is not None,
    )


def _doubts(p: Prediction, say: Language) -> list[str]:
    """Why an answer is less sure and which labels are possible, in the words of the script, for the printed page."""
    lines = []
    if p.reasons:
        lines.append(say("script.less_sure", list=say.join([say.name_of("reasons", r) for r in p.reasons])))
    if len(p.label_set) > 1:
        lines.append(say("script.plausible", list=say.join([say.name_of("labels", k) for k in p.label_set])))
    return lines


def _person(person: story.Person, labels: Sequence[str], say: Language, portraits: Mapping[str, bytes]) -> PersonCard:
    count = say.count("moments", person.count)
    spoke = say("people.spoke", moments=count, time=say.span_of_time(person.seconds)) if person.seconds else ""
    place = [] if person.valence is None else [_signed(person.valence), _signed(person.arousal or 0.0)]
    picture = portraits.get(person.who or "")
    shown = "" if picture is None else f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}"
    return PersonCard(say.person(person.who), spoke, _bars(person.scores, labels, say)[:3], place, shown)


def _alone(timeline: Timeline, labels: Sequence[str], say: Language) -> list[AloneRow]:
    """A row for each input, with what it says by itself, and one for all of them."""
    counted = story.shares(timeline.predictions)
    rows = [
        AloneRow(say.modality(m), _parts(opinion, labels), say("page.counted", about=say.about(counted.get(m, 0.0))))
        for m, opinion in story.alone(timeline).items()
    ]
    return [*rows, AloneRow(say("page.together"), _parts(timeline.scores, labels), "")]


def _parts(scores: Mapping[str, float], labels: Sequence[str]) -> list[tuple[int, str, str]]:
    parts, at = [], 0.0
    for k, label in enumerate(labels):
        value = 100 * scores.get(label, 0.0)
        parts.append((k, f"{at:.2f}", f"{value:.2f}"))
        at += value
    return parts


def _card(timeline: Timeline, everybody: Sequence[story.Person], say: Language) -> str:
    """What the index of several pages shows of this one; see ``page.index``."""
    known = [timeline.portraits[who] for p in everybody if (who := p.who or "") in timeline.portraits]
    pictures = [base64.b64encode(picture).decode("ascii") for picture in known[:_PORTRAITS]]
    label = timeline.label
    table = {
        "name": timeline.source,
        "length": say.span_of_time(timeline.duration) if timeline.duration > 0 else "",
        "people": sum(p.who is not None for p in everybody),
        "portraits": pictures,
        "label": "" if label is None else say.label(label),
        "look": None if label is None else vars(looks(timeline.labels)[timeline.labels.index(label)]),
        "clear": label is not None and timeline.scores[label] >= SURE,
        "probability": 0.0 if label is None else round(timeline.scores[label], 4),
        "about": "" if label is None else say.about(timeline.scores[label]),
        "moments": len(timeline.predictions),
        "uncertain": sum(p.uncertain for p in timeline.predictions),
        "conflicts": sum(p.conflict is not None for p in timeline.predictions),
    }
    return json.dumps(table, ensure_ascii=False)


def _signed(value: float) -> str:
    return f"{value + 0.0:+.1f}".replace("-0.0", "+0.0")


def _when(p: Prediction) -> str:
    """The time of a moment; "" for a picture, which has none."""
    return clock(p.span.start) if p.span.end > 0 else ""


def _conflict(i: int, p: Prediction, labels: Sequence[str], say: Language) -> Conflict | None:
    pair = p.conflict
    if pair is None:
        return None
    sides = [
        Side(
            say.name_of("modalities", side.modality),
            say.name_of("labels", side.label),
            labels.index(side.label) if side.label in labels else 0,
            say.about(side.probability),
        )
        for side in pair
    ]
    return Conflict(i, _when(p), say.person(p.who), p.text, sides)


def _said(i: int, p: Prediction, labels: Sequence[str], say: Language) -> LlmRow | None:
    """What a language model said about a moment; ``None`` where it gave no valid answer."""
    said = p.llm
    if said is None or not said.scores:
        return None
    label = best(said.scores)
    return LlmRow(
        i,
        _when(p),
        say.person(p.who),
        p.text,
        say.name_of("labels", label),
        labels.index(label),
        say.about(said.scores[label]),
        llm.words_of(p, say),
        said.claim,
        llm.deletions(said, say),
        llm.doubts(said, say),
    )


def _drivers(timeline: Timeline, say: Language) -> list[Driver]:
    """The moments that moved the summary most towards its label; empty in a picture, and when there are too few to compare."""
    moved = timeline.influences if timeline.duration > 0 else ()
    order = sorted(range(len(moved)), key=lambda i: -moved[i])[:_DRIVERS] if len(moved) > _DRIVERS else []
    chosen = ((i, timeline.predictions[i]) for i in order if moved[i] >= _NOTABLE)
    return [
        Driver(i, _when(p), say.person(p.who), p.text, say("numbers.points", n=f"{100 * moved[i]:+.1f}"))
        for i, p in chosen
    ]


def _quality(timeline: Timeline, say: Language) -> list[QualityRow]:
    rows = []
    for m in modalities_of(timeline):
        names = dict.fromkeys(name for p in timeline.predictions for name in p.quality.get(m, {}))
        for name in names:
            values = [q[name] for p in timeline.predictions if name in (q := p.quality.get(m, {}))]
            values = [v for v in values if math.isfinite(v)]
            if values:
                three = (min(values), median(values), max(values))
                said = [say.measure(name, v) for v in three]
                rows.append(QualityRow(name, say.name_of("modalities", m), say.name_of("quality", name), said))
    return rows


def _technical(timeline: Timeline, say: Language) -> list[tuple[str, str]]:
    rows = {
        "source": timeline.source,
        **({"duration": f"{timeline.duration:.2f} s"} if timeline.duration > 0 else {}),
        "bundle": timeline.bundle,
        "sha256": timeline.bundle_sha256,
        "task": timeline.task,
        "version": __version__,
    }
    return [(say(f"technical.{key}"), value) for key, value in rows.items()]
