"""Splits examples by speaker, so that no person is in two splits."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mien.errors import RecipeError
from mien.recipe.recipe import Source
from mien.types import Example, Float32

SPLITS = ("train", "valid", "test")
"""The splits of a data set, in order."""


class Labelled(NamedTuple):
    """A row as an example, whose split may still change, with its answers.

    When annotators voted, training uses their votes, and validation and test use the published label.

    Attributes:
        example: the example without targets.
        taught: {task: target} for training, float32 (L,).
        tested: {task: target} for validation and test, float32 (L,).
    """

    example: Example
    taught: Mapping[str, Float32]
    tested: Mapping[str, Float32]


def deal(source: Source, rows: Sequence[Labelled]) -> list[Example]:
    """Examples in the splits that the source asks for, in the same order. Rows without an answer for their split are left out.

    Raises:
        RecipeError: the rows cannot be split in this way; see the functions below.
    """
    dealt = _split(source, [row.example for row in rows])
    # The split of an example decides which of its answers it gets.
    examples = [
        replace(example, targets=row.taught if example.split == source.train else row.tested)
        for example, row in zip(dealt, rows, strict=True)
    ]
    return [e for e in examples if e.targets]


def _split(source: Source, examples: Sequence[Example]) -> Sequence[Example]:
    if source.divide:
        return divide(examples, source.divide)
    if source.folds:
        return cross_validate(examples, source.folds, source.fold, bool(source.valid))
    return hold_out(examples, source.hold_out, source.train, source.valid) if source.hold_out else examples


def cross_validate(examples: Sequence[Example], folds: int, fold: int, valid: bool = True) -> list[Example]:
    """Makes fold ``fold`` of the groups "test", the next one "valid" if ``valid`` is set, and all others "train".

    Groups are dealt in the order of their names, so folds are the same on every machine.

    Raises:
        RecipeError: there are fewer groups than folds, the fold does not exist, or an example has no group.
    """
    if folds < 3 or not 0 <= fold < folds:
        raise RecipeError(f"folds = {folds}, fold = {fold}: there must be at least 3 folds, counted from 0")
    groups = sorted({_group(e) for e in examples})
    if len(groups) < folds:
        raise RecipeError(f"{len(groups)} speakers cannot be dealt into {folds} folds")
    place = {group: i % folds for i, group in enumerate(groups)}
    names = {(fold + 1) % folds: "valid"} if valid else {}
    names[fold] = "test"
    return [replace(e, split=names.get(place[_group(e)], "train")) for e in examples]


def hold_out(examples: Sequence[Example], share: float, train: str, valid: str) -> list[Example]:
    """Moves a share of the training groups to validation. A hash of their names chooses them.

    Raises:
        RecipeError: the share leaves one side empty, or an example has no group.
    """
    chosen = held({_group(e) for e in examples if e.split == train}, share)
    return [replace(e, split=valid) if e.split == train and _group(e) in chosen else e for e in examples]


def held(groups: Collection[str], share: float) -> set[str]:
    """A share of some groups, chosen by a hash of their names.

    Raises:
        RecipeError: the share would be none of them, or all.
    """
    ordered = sorted(sorted(groups), key=lambda g: zlib.crc32(g.encode()))
    return set(ordered[: held_out(len(ordered), share)])


def held_out(count: int, share: float) -> int:
    """How many of ``count`` speakers are held out for validation.

    Raises:
        RecipeError: the result would be none of them, or all.
    """
    held = round(share * count)
    if not 0 < held < count:
        raise RecipeError(
            f"{count} speakers to train on are too few to hold {share:.3g} of them out for validation; "
            "add speakers, or name rows for it in the column 'split' (valid)"
        )
    return held


def divide(examples: Sequence[Example], shares: Sequence[float]) -> list[Example]:
    """Divides the groups into train, valid and test in the order of a hash of their names. Each gets at least one group.

    Raises:
        RecipeError: there are not three positive shares, there are fewer than three groups, or an example has no group.
    """
    split = divided({_group(e) for e in examples}, shares)
    return [replace(e, split=split[_group(e)]) for e in examples]


def divided(groups: Collection[str], shares: Sequence[float]) -> dict[str, str]:
    """The split of each group, see ``divide``.

    Raises:
        RecipeError: there are not three positive shares, or there are fewer than three groups.
    """
    if len(shares) != len(SPLITS) or min(shares) <= 0:
        raise RecipeError(f"divide = {list(shares)}: there must be a share each for {', '.join(SPLITS)}")
    ordered = sorted(groups, key=lambda g: (zlib.crc32(g.encode()), g))
    check_divisible(len(ordered))
    valid, test = (max(1, round(len(ordered) * share / sum(shares))) for share in shares[1:])
    names = ["test"] * test + ["valid"] * valid + ["train"] * (len(ordered) - test - valid)
    return dict(zip(ordered, names, strict=True))


def check_divisible(count: int) -> None:
    """Refuses fewer speakers than splits.

    Raises:
        RecipeError: there are fewer than three speakers.
    """
    if count < len(SPLITS):
        raise RecipeError(f"{count} speakers cannot be divided into {', '.join(SPLITS)}; at least 3 are needed")


def _group(example: Example) -> str:
    if example.group is None:
        raise RecipeError(
            f"'{example.clip.id}' names no speaker; splits by speaker need one for every row "
            '(clip.speaker = "column" says where; group = "dialogue" lets another column stand for it)'
        )
    return example.group
