"""One's own manifest in place of a recipe's data: columns by their standard names, splits by speaker where there are none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mien.data.manifest import FIELDS
from mien.data.rows import Row, read_rows
from mien.data.trained_on import same_source, seen_before
from mien.data.values import score_for, vote_columns, votes_for
from mien.emotions import canonical
from mien.errors import RecipeError, closest
from mien.recipe.recipe import EncoderTable, FeatureTable, Recipe, Source, Target
from mien.types import Modality, Task

Say = Callable[[str], None]
Purpose = Literal["train", "judge", "calibrate"]

COLUMNS_OF: Mapping[Modality, tuple[str, ...]] = {
    "text": ("text",),
    "voice": ("audio", "video"),
    "face": ("image", "video"),
}
"""Which columns of a manifest give each modality."""

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "development"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Names of splits in a manifest, and here."""

SHARES = (0.7, 0.1, 0.2)
"""Shares of the speakers for train, valid and test where a manifest has no splits."""

HOLD_OUT = 0.125
"""An eighth: share of the speakers in train that validate where a manifest has no rows for that."""

_STAND_INS = ("speaker", "dialogue", "video")


@dataclass
class _Survey:
    """What one pass over a manifest finds; rows are not kept."""

    path: Path
    columns: tuple[str, ...] = ()
    rows: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sides: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    voteless: Counter[str] = field(default_factory=Counter)

    @property
    def stated(self) -> bool:
        """Whether any row states its split; a column of nothing is none."""
        return any(self.splits)

    def see(self, row: Row, tasks: Sequence[Task], voted: bool) -> None:
        """Count one row, its votes only where they are learned from (``voted``)."""
        self.rows += 1
        self.splits[_text(row.get("split"))] += 1
        self.sides[_text(row.get("speaker"))].add(_text(row.get("split")))
        for column in _STAND_INS:
            self.groups[column][_text(row.get(column))] += 1
        for task in tasks:
            value = _text(row.get(task.name))
            try:
                self._answer(task, value, vote_columns(task, row) if voted else {}, row)
            except ValueError as error:
                raise RecipeError(f"row {self.rows} of '{self.path}': {error}") from None

    def _answer(self, task: Task, value: str, voted: Mapping[str, str], row: Row) -> None:
        if value and task.kind == "score":
            score_for(task, value)
        elif value:
            self.values[task.name].update(value.split("|"))
        if voted:
            self.voteless[task.name] += not votes_for(row, voted)


def own_data(recipe: Recipe, manifest: Path, say: Say, purpose: Purpose = "train") -> Recipe:
    """The recipe with one source in place of its data: the manifest, read by the standard names of columns.

    Encoders whose modality has no column are left out. Without a column "split", speakers are dealt by a hash: 70 % of
    them train, 10 % validate, 20 % test. Where some rows state a split, the others are left out. ``say`` is told of all that
    was decided.

    To "judge", where nothing is trained, all rows are test rows unless some say that they are. To "calibrate", where nothing is
    trained either, all rows but test rows validate, and without a column "split" so does one half of the speakers. For both,
    ``recipe`` is the bundle's: a manifest it was trained on stays split as it was then, and of another one clips and people
    that it learned from are told.

    Raises:
        RecipeError: a needed column is missing, a label is unknown, or there is nothing to split by.
    """
    known = None if purpose == "train" else same_source(recipe, manifest)
    if known is not None:
        kept = {"judge": "its test rows are judged", "calibrate": "it is calibrated on its validation rows"}[purpose]
        say(f"the bundle was trained on '{manifest}': {kept}, split as they were then")
        return replace(recipe, data=(known,))
    survey = _Survey(manifest)
    for row in read_rows(manifest):
        survey.columns = survey.columns or tuple(row)
        survey.see(row, recipe.tasks, voted=purpose == "train")
    features = _features(recipe, survey)
    done = {"train": "trained", "judge": "judged", "calibrate": "calibrated"}[purpose]
    encoders = _encoders(recipe, survey, features, lambda line: say(f"{line}: {done} without it"))
    source = Source(
        manifest.stem,
        str(manifest.absolute()),
        {name: name for name in FIELDS if name in survey.columns},
        {task.name: _target(task, survey, say, voted=purpose == "train") for task in recipe.tasks},
        {m: t for m, t in features.items() if m in encoders},
        context=_context(recipe, survey, lambda line: say(f"{line}: {done} without what was said before")),
    )
    splits = {"train": _splits, "judge": _judged, "calibrate": _calibrated}[purpose]
    source = replace(source, **splits(survey, say))
    own = replace(recipe, name=f"{recipe.name}-{manifest.stem}", encoders=encoders, data=(source,))
    for line in () if purpose == "train" else seen_before(recipe, own):
        say(line)
    return own


def _features(recipe: Recipe, survey: _Survey) -> dict[Modality, FeatureTable]:
    """Ready-made features are read as the recipe reads its own: by the same array or pattern of columns."""
    return {m: table for source in recipe.data for m, table in source.features.items() if _fits(survey, table)}


def _fits(survey: _Survey, table: FeatureTable) -> bool:
    if table.file:
        return False  # it names the rows of the recipe's own data
    if survey.path.suffix.lower() == ".npz":
        with np.load(survey.path, allow_pickle=False) as arrays:
            return table.array in arrays.files
    return any(fnmatchcase(c, table.array) for c in survey.columns)


def _encoders(
    recipe: Recipe, survey: _Survey, features: Mapping[Modality, FeatureTable], say: Say
) -> dict[Modality, EncoderTable]:
    kept = {}
    for modality, table in recipe.encoders.items():
        if modality in features:
            kept[modality] = table
        elif table.name == "features":
            say(f"no ready-made features of {modality}, as the recipe's encoder takes them")
        elif any(c in survey.columns for c in COLUMNS_OF[modality]):
            kept[modality] = table
        else:
            say(f"no column for {modality} ({' or '.join(COLUMNS_OF[modality])})")
    if not kept:
        wanted = dict.fromkeys(c for m in recipe.encoders for c in COLUMNS_OF[m])
        near = [c for c in survey.columns if closest(c, list(wanted)).startswith("did")]
        hint = f"rename '{near[0]}'" if near else f"it has {', '.join(survey.columns)}"
        raise RecipeError(f"'{survey.path}' needs a column {' or '.join(wanted)} for this recipe; {hint}")
    return kept


def _target(task: Task, survey: _Survey, say: Say, voted: bool) -> Target:
    """Where the answers to a task are; votes are to learn from, so they count only where that is done (``voted``)."""
    if task.name not in survey.columns:
        raise RecipeError(
            f"'{survey.path}' has no column '{task.name}' for the task '{task.name}'; "
            f"{closest(task.name, list(survey.columns))}"
        )
    votes = vote_columns(task, survey.columns) if voted else {}
    if survey.voteless[task.name]:
        say(
            f"votes of '{task.name}': {survey.voteless[task.name]} of {survey.rows} rows have no label with two, and are "
            "learned by the label itself"
        )
    names = {value: _label(task, value, survey) for value in survey.values[task.name]}
    renamed = {value: label for value, label in names.items() if value != label}
    if renamed:
        say(f"labels of '{task.name}': " + ", ".join(f"'{v}' is read as {name}" for v, name in sorted(renamed.items())))
    return Target(labels=names, votes=votes)


def _label(task: Task, value: str, survey: _Survey) -> str:
    label = canonical(value, task.labels)
    if label is None:
        raise RecipeError(
            f"'{value}' ({survey.values[task.name][value]} times in '{survey.path}') is no label of the task '{task.name}'; "
            "correct it, empty it, or give the recipe a task with your labels; " + closest(value, list(task.labels))
        )
    return label


def _judged(survey: _Survey, say: Say) -> dict[str, Any]:
    """Fields of the source where nothing is trained."""
    names = {name: SPLITS[name] for name in survey.splits if name in SPLITS}
    if "test" in names.values():
        return {"splits": names}
    say("no row whose split is 'test': all rows are judged")
    return {"splits": dict.fromkeys(("", *survey.splits), "test")}


def _calibrated(survey: _Survey, say: Say) -> dict[str, Any]:
    """Fields of the source where calibration is fitted on one part and measured on the other."""
    if survey.stated:
        names = {name: "test" if side == "test" else "valid" for name, side in _sides(survey, say).items()}
        if "valid" not in names.values():
            raise RecipeError(f"all rows of '{survey.path}' are test rows; name others 'valid', to calibrate on")
        if "test" not in names.values():
            say("no row whose split is 'test': what calibration is worth will not be measured")
        return {"splits": names}
    group = _group(survey, "it has no column 'split', and")
    say(f"no column 'split': calibrated on one half of the {len(survey.groups[group])} values of '{group}', by a hash")
    # Test rows, half of whose people are taken to validate.
    return {"splits": {"": "test"}, "train": "test", "group": group, "hold_out": 0.5}


def _splits(survey: _Survey, say: Say) -> dict[str, Any]:
    """Fields of the source that say how its examples are split."""
    if not survey.stated:
        group = _group(survey, "it has no column 'split', and")
        say(
            f"no column 'split': the {len(survey.groups[group])} values of '{group}' are divided by a hash, "
            f"{SHARES[0]:.0%} to train, {SHARES[1]:.0%} to validate, {SHARES[2]:.0%} to test"
        )
        return {"divide": SHARES, "group": group}
    names = _sides(survey, say)
    both = sum(len({names[s] for s in sides if s}) > 1 for speaker, sides in survey.sides.items() if speaker)
    if both:
        say(f"{both} speakers are in more than one split, so results speak of known people; mien data check names them")
    if "train" not in names.values():
        raise RecipeError(f"'{survey.path}' has no row whose split is 'train'")
    if "test" not in names.values():
        say("no row whose split is 'test': the model will not be tested")
    if "valid" in names.values():
        return {"splits": names}
    group = _group(survey, "it has no row whose split is 'valid', and")
    say(f"no row whose split is 'valid': an eighth of the values of '{group}' in 'train' is taken to validate")
    return {"splits": names, "group": group, "hold_out": HOLD_OUT}


def _sides(survey: _Survey, say: Say) -> dict[str, str]:
    """{split in the file: split here}. Rows that state none, where others do, are of no use."""
    names = [name for name in survey.splits if name]
    for name in names:
        if name not in SPLITS:
            raise RecipeError(f"'{survey.path}' has a split '{name}'; {closest(name, list(SPLITS))}")
    if survey.splits[""]:
        say(f"{survey.splits['']} rows have no split: left out")
    return {name: SPLITS[name] for name in names}


def _group(survey: _Survey, why: str) -> str:
    """The column that no split may cut through: the speaker, or what can stand for one."""
    for column in _STAND_INS:
        values = survey.groups[column]
        # A value of its own for every row keeps nobody together.
        if column in survey.columns and "" not in values and (column == "speaker" or 2 * len(values) <= survey.rows):
            return column
    raise RecipeError(
        f"'{survey.path}' cannot be split: {why} no column 'speaker' that names one for every row ('dialogue', or 'video' "
        "with several rows each, may stand for it); at random, the same person would be in train and test, and the "
        "results would be too good to be true"
    )


def _context(recipe: Recipe, survey: _Survey, say: Say) -> int:
    wanted = max((source.context for source in recipe.data), default=0)
    if wanted and not {"dialogue", "turn"} <= set(survey.columns):
        say("no columns 'dialogue' and 'turn'")
        return 0
    return wanted


def _text(value: Any) -> str:
    return "" if value is None else str(value)
