"""``mien bundle make SPEC.toml``: which ready-made classifiers make a bundle, and what their labels mean. See docs/large.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mien.errors import RecipeError, closest
from mien.recipe import strict
from mien.recipe.labels import LabelTable
from mien.recipe.names import plain_name
from mien.recipe.recipe import read_toml
from mien.recipe.sections import EncoderTable
from mien.types import EMOTION, MODALITIES, Modality, Task

_EXPRESSED = {"text": 0.37, "voice": 0.51, "face": 0.9}


def _channel() -> dict[str, Any]:
    """The pool of the shipped bundles with their numbers about people. Those about their own parts are left out."""
    return {"name": "channel", "expressed": dict(_EXPRESSED), "redundancy": 0.05}


@dataclass(frozen=True)
class Part:
    """``[parts.<modality>]``: one ready-made classifier.

    Attributes:
        model: name of a hub model, or a folder as transformers saves it, relative to the specification.
        licence: of its weights, as its model card says.
        labels: {label of the classifier: label of the task}.
        left_out: labels of the classifier that stand for none.
        revision: commit, branch or tag on the hub; "" takes the newest. The bundle records the commit in each case.
        source: address of its model card.
        counts: {label of the classifier: how many of its training data have it}. The shares are taken out of its answers, for
            all labels that are mapped. Empty leaves them in.
        counted: what the counts are of.
        run: "auto" (a graph where one can be exported, else torch), "onnx" or "torch".
        options: further arguments of the encoder: tokens, context, seconds, frames.

    Raises:
        RecipeError: a label has no count or a count that is not above 0, or a key of ``options`` belongs elsewhere.
    """

    model: str
    licence: str
    labels: dict[str, str]
    left_out: tuple[str, ...] = ()
    revision: str = ""
    source: str = ""
    counts: dict[str, float] = field(default_factory=dict)
    counted: str = ""
    run: Literal["auto", "onnx", "torch"] = "auto"
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.model.strip() or not self.licence.strip():
            raise RecipeError("a part needs its model and the licence of its weights; write what the model card says")
        if wrong := next((key for key in self.options if key not in ("tokens", "context", "seconds", "frames")), None):
            raise RecipeError(f"options of '{self.model}' has '{wrong}'; known: tokens, context, seconds, frames")
        if self.counts:
            if stray := next((name for name in self.counts if name not in self.labels), None):
                raise RecipeError(
                    f"counts of '{self.model}' has '{stray}', which is not under labels; {closest(stray, self.labels)}"
                )
            if missing := next((name for name in self.labels if not self.counts.get(name, 0) > 0), None):
                raise RecipeError(
                    f"counts of '{self.model}' has no number above 0 for '{missing}'; give one for each label"
                )

    @property
    def table(self) -> LabelTable:
        """What its labels mean."""
        return LabelTable(self.labels, self.left_out)

    def shares(self, labels: Sequence[str]) -> list[float]:
        """How often each label of the task was in its training data, 0 for one that it does not know; even without counts."""
        found = dict.fromkeys(labels, 0.0)
        for name, label in self.labels.items():
            found[label] += self.counts.get(name, 0.0)
        if not self.counts:
            found = {label: float(label in self.labels.values()) for label in labels}
        total = sum(found.values())
        return [share / total for share in found.values()]


@dataclass(frozen=True)
class Specification:
    """A whole specification file.

    Attributes:
        name: of the bundle.
        parts: {modality: its classifier}.
        summary, licence: of the bundle, one sentence each; without a licence, those of the parts.
        notes: what users must know, shown with every result.
        fusion: the pool, as in a recipe: "channel" or "late".
        task: what the bundle answers.
        float16, int8: names of graphs that are stored in fewer bits, as in a recipe.

    Raises:
        RecipeError: the name is not plain, there is no part, the fusion is no pool, or the task has not one label.
    """

    name: str
    parts: dict[Modality, Part]
    summary: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    fusion: dict[str, Any] = field(default_factory=_channel)
    task: Task = EMOTION
    float16: tuple[str, ...] = ()
    int8: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not plain_name(self.name):
            raise RecipeError(f"a bundle cannot be called '{self.name}': a folder gets that name, so use a plain one")
        if not self.parts:
            raise RecipeError("a bundle needs a part at least: [parts.text], [parts.voice] or [parts.face]")
        if self.fusion.get("name") not in ("channel", "late"):
            raise RecipeError("the fusion of ready-made classifiers is a pool; name = 'channel' or 'late'")
        if self.task.kind != "single":
            raise RecipeError(
                f"'{self.task.name}' is of kind {self.task.kind}; ready-made classifiers answer with one label"
            )

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Its modalities, in their usual order."""
        return tuple(m for m in MODALITIES if m in self.parts)

    def encoder(self, modality: Modality, **given: object) -> EncoderTable:
        """The encoder of a part, as a recipe has it. ``given`` replaces its arguments."""
        part = self.parts[modality]
        options: Mapping[str, object] = {
            "model": part.model,
            "labels": dict(part.labels),
            "left_out": list(part.left_out),
            "answers": list(self.task.labels),
            **part.options,
            **given,
        }
        return EncoderTable(f"{modality}_classifier", dict(options))


def load(path: Path) -> Specification:
    """Reads a specification. Models that are folders beside it get their whole path.

    Raises:
        RecipeError: it is not TOML, or a key or value is not allowed in it.
    """
    table = read_toml(path)
    found = strict.build(Specification, table, f"'{path}'")
    parts = {
        m: replace(p, model=str(near)) if (near := path.parent / p.model).is_dir() else p
        for m, p in found.parts.items()
    }
    return replace(found, parts=parts)
