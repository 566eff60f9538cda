"""Advice on what would improve a data set most: quantity, diversity, balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.data.checks.findings import Tally
from mien.types import Modality, Task

FEW_EXAMPLES = 100
FEW_SPEAKERS = 5
IMBALANCE = 10
REPEATED = 0.1


def advise(
    tasks: Sequence[Task],
    tallies: Mapping[str, Mapping[str, Tally]],
    modalities: Mapping[Modality, int],
    rows: int,
    repeated: float,
) -> list[str]:
    """Pieces of advice, one sentence each. The thresholds are rules of thumb, not results.

    Args:
        tasks: the tasks of the labels.
        tallies: {task: {label: counts}}.
        modalities: {modality: usable rows that have it}.
        rows: number of usable rows.
        repeated: share of all rows that repeat a sentence.
    """
    found = []
    for task in tasks:
        by_label = tallies.get(task.name, {})
        if task.kind != "score" and by_label:
            found += _quantity(task, by_label) + _diversity(task, by_label) + _gaps(task, by_label, modalities, rows)
    if repeated > REPEATED:
        found.append(f"other sentences: {repeated:.0%} of the rows repeat one, up to case and punctuation")
    return found


def _quantity(task: Task, by_label: Mapping[str, Tally]) -> list[str]:
    found = []
    none = [label for label in task.labels if label not in by_label]
    few = {label: t.count for label, t in by_label.items() if t.count < FEW_EXAMPLES}
    if none:
        found.append(f"any example of {task.name} {', '.join(none)}: there is none, so it cannot be learned")
    if few:
        named = ", ".join(f"{label} ({n})" for label, n in sorted(few.items(), key=lambda pair: pair[1]))
        found.append(f"more examples of {task.name} {named}: below {FEW_EXAMPLES} little can be learned or measured")
    most, least = (pick(by_label, key=lambda k: by_label[k].count) for pick in (max, min))
    if by_label[most].count > IMBALANCE * by_label[least].count:
        ratio = round(by_label[most].count / by_label[least].count)
        found.append(f"a better balance of {task.name}: {most} is {ratio} times as common as {least}")
    return found


def _diversity(task: Task, by_label: Mapping[str, Tally]) -> list[str]:
    few = {label: len(t.speakers) for label, t in by_label.items() if 0 < len(t.speakers) < FEW_SPEAKERS}
    if not few:
        return []
    named = ", ".join(f"{label} ({n})" for label, n in sorted(few.items(), key=lambda pair: pair[1]))
    return [f"more people who express {task.name} {named}: the model may learn who they are instead"]


def _gaps(task: Task, by_label: Mapping[str, Tally], modalities: Mapping[Modality, int], rows: int) -> list[str]:
    """Advice for modalities that are much rarer for one label: a model could learn the label from their absence."""
    return [
        f"{modality} for {task.name} {label}: {tally.modalities.get(modality, 0) / tally.count:.0%} of it have one, "
        f"{count / rows:.0%} of all"
        for label, tally in by_label.items()
        for modality, count in modalities.items()
        if tally.modalities.get(modality, 0) / tally.count < 0.5 * count / rows
    ]
