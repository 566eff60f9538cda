"""What the labels of a ready-made classifier mean in a task: a table that is written down and checked, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.emotions import canonical
from mien.errors import InputError, closest

MOST = 10_000
"""The most labels that a classifier may have."""

_EKMAN: Mapping[str, str] = {
    **dict.fromkeys(("annoyance", "disapproval"), "angry"),
    "nervousness": "fearful",
    **dict.fromkeys(
        ("amusement", "approval", "excitement", "gratitude", "love", "optimism", "relief", "pride", "admiration"),
        "happy",
    ),
    **dict.fromkeys(("desire", "caring"), "happy"),
    **dict.fromkeys(("disappointment", "embarrassment", "grief", "remorse"), "sad"),
    **dict.fromkeys(("realization", "confusion", "curiosity"), "surprised"),
    "calm": "neutral",
}
"""{label of GoEmotions or RAVDESS: label of mien} for proposals. GoEmotions: the Ekman grouping of its authors (Demszky et al.
2020, arXiv 2005.00547); RAVDESS: calm counts as neutral, as in the reader of that set."""


@dataclass(frozen=True)
class LabelTable:
    """``{label of the classifier: label of the task}``, and the labels of the classifier that are left out."""

    labels: Mapping[str, str]
    left_out: tuple[str, ...] = ()

    def targets(self, given: Sequence[str], known: Sequence[str], model: str) -> tuple[int, ...]:
        """The place in the task of each label of the classifier, -1 for one that is left out.

        Args:
            given: the labels in the config of the classifier, in its order.
            known: the labels of the task.
            model: its name, for messages.

        Raises:
            InputError: a label is in neither or both, the table has a name that the classifier or the task lacks, or fewer than
                two labels of the task are left.
        """
        for name in (*self.labels, *self.left_out):
            if name not in given:
                raise InputError(f"'{model}' has no label '{name}'; {closest(name, given)}")
        for name, label in self.labels.items():
            if label not in known:
                raise InputError(
                    f"the label '{name}' of '{model}' stands for '{label}', which the task lacks; "
                    f"{closest(label, known)}"
                )
            if name in self.left_out:
                raise InputError(f"the label '{name}' of '{model}' stands under labels and under left_out; choose one")
        missing = [name for name in given if name not in self.labels and name not in self.left_out]
        if missing:
            names = ", ".join(f"'{name}'" for name in missing)
            raise InputError(
                f"nothing says what {names} of '{model}' means; write it under labels, or under left_out "
                "(mien bundle labels proposes a table)"
            )
        if len(set(self.labels.values())) < 2:
            raise InputError(f"the labels of '{model}' stand for fewer than two labels of the task; map more of them")
        return tuple(known.index(self.labels[name]) if name in self.labels else -1 for name in given)


def labels_of(config: Mapping[str, object], model: str) -> tuple[str, ...]:
    """The labels in the config.json of a classifier, in the order of its outputs.

    Raises:
        InputError: it has no labels, they are not numbered from 0, two are the same, or its outputs are no labels.
    """
    found = config.get("id2label")
    if not isinstance(found, dict) or not found:
        raise InputError(
            f"the config of '{model}' has no labels (id2label), so it is no classifier; name another model"
        )
    if not 2 <= len(found) <= MOST or {str(key) for key in found} != {str(i) for i in range(len(found))}:
        raise InputError(f"the labels of '{model}' are not numbered from 0, or not 2 to {MOST:,}; correct its id2label")
    if config.get("problem_type") == "regression":
        raise InputError(
            f"'{model}' answers with numbers (problem_type is regression), not with labels; name another model"
        )
    names = tuple(str(found[str(i)] if str(i) in found else found[i]) for i in range(len(found)))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"'{model}' has the label '{twice[0]}' several times; correct its id2label")
    return names


def proposed(given: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """What the labels of a classifier may mean, by their names alone. Labels without a proposal are left out."""
    found = {}
    for name in given:
        label = canonical(name, known) or _EKMAN.get(name.strip().casefold())
        if label in known:
            found[name] = str(label)
    return found
