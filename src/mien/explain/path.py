"""Builds the explanation of one answer: its decision path and the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mien.bundle.bundle import Bundle
from mien.bundle.table import FileEntry
from mien.events import Notice
from mien.explain import contributions
from mien.explain.evidence.base import Explainer, explainers
from mien.explain.question import Moment, Question
from mien.explain.with_llm import values_of
from mien.explanation import Calibrated, Explanation, Stage
from mien.llms.opinion.nouns import LlmRecord
from mien.timeline import Prediction, Source
from mien.trust.judgement import subset_name
from mien.types import MODALITIES, Modality


def explain(
    bundle: Bundle,
    moment: Moment,
    prediction: Prediction,
    *,
    source: str,
    label: str | None = None,
    parts: Iterable[Explainer] = (),
    notices: Sequence[Notice] = (),
    llm: LlmRecord | None = None,
) -> Explanation:
    """Explains why the bundle gave an answer, into which the opinion of a language model may have gone.

    Args:
        bundle: gave the answer.
        moment: the segment with its tracks and its answer.
        prediction: the answer as the timeline holds it.
        source: name of the clip.
        label: the label to explain; ``None`` for the answered label.
        parts: explainers for the evidence inside each modality.
        notices: of the clip.
        llm: the language model that was asked; ``None`` when none was.

    Raises:
        ValueError: the task of the moment is not answered with one label, or has no such label.
    """
    chosen = label or prediction.label
    question = Question(bundle, moment, chosen)
    task, labels = question.task, moment.task.labels
    values = _values(question, prediction, llm)
    return Explanation(
        source=source,
        bundle=bundle.name,
        bundle_sha256=bundle.sha256,
        task=task,
        prediction=prediction,
        label=chosen,
        prior=values[frozenset()],
        contributions=contributions.contributions(values),
        interactions=contributions.interactions(values),
        pooled=dict(zip(labels, map(float, moment.answer.uncalibrated[task]), strict=True)),
        calibrated=_calibrated(bundle, moment),
        weights=moment.answer.weights,
        stages=stages(bundle, moment.tracks),
        missing=tuple(m for m in bundle.modalities if m not in moment.tracks),
        evidence=tuple(e for part in parts if (e := part.explain(question)) is not None),
        notices=tuple(notices),
        llm=llm,
    )


def _values(question: Question, prediction: Prediction, llm: LlmRecord | None) -> dict[frozenset[Source], float]:
    """The probability of the label for every subset of the players: the modalities, and a language model that joined."""
    said = prediction.llm
    if llm is None or said is None or not said.scores:
        subsets = question.moment.answer.subsets
        return {frozenset(s): float(scores[question.task][question.index]) for s, scores in subsets.items()}
    found = values_of(prediction, said, llm.weight, question.label)
    # An opinion that stands alone takes the place of the bundle's answer: it alone moved the probability.
    alone = {frozenset[Source](): found[frozenset()], frozenset[Source]({"llm"}): said.scores[question.label]}
    return alone if llm.alone else found


def _calibrated(bundle: Bundle, moment: Moment) -> Calibrated:
    judgement = bundle.trust.of(moment.task.name, moment.tracks)
    if judgement is None:
        raise ValueError("only tasks with a single label are explained")
    coverage = None if judgement.sets is None else judgement.sets.coverage
    about = subset_name(moment.tracks), judgement.method, judgement.composite
    return Calibrated(*about, moment.answer.temperature, coverage, judgement.threshold)


def build(names: Iterable[str]) -> list[Explainer]:
    """The explainers with these names.

    Raises:
        UnknownNameError: there is no such explainer.
    """
    return [explainers.build({"name": name}) for name in names]


def stages(bundle: Bundle, modalities: Iterable[Modality]) -> tuple[Stage, ...]:
    """The stages that ran for an answer from these modalities: prepare and encode for each, then the fusion."""
    table, graphs = bundle.table, bundle.table.graphs
    here = [m for m in MODALITIES if m in set(modalities)]
    found = [Stage("prepare", m, table.encoders[m].name) for m in here]
    for m in here:
        names = {part: part for part in (f"{m}_trunk", f"{m}_vectors")} | {m: table.encoders[m].name}
        found += [_stage("encode", m, name, graphs[graph]) for graph, name in names.items() if graph in graphs]
    return (*found, _stage("fuse", None, table.fusion.name, graphs["fusion"]))


def _stage(name: str, modality: Modality | None, part: str, graph: FileEntry) -> Stage:
    return Stage(name, modality, part, graph.file, graph.sha256)
