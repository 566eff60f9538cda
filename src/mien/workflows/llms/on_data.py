"""Asks a language model about labelled clips: to evaluate it, and to fit how far its probabilities hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.bundle.answer import Answer, single
from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.load import whole_segment
from mien.data.own import own_data
from mien.data.sets import ExampleSet, example_sets
from mien.errors import InputError, RecipeError
from mien.evaluation.llm_report import LlmAgreement, LlmEvaluation, Over, agreement_of
from mien.evaluation.on_data import data_for
from mien.evaluation.open_vocabulary import OpenScores, open_scores
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.report import EvaluationReport
from mien.evaluation.results import results
from mien.events import Progress, Work
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.calibration import LlmCalibration, fit, pooled
from mien.llms.opinion.nouns import Cost, LlmOpinion
from mien.llms.opinion.prompt import WORDINGS, Subject
from mien.trust.judgement import subset_name
from mien.types import Example, Float32, Modality, Task

_RUNS = len(WORDINGS)
_NEVER = 1e-3  # how much less likely than the others the right label is where there was no valid answer


@dataclass(frozen=True)
class Asked:
    """Clips of one set, with the opinions about them.

    Attributes:
        part: the set.
        rows: places of the clips in it.
        small: float32 (N, L), answers of the bundle.
        measured: {modality: {label: probability}} for each clip, what the bundle says from one alone.
        opinions: of the language model.
    """

    part: ExampleSet
    rows: tuple[int, ...]
    small: Float32
    measured: tuple[Mapping[Modality, Mapping[str, float]], ...]
    opinions: tuple[LlmOpinion, ...]

    @property
    def examples(self) -> list[Example]:
        """The clips."""
        return [self.part.examples[i] for i in self.rows]


def evaluate_llm(
    asker: Asker,
    bundle: Bundle,
    recipe: str | None,
    data: Path | None,
    root: Path | None,
    most: int | None,
    again: bool = False,
) -> Work[EvaluationReport]:
    """Evaluates a language model on labelled clips, alone and joined with a bundle, beside the bundle alone.

    A clip without a valid answer counts as an error of the language model.

    Args:
        asker: asks the language model.
        bundle, recipe, data, root: see ``evaluate_bundle``.
        most: how many clips of each set it is asked about, drawn by a fixed seed; ``None`` for all.
        again: whether it is also asked with other seeds and in other words, to tell how far its answers agree.

    Raises:
        InputError: there are no test data, or the language model cannot be reached.
    """
    corpus = yield from data_for(bundle, recipe, data, root)
    task = single(bundle.tasks)
    asked = yield from ask_all(asker, bundle, corpus, "test", task, most)
    systems = [_answers(part, bundle, task, asker) for part in asked]
    evaluations = [Evaluation((), tuple(same)) for same in zip(*systems, strict=True)]
    opinions = [o for part in asked for o in part.opinions]
    agreed: tuple[LlmAgreement, ...] = ()
    if again:
        agreed = yield from _agreement(asker, task, asked)
    words, truth = _words(asked, corpus, task) if asker.how.words else (None, "")
    found = LlmEvaluation(
        asker.llm.model,
        asker.llm.place,
        len(opinions),
        sum(bool(o.scores) for o in opinions),
        sum((o.cost for o in opinions), Cost()),
        words,
        truth,
        agreed,
    )
    yield from asker.told(asker.record(opinions))
    rows = [row for evaluation in evaluations for row in results([evaluation])]
    return EvaluationReport(evaluations[0], rows, llm=found)


def calibrate_llm(asker: Asker, bundle: Bundle, data: Path, most: int | None, out: Path) -> Work[LlmCalibration]:
    """Fits how far the probabilities of a language model hold, and how much it counts beside a bundle. Writes the file.

    Args:
        asker: asks the language model. It has no calibration.
        bundle: the small models.
        data: a labelled manifest. Its test rows are left out; see ``own_data``.
        most: how many clips of each set are used; ``None`` for all.
        out: the file.

    Raises:
        InputError: there are too few clips with a valid answer.
    """
    _, corpus = yield from own_data(bundle.recipe, data, "calibrate")
    task = single(bundle.tasks)
    asked = yield from ask_all(asker, bundle, corpus, "valid", task, most)
    rows = [
        (o, s, e.targets[task.name]) for a in asked for o, s, e in zip(a.opinions, a.small, a.examples, strict=True)
    ]
    kept = [(o.scores, small, target) for o, small, target in rows if o.scores]
    said = np.asarray([[scores[label] for label in task.labels] for scores, _, _ in kept]).reshape(-1, task.size)
    small = np.asarray([row for _, row, _ in kept], np.float64).reshape(-1, task.size)
    right = np.asarray([int(target.argmax()) for _, _, target in kept], np.int64)
    about = (asker.llm.model, asker.prompt, asker.how.method)
    found = fit(about, task.labels, said, right, small)
    found.save(out)
    return found


def ask_all(
    asker: Asker, bundle: Bundle, corpus: Corpus, split: str, task: Task, most: int | None
) -> Work[list[Asked]]:
    """Asks about the labelled clips of one split.

    Args:
        asker: asks the language model.
        bundle: the small models, whose answers stand in the questions unless the language model is asked blind.
        corpus: the data.
        split: "valid" or "test".
        task: whose labels are asked for. Clips with several labels are left out.
        most: clips of each set; ``None`` for all.

    Raises:
        InputError: there are no clips.
    """
    sets = yield from example_sets(corpus, split, bundle.encoders, bundle.tables, bundle.populations)
    found = []
    for part in sets:
        labelled = [
            i for i, e in enumerate(part.examples) if (t := e.targets.get(task.name)) is not None and t.max() == 1
        ]
        if most is not None and len(labelled) > most:
            drawn = np.random.default_rng(0).permutation(len(labelled))[:most]
            labelled = [labelled[i] for i in sorted(drawn)]
        if labelled:
            found.append((yield from _asked(asker, bundle, part, labelled, task)))
    if not found:
        raise InputError(f"there are no {split} clips with one label of '{task.name}' in these data")
    return found


def _asked(asker: Asker, bundle: Bundle, part: ExampleSet, rows: Sequence[int], task: Task) -> Work[Asked]:
    answers: list[Answer] = []
    for row in rows:
        answers.append(bundle.answer(part.tracks(row)))
        yield Progress("evaluate", part.name, len(answers), len(rows))

    measured = tuple(
        {m: dict(zip(task.labels, map(float, o[task.name]), strict=True)) for m, o in answer.opinions.items()}
        for answer in answers
    )
    found = Asked(part, tuple(rows), np.stack([a.scores[task.name] for a in answers]), measured, ())
    return replace(found, opinions=(yield from _opinions(asker, found)))


def _opinions(asker: Asker, asked: Asked) -> Work[tuple[LlmOpinion, ...]]:
    """Opinions about clips, in their order."""

    def about(example: Example, measured: Mapping[Modality, Mapping[str, float]]) -> LlmOpinion:
        opinion = asker.about(Subject(whole_segment(example.clip), measured=measured))
        return replace(opinion, claim="", because=())

    opinions: list[LlmOpinion] = []
    pool = ThreadPoolExecutor(asker.llm.at_once, thread_name_prefix="mien-ask")
    try:
        for opinion in pool.map(about, asked.examples, asked.measured):
            opinions.append(opinion)
            yield Progress("ask", asked.part.name, len(opinions), len(asked.rows))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return tuple(opinions)


def _agreement(asker: Asker, task: Task, asked: Sequence[Asked]) -> Work[tuple[LlmAgreement, ...]]:
    """How far answers to the same clips agree, without a calibration: with other seeds, and in other words.

    Where token probabilities are taken nothing is drawn, so seeds change nothing and are left out.
    """
    how = asker.how
    changes: dict[Over, list[HowToAsk]] = {
        "seeds": [replace(how, seed=how.seed + k * how.samples) for k in range(_RUNS)] if how.samples else [],
        "wordings": [replace(how, wording=k) for k in range(_RUNS)],
    }
    groups = [e.group or "" for part in asked for e in part.examples]
    found = []
    for over, ways in changes.items():
        runs = []
        for way in ways:
            other = Asker(asker.llm, task.labels, way)
            opinions: list[LlmOpinion] = []
            for part in asked:
                opinions += yield from _opinions(other, part)
            runs.append(opinions)
        if runs and (agreed := agreement_of(over, runs, groups, how.words)) is not None:
            found.append(agreed)
    return tuple(found)


def _answers(asked: Asked, bundle: Bundle, task: Task, asker: Asker) -> list[Predictions]:
    """The predictions of the language model alone, of the bundle, and of both together."""
    examples = asked.examples
    targets = np.stack([e.targets[task.name] for e in examples])
    alone = np.stack([_row(o, task, t) for o, t in zip(asked.opinions, targets, strict=True)])
    both = np.stack([_joined(s, o, task, asker.weight) for s, o in zip(asked.small, asked.opinions, strict=True)])
    kinds = subset_name(m for m, here in asked.part.present.items() if here[list(asked.rows)].any())
    ids, groups = tuple(e.clip.id for e in examples), tuple(e.group or "" for e in examples)
    named = {asker.llm.model: alone, bundle.name: asked.small, f"{bundle.name} with {asker.llm.model}": both}
    return [
        Predictions(f"{asked.part.name}, {who}", asked.part.split, task, kinds, ids, groups, scores, targets)
        for who, scores in named.items()
    ]


def _row(opinion: LlmOpinion, task: Task, target: Float32) -> Float32:
    """The probabilities. Without a valid answer they are even, and a little lower for the right label: it is an error."""
    if opinion.scores:
        return np.asarray([opinion.scores[label] for label in task.labels], np.float32)
    row = np.where(target > 0, 1.0 - _NEVER, 1.0)
    return np.asarray(row / row.sum(), np.float32)


def _joined(small: Float32, opinion: LlmOpinion, task: Task, weight: float) -> Float32:
    if not opinion.scores:
        return small
    mine: Mapping[str, float] = dict(zip(task.labels, map(float, small), strict=True))
    return np.asarray(list(pooled(mine, opinion.scores, weight).values()), np.float32)


def _words(asked: Sequence[Asked], corpus: Corpus, task: Task) -> tuple[OpenScores, str]:
    """Scores of free words, against the column "words" where the data have one, else against the label."""
    given: dict[str, str] = {}
    for source in corpus.sources:
        try:
            given |= corpus.column(source, "words")
        except RecipeError:
            continue
    examples = [e for a in asked for e in a.examples]
    labels = [task.labels[int(e.targets[task.name].argmax())] for e in examples]
    said = [list(o.words) for a in asked for o in a.opinions]
    truth = [given[e.clip.id].split("|") if e.clip.id in given else [k] for e, k in zip(examples, labels, strict=True)]
    return open_scores(said, truth, labels), "words" if given else "label"
