"""The data card of a set, in the form of a datasheet (Gebru et al. 2021, "Datasheets for datasets", CACM 64).

What mien knows stands between two marks, and is written anew whenever the set changes. What only people know stands around it:
mien asks, and keeps what they answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mien.collection.dataset import DataSet
from mien.collection.measures.advice import Advice
from mien.collection.measures.measure import SetMeasures
from mien.collection.measures.numbers import effective
from mien.collection.rights.permission import USABLE
from mien.data.split import SPLITS
from mien.report.language import Language
from mien.report.studies.dataset import said
from mien.runtime.cache import write_atomic
from mien.runtime.marks import marks, rebuilt

CARD = "card.md"
_PART = "what mien measured"
_QUESTIONS = """# {name}: data card

## Motivation

*For what purpose was the set made, by whom, and who paid for it?*

## How it was recorded

*Where, with which devices, in which situations? Were people asked to act, or recorded as they are? What were
they told and paid?*

{start}
{end}

## Uses

*What is it for? What must it not be used for? Labels say which emotion people express, as annotators perceive it, and not what
anybody feels.*

## Distribution and maintenance

*Who may have it, under which terms? Whom do people write to who want to be removed (`mien data forget`)?*
"""


def write_card(dataset: DataSet, found: SetMeasures, advised: Sequence[Advice]) -> Path:
    """Writes the card of a set, or brings the part that mien measures up to date, completely or not at all.

    Raises:
        InputError: the card lacks the marks between which this part stands.
    """
    path = dataset.folder / CARD
    start, end = marks(_PART)
    text = (
        path.read_text(encoding="utf-8") if path.is_file() else _QUESTIONS.format(name=found.name, start=start, end=end)
    )
    write_atomic(path, rebuilt(text, _PART, "\n".join(_lines(dataset, found, advised))))
    return path


def _lines(dataset: DataSet, found: SetMeasures, advised: Sequence[Advice]) -> Iterator[str]:
    settings, counts = dataset.settings, found.counts
    people, sources = (effective(counts[kind].values()) for kind in ("person", "source"))
    yield from ("", "## Composition", "")
    yield f"- {found.clips:,} clips ({found.seconds / 60:.1f} minutes) from {found.recordings:,} recordings"
    yield f"- {len(counts['person']):,} people (effectively {people:.1f}); recordings effectively {sources:.1f}"
    yield f"- labels of the task '{settings.task}': {', '.join(settings.labels)}"
    yield f"- labelled: {found.labelled:,} clips, {found.votes:,} votes of {found.annotators:,} annotators"
    for kind, title in (("label", "labels"), ("language", "languages"), ("gender", "genders"), ("age", "ages")):
        if counts[kind]:
            yield f"- {title}: {_counted(counts[kind])}"
    yield f"- modalities: {_counted(counts['modality'])}"
    yield f"- Vendi score over encoder states: {found.vendi:.1f}; near-duplicates: {found.near:,}"
    yield from ("", "## Collection and labelling", "")
    drafted = sorted({draft.name for draft in dataset.drafts().values()})
    yield f"- cut and read by the bundle '{settings.bundle}' of mien"
    yield f"- drafted by: {', '.join(drafted) or 'nothing'}; drafts are no labels"
    yield f"- left out by quality: {_counted(found.refused) or 'nothing'}; unreadable recordings: {len(found.unreadable):,}"
    sizes = {split: sum(row[split] for row in found.by_split.values()) for split in SPLITS}
    yield f"- splits, disjoint in person, recording and near-duplicates: {_counted(sizes)}"
    yield f"- people, recordings, groups of duplicates in several splits: {', '.join(str(n) for n in found.leaks.values())}"
    yield from ("", "## Rights", "")
    allowed = sum(count for why, count in found.rights.items() if why in USABLE)
    yield f"- {allowed:,} of {found.clips:,} clips may be trained on, by consent or licence; the manifest holds no others"
    yield f"- grounds: {_counted(found.rights)}"
    yield from ("", "## Known gaps", "")
    yield from (f"- {said(Language('en'), item)}" for item in advised)
    if not advised:
        yield "- none that mien looks for"
    yield ""


def _counted(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items())
