"""Reads a user's own manifest in place of a recipe's data. Without splits in it, speakers are divided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from mien.data.checks.columns import COLUMNS_OF, misspelt
from mien.data.checks.trained_on import same_source, trained_on
from mien.data.corpus import Corpus
from mien.data.manifest import FIELDS
from mien.data.rows import Row, Tables, read_rows
from mien.data.shards import parquet
from mien.data.values import Spellings, score_for, vote_columns, votes_for
from mien.emotions import canonical
from mien.errors import RecipeError, closest
from mien.events import Notice, Work
from mien.files.tables import arrays as arrays_of
from mien.recipe.recipe import FeatureTable, Recipe, Source, Target
from mien.recipe.sections import EncoderTable
from mien.types import Modality, Task

Purpose = Literal["train", "evaluate", "calibrate"]
"""What a manifest is read for."""

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "development"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""{name of a split in a manifest: its name in mien}."""

SHARES = (0.7, 0.1, 0.2)
"""Shares of the speakers for train, valid and test when a manifest has no splits."""

HOLD_OUT = 0.125
"""The share of the training speakers that is used for validation when a manifest has no rows for it."""

_STAND_INS = ("speaker", "dialogue", "video")


@dataclass
class _Survey:
    """What one pass over a manifest counts."""

    path: Path
    columns: tuple[str, ...] = ()
    rows: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sides: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    voteless: Counter[str] = field(default_factory=Counter)
    spelt: Spellings = field(default_factory=Spellings)

    @property
    def stated(self) -> bool:
        """Whether any row states its split. An empty column does not count."""
        return any(self.splits)

    def count(self, row: Row, tasks: Sequence[Task], voted: bool) -> None:
        """Counts one row. Its votes count only when they are used for training (``voted``)."""
        self.rows += 1
        self.splits[_text(row.get("split"))] += 1
        speaker = self.spelt(_text(row.get("speaker")))
        self.sides[speaker].add(_text(row.get("split")))
        self.groups["speaker"][speaker] += 1
        for column in _STAND_INS[1:]:
            self.groups[column][_text(row.get(column)).strip()] += 1
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


def own_data(
    recipe: Recipe, manifest: Path, purpose: Purpose = "train", rows: Sequence[Row] | None = None
) -> Work[tuple[Recipe, Corpus]]:
    """The recipe with the manifest as its only source, and the examples of that source.

    The columns of the manifest must have their standard names. An encoder is left out when its modality has no column. A
    notice tells of every decision.

    - "train": without a column "split", a hash divides the speakers: 70 % train, 10 % valid, 20 % test. When only some rows
      state a split, the others are left out.
    - "evaluate": if no row states that it is a test row, all rows are test rows.
    - "calibrate": all rows but test rows are used for validation; without a column "split", half of the speakers are.

    For the last two, ``recipe`` belongs to a bundle. A manifest that it was trained on keeps the splits of the training.
    For any other manifest, a notice tells how many clips the training of the bundle may know.

    Args:
        recipe: the recipe to train, or the recipe of a bundle.
        manifest: a CSV, Parquet, JSONL or .npz file.
        purpose: what the manifest is read for.
        rows: the rows of the manifest if they are already read; ``None`` to read them.

    Raises:
        RecipeError: a needed column is missing, a label is unknown, or the rows cannot be split.
    """
    known = None if purpose == "train" else same_source(recipe, manifest)
    if known is not None:
        if purpose == "evaluate":
            yield Notice("evaluated_as_split", {"manifest": str(manifest)})
        else:
            yield Notice("calibrated_as_split", {"manifest": str(manifest)})
        recipe = replace(recipe, data=(known,))
        return recipe, Corpus.of(recipe, manifest.parent)
    rows = list(read_rows(manifest)) if rows is None else rows
    survey = _Survey(manifest)
    for row in rows:
        survey.columns = survey.columns or tuple(row)
        survey.count(row, recipe.tasks, voted=purpose == "train")
    if told := survey.spelt.told:
        yield Notice("names_joined", {"names": told})
    for name, meant in misspelt(survey.columns, [task.name for task in recipe.tasks]).items():
        yield Notice("column_misspelt", {"column": name, "meant": meant})
    features = _features(recipe, survey)
    encoders = yield from _encoders(recipe, survey, features)
    targets = {}
    for task in recipe.tasks:
        targets[task.name] = yield from _target(task, survey, voted=purpose == "train")
    source = Source(
        manifest.stem,
        str(manifest.absolute()),
        {name: name for name in FIELDS if name in survey.columns},
        targets,
        {m: t for m, t in features.items() if m in encoders},
        context=(yield from _context(recipe, survey)),
    )
    split = {"train": _to_train, "evaluate": _to_evaluate, "calibrate": _to_calibrate}[purpose]
    source = yield from split(source, survey)
    own = replace(recipe, name=f"{recipe.name}-{manifest.stem}", encoders=encoders, data=(source,))
    corpus = Corpus(own.data, own.tasks, manifest.parent, Tables({manifest: rows}))
    if purpose != "train":
        yield from trained_on(recipe, corpus)
    return own, corpus


def _features(recipe: Recipe, survey: _Survey) -> dict[Modality, FeatureTable]:
    """Tables of features. They use the array, or the pattern of columns, that the recipe names for its own data."""
    return {m: table for source in recipe.data for m, table in source.features.items() if _fits(survey, table)}


def _fits(survey: _Survey, table: FeatureTable) -> bool:
    if table.file:
        return False  # the file has rows for the recipe's own data only
    if survey.path.suffix.lower() == ".npz":
        with arrays_of(survey.path, "save it again with numpy.savez") as arrays:
            return table.array in arrays.files
    columns = parquet.names(survey.path) if survey.path.suffix.lower() == ".parquet" else survey.columns
    return any(fnmatchcase(c, table.array) for c in columns)


def _encoders(
    recipe: Recipe, survey: _Survey, features: Mapping[Modality, FeatureTable]
) -> Work[dict[Modality, EncoderTable]]:
    kept = {}
    for modality, table in recipe.encoders.items():
        if modality in features:
            kept[modality] = table
        elif table.name == "features":
            yield Notice("features_missing", {"modality": modality})
        elif any(c in survey.columns for c in COLUMNS_OF[modality]):
            kept[modality] = table
        else:
            yield Notice("column_missing", {"modality": modality, "columns": ", ".join(COLUMNS_OF[modality])})
    if not kept:
        wanted = dict.fromkeys(c for m in recipe.encoders for c in COLUMNS_OF[m])
        near = [f"rename '{name}' to '{meant}'" for name, meant in misspelt(survey.columns).items() if meant in wanted]
        hint = near[0] if near else f"it has {', '.join(survey.columns)}"
        raise RecipeError(f"'{survey.path}' needs a column {' or '.join(wanted)} for this recipe; {hint}")
    return kept


def _target(task: Task, survey: _Survey, voted: bool) -> Work[Target]:
    """Where the answers to a task are. Votes count only when they are used for training (``voted``)."""
    if task.name not in survey.columns:
        raise RecipeError(
            f"'{survey.path}' has no column '{task.name}' for the task '{task.name}'; "
            f"{closest(task.name, list(survey.columns))}"
        )
    votes = vote_columns(task, survey.columns) if voted else {}
    if count := survey.voteless[task.name]:
        yield Notice("votes_missing", {"task": task.name, "count": count, "rows": survey.rows})
    names = {value: _label(task, value, survey) for value in survey.values[task.name]}
    renamed = sorted((value, label) for value, label in names.items() if value != label)
    if renamed:
        told = ", ".join(f"'{value}' -> {label}" for value, label in renamed)
        yield Notice("labels_renamed", {"task": task.name, "names": told})
    return Target(labels=names, votes=votes)


def _label(task: Task, value: str, survey: _Survey) -> str:
    label = canonical(value, task.labels)
    if label is None:
        raise RecipeError(
            f"'{value}' ({survey.values[task.name][value]} times in '{survey.path}') is no label of the task '{task.name}'; "
            "correct it, empty it, or give the recipe a task with your labels; " + closest(value, list(task.labels))
        )
    return label


def _to_evaluate(source: Source, survey: _Survey) -> Work[Source]:
    """The source with splits for an evaluation. It matters only which rows are test rows."""
    names = {name: SPLIT_NAMES[name] for name in survey.splits if name in SPLIT_NAMES}
    if "test" in names.values():
        return replace(source, splits=names)
    yield Notice("no_test_rows_evaluate")
    return replace(source, splits=dict.fromkeys(("", *survey.splits), "test"))


def _to_calibrate(source: Source, survey: _Survey) -> Work[Source]:
    """The source with splits: calibration is fitted on "valid" and measured on "test"."""
    if survey.stated:
        sides = yield from _sides(survey)
        names = {name: "test" if side == "test" else "valid" for name, side in sides.items()}
        if "valid" not in names.values():
            raise RecipeError(f"all rows of '{survey.path}' are test rows; name others 'valid', to calibrate on")
        if "test" not in names.values():
            yield Notice("no_test_rows_calibrate")
        return replace(source, splits=names)
    group = _group(survey, "it has no column 'split', and")
    yield Notice("halved", {"count": len(survey.groups[group]), "column": group})
    # All rows are test rows, and the rows of half of the speakers then become validation rows.
    return replace(source, splits={"": "test"}, train="test", group=group, hold_out=0.5)


def _to_train(source: Source, survey: _Survey) -> Work[Source]:
    """The source with splits for a training."""
    if not survey.stated:
        group = _group(survey, "it has no column 'split', and")
        train, valid, test = (round(100 * share) for share in SHARES)
        count = len(survey.groups[group])
        yield Notice("divided", {"count": count, "column": group, "train": train, "valid": valid, "test": test})
        return replace(source, divide=SHARES, group=group)
    names = yield from _sides(survey)
    both = sum(len({names[s] for s in sides if s}) > 1 for speaker, sides in survey.sides.items() if speaker)
    if both:
        yield Notice("speakers_shared", {"count": both})
    if "train" not in names.values():
        raise RecipeError(f"'{survey.path}' has no row whose split is 'train'")
    if "test" not in names.values():
        yield Notice("no_test_rows_train")
    if "valid" in names.values():
        return replace(source, splits=names)
    group = _group(survey, "it has no row whose split is 'valid', and")
    yield Notice("held_out", {"column": group})
    return replace(source, splits=names, group=group, hold_out=HOLD_OUT)


def _sides(survey: _Survey) -> Work[dict[str, str]]:
    """{split in the file: split in mien}. Rows without a split are left out."""
    names = [name for name in survey.splits if name]
    for name in names:
        if name not in SPLIT_NAMES:
            raise RecipeError(f"'{survey.path}' has a split '{name}'; {closest(name, list(SPLIT_NAMES))}")
    if survey.splits[""]:
        yield Notice("rows_without_split", {"count": survey.splits[""]})
    return {name: SPLIT_NAMES[name] for name in names}


def _group(survey: _Survey, why: str) -> str:
    """The column whose values must each stay in one split: the speaker, or a column that can stand for it."""
    for column in _STAND_INS:
        values = survey.groups[column]
        # A column with a different value in almost every row does not keep people together.
        if column in survey.columns and "" not in values and (column == "speaker" or 2 * len(values) <= survey.rows):
            return column
    raise RecipeError(
        f"'{survey.path}' cannot be split: {why} no column 'speaker' that names one for every row ('dialogue', or 'video' "
        "with several rows each, may stand for it); at random, the same person would be in train and test, and the "
        "results would be too good to be true"
    )


def _context(recipe: Recipe, survey: _Survey) -> Work[int]:
    wanted = max((source.context for source in recipe.data), default=0)
    if wanted and not {"dialogue", "turn"} <= set(survey.columns):
        yield Notice("context_missing")
        return 0
    return wanted


def _text(value: Any) -> str:
    return "" if value is None else str(value)
