"""The content of the template of a report: rows of words, which ``view`` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.report.page.media import Media


@dataclass(frozen=True)
class NamedLook:
    """The name and the look of a label or a modality; see ``palette.Look``."""

    name: str
    colour: str
    sign: str
    pattern: str


@dataclass(frozen=True)
class Bar:
    """The probability of a label as a bar.

    ``index`` is the place of the label among all, ``width`` is in percent, and ``about`` gives the probability in words.
    """

    name: str
    index: int
    width: str
    about: str


@dataclass(frozen=True)
class MomentRow:
    """A moment in the transcript.

    Attributes:
        clock: the time; "" for a picture.
        who: the person.
        text: the words; "" when there are none.
        label, index: the answer, and its place among all labels.
        sure: whether it can be relied on.
        about: its probability in words.
        depth: how dark the colour of the words is, 0 to 4.
        shares: how much each input counted, for the printed page.
        doubts: why the answer is less sure, for the printed page.
        conflict: whether the inputs disagree.
    """

    clock: str
    who: str
    text: str
    label: str
    index: int
    sure: bool
    about: str
    depth: int
    shares: str
    doubts: Sequence[str]
    conflict: bool


@dataclass(frozen=True)
class PersonCard:
    """One person over the whole clip.

    Attributes:
        name: of the person.
        spoke: number and length of the moments.
        bars: the most probable labels.
        place: valence and arousal; empty when the labels are not emotions.
        portrait: a small picture of the face as a data URL; "" where there is none.
    """

    name: str
    spoke: str
    bars: Sequence[Bar]
    place: Sequence[str]
    portrait: str = ""


@dataclass(frozen=True)
class AloneRow:
    """What one input alone says about the whole clip.

    Attributes:
        name: of the input, or of all of them together.
        parts: place of a label, and where its part of the bar begins and how long it is, in percent.
        counted: the share of the evidence that came from it, in words; "" for all together.
    """

    name: str
    parts: Sequence[tuple[int, str, str]]
    counted: str


@dataclass(frozen=True)
class Side:
    """What one input says in a conflict."""

    modality: str
    label: str
    index: int
    about: str


@dataclass(frozen=True)
class Conflict:
    """A moment at which two inputs disagree. ``moment`` is its number."""

    moment: int
    clock: str
    who: str
    text: str
    sides: Sequence[Side]


@dataclass(frozen=True)
class LlmRow:
    """What a language model said about a moment. ``moment`` is its number.

    Attributes:
        label, index, about: its most probable label, the place of that among all labels, and its probability in words.
        words: free words; "" without any.
        claim: the reason that it states; "" without one.
        tested: what its answer becomes without each input; "" where not tested.
        doubts: why the claim is in doubt; "" where it is not.
    """

    moment: int
    clock: str
    who: str
    text: str
    label: str
    index: int
    about: str
    words: str
    claim: str
    tested: str
    doubts: str


@dataclass(frozen=True)
class Driver:
    """A moment that moved the summary. ``points`` says how far."""

    moment: int
    clock: str
    who: str
    text: str
    points: str


@dataclass(frozen=True)
class QualityRow:
    """How good an input was: the lowest, median and highest value of one measure, in words."""

    key: str
    modality: str
    name: str
    said: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """Everything that the template shows.

    Attributes:
        name: of the clip.
        facts: short facts below the name.
        summary: the whole clip in sentences.
        overall: probabilities over the whole clip.
        labels, modalities: their names and looks, in order.
        warnings, notes: pairs of a sentence and whether it is in the reader's language.
        calibrated: whether the probabilities are calibrated.
        moments: the transcript.
        people, conflicts, drivers, quality: rows of the sections of these names.
        explained: how many moments were explained.
        placed: whether labels have a valence and an arousal.
        timed: whether the clip has a length.
        technical: pairs of a name and a value.
        alone: what each input alone says; empty where there is only one.
        tracked: whether there are curves below the moments.
        card: what an index of several pages shows of this one, as JSON.
        media: the clip itself; ``None`` when there is no clip to play.
        llm: what a language model said; empty where none was asked.
        llm_facts: what it did for the clip, in sentences.
    """

    name: str
    facts: Sequence[str]
    summary: str
    overall: Sequence[Bar]
    labels: Sequence[NamedLook]
    modalities: Sequence[NamedLook]
    warnings: Sequence[tuple[str, bool]]
    calibrated: bool
    notes: Sequence[tuple[str, bool]]
    moments: Sequence[MomentRow]
    people: Sequence[PersonCard]
    conflicts: Sequence[Conflict]
    drivers: Sequence[Driver]
    explained: int
    quality: Sequence[QualityRow]
    placed: bool
    timed: bool
    technical: Sequence[tuple[str, str]]
    alone: Sequence[AloneRow]
    tracked: bool
    card: str
    media: Media | None
    llm: Sequence[LlmRow] = ()
    llm_facts: Sequence[str] = ()
