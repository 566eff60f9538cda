"""Checks a whole manifest row by row. The file is read once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from mien.data.checks.advice import advise
from mien.data.checks.clips import CheckedClip, look
from mien.data.checks.columns import COLUMNS_OF, misspelt
from mien.data.checks.findings import Fault, Findings, Tally
from mien.data.checks.leaks import Leaks
from mien.data.checks.training import refusal, text_reader
from mien.data.rows import read_rows
from mien.data.split import SPLITS
from mien.events import Progress, Work
from mien.recipe.recipe import Recipe
from mien.types import EMOTION, MODALITIES, Modality, Task

USUAL = (
    EMOTION,
    Task("sentiment", labels=("negative", "neutral", "positive")),
    Task("valence", "score", bounds=(-float("inf"), float("inf"))),
    Task("arousal", "score", bounds=(-float("inf"), float("inf"))),
)
"""The tasks that columns of these names stand for when there is no recipe."""

_LISTED = 1000  # faults that are kept with their reason; all faults are counted


def check(manifest: Path, recipe: Recipe | None) -> Work[Findings]:
    """Checks every clip of a manifest.

    Args:
        manifest: its columns have the standard names; see docs/data.md.
        recipe: its tasks are checked, and its text encoder must be able to read the texts; ``None`` for those of the usual
            tasks that have a column.

    Raises:
        RecipeError: the manifest itself cannot be read.
    """
    found, reads = _Summary(), text_reader(recipe)
    rows = tuple(read_rows(manifest))
    columns = tuple(rows[0])
    wanted = USUAL if recipe is None else recipe.tasks
    used = [task for task in wanted if task.name in columns]
    for number, row in enumerate(rows, start=1):
        found.add(look(row, number, manifest.parent, used, reads), number)
        yield Progress("read", manifest.name, number, len(rows))
    leaks, notes = yield from found.leaks.across_splits()
    if recipe is not None and found.unread:
        name = recipe.encoders["text"].name
        notes.append(f"{found.unread} texts say nothing to the recipe's encoder '{name}'; is it for their language?")
    lacking = _columns(columns, wanted, recipe is not None)
    near = misspelt(columns, [task.name for task in wanted])
    notes += [f"the column '{name}' is not used; did you mean '{meant}'?" for name, meant in near.items()]
    refused = "" if lacking else refusal(manifest, recipe, rows, used)
    return found.findings(str(manifest), used, lacking + leaks, notes + found.notes(refused), not (lacking or refused))


class _Summary:
    """Counts over all rows so far."""

    def __init__(self) -> None:
        self.leaks = Leaks()
        self.rows = self.faulty = self.unlabelled = self.unsplit = self.unread = 0
        self.faults: list[Fault] = []
        self.reasons: Counter[str] = Counter()
        self.tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        self.modalities: Counter[Modality] = Counter()
        self._ids: set[int] = set()

    def add(self, clip: CheckedClip, number: int) -> None:
        """Adds one row."""
        self.rows += 1
        faults = list(clip.faults)
        if hash(clip.id) in self._ids:
            faults.append(("id twice", f"the id '{clip.id}' has stood before"))
        self._ids.add(hash(clip.id))
        self.leaks.add(clip)
        self.unsplit += not clip.stated
        self.unread += clip.unread
        if faults:
            self.faulty += 1
            self.reasons.update({kind for kind, _ in faults})
            if len(self.faults) < _LISTED:
                self.faults.append(Fault(number, clip.id, "; ".join(why for _, why in faults)))
            return
        self.modalities.update(clip.modalities)
        self.unlabelled += not any(clip.labels.values())
        for task, labels in clip.labels.items():
            for label in labels:
                _count(self.tallies[task][label], clip)

    def findings(
        self, name: str, tasks: Sequence[Task], problems: Sequence[str], notes: Sequence[str], trainable: bool
    ) -> Findings:
        """All findings together."""
        usable = self.rows - self.faulty
        has = {m: self.modalities[m] for m in MODALITIES if self.modalities[m]}
        people: Counter[str] = Counter(s for splits in self.leaks.speakers.values() for s in splits)
        return Findings(
            name,
            self.rows,
            self.faulty,
            tuple(self.faults),
            dict(self.reasons.most_common()),
            tuple(problems),
            tuple(notes),
            tuple(advise(tasks, self.tallies, has, usable, self.leaks.repeated()[2] / max(1, self.rows))),
            {
                t: {name: dict(tally.splits) for name, tally in sorted(found.items())}
                for t, found in self.tallies.items()
            },
            {split: people[split] for split in (*SPLITS, "") if people[split]},
            has,
            trainable,
        )

    def notes(self, refused: str) -> list[str]:
        """Warnings: what is worth knowing and need not be a fault."""
        found = []
        shared, tested, _ = self.leaks.repeated()
        if shared:
            found.append(
                f"{shared} of {tested} sentences of the test are in train too: what is learned may be the sentence"
            )
        if refused:
            found.append(f"it cannot be trained on: {refused}")
        elif self.unsplit == self.rows:
            found.append("there is no column 'split': training divides the speakers 70/10/20")
        if 0 < self.unsplit < self.rows:
            found.append(f"{self.unsplit} rows have no split: training leaves them out")
        if told := self.leaks.spelt.told:
            found.append(f"speakers whose names differ only in case and spaces count as one: {told}")
        if not self.leaks.speakers:
            found.append("no speaker is named: nobody can tell whether a person is in two splits")
        if self.unlabelled:
            found.append(f"{self.unlabelled} usable rows have no label")
        return found


def _count(tally: Tally, clip: CheckedClip) -> None:
    tally.splits[clip.split] = tally.splits.get(clip.split, 0) + 1
    if clip.speaker:
        tally.speakers.add(clip.speaker)
    for modality in clip.modalities:
        tally.modalities[modality] = tally.modalities.get(modality, 0) + 1


def _columns(columns: Sequence[str], tasks: Sequence[Task], named: bool) -> list[str]:
    """Problems for columns that are missing and without which nothing can be learned."""
    found = []
    missing = [task.name for task in tasks if task.name not in columns]
    if named and missing:
        found.append(f"there is no column '{missing[0]}', which the recipe learns")
    elif len(missing) == len(tasks):
        found.append(f"there is no column of labels ({', '.join(missing)}); with other labels, name your --recipe")
    media = dict.fromkeys(c for names in COLUMNS_OF.values() for c in names)
    if not any(column in columns for column in media):
        found.append(f"there is no column of clips ({', '.join(media)})")
    return found
