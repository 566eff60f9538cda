"""How far the annotators of a set agree, and the manifest with what a model of annotators says of their votes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from mien.agreement.anchoring import Seen, anchoring
from mien.agreement.chance import Agreed, alpha, alpha_by_label, alpha_of_scale, fleiss
from mien.agreement.report import Again, AgreementReport, Annotator
from mien.agreement.suspicious import suspicious
from mien.agreement.truth import MODELS, Truth
from mien.agreement.votes import Ratings, Votes
from mien.collection.dataset import DataSet, open_set
from mien.collection.gold import gold_of
from mien.collection.manifest import Exported, export_manifest
from mien.collection.rows import Draft, Vote
from mien.collection.truth import Truth as Labels
from mien.collection.truth import truths
from mien.errors import InputError, UnknownNameError, closest

_DISPUTED = 1.0 - 1e-9  # bits: as much as two labels with equally many votes
_FEW_COULD = 0.5  # share of the votes that could not tell


def agree_on_set(
    folder: Path, model: str = "dawid_skene", gold: Path | None = None, write: bool = False, anyone: bool = False
) -> tuple[AgreementReport, Exported | None]:
    """Measures how far the annotators of a set agree.

    Args:
        folder: of the set.
        model: of the annotators, a key of ``truth.MODELS``.
        gold: table of known labels; ``None`` for ``gold.csv`` of the set.
        write: also write the manifest, with what the model says as the votes of each clip.
        anyone: the manifest also has clips of people without a consent or licence.

    Returns:
        The report, and what was written.

    Raises:
        UnknownNameError: there is no such model.
        InputError: there is no set, or it has no votes.
    """
    if model not in MODELS:
        raise UnknownNameError(f"there is no model of annotators '{model}'; {closest(model, MODELS)}")
    with open_set(folder) as dataset:
        votes = dataset.votes()
        if not votes:
            raise InputError(f"'{folder}' has no votes yet; label it with: mien label {folder}")
        whole = _votes([v for v in votes if v.purpose == "vote"], dataset.settings.labels)
        fitted = MODELS[model](whole)
        golden = gold_of(folder, dataset.settings, gold)
        report = _report(dataset, votes, whole, fitted, model, golden)
        written = export_manifest(dataset, anyone=anyone, truth=_labels(votes, whole, fitted)) if write else None
    return report, written


def _report(
    dataset: DataSet, votes: Sequence[Vote], whole: Votes, fitted: Truth, model: str, gold: Mapping[str, str]
) -> AgreementReport:
    clips, drafts, labels = dataset.clips(), dataset.drafts(), dataset.settings.labels
    speakers = {clip.id: clip.person for clip in clips}
    plain = _latest(v for v in votes if v.purpose == "vote")
    measures = {"alpha": alpha(whole, speakers), "fleiss": fleiss(whole, speakers)}
    for name in ("valence", "arousal"):
        rated = [(v.clip, getattr(v, name)) for v in plain if getattr(v, name) is not None]
        measures |= {name: alpha_of_scale(Ratings.of(rated), speakers)} if rated else {}
    return AgreementReport(
        dataset.folder.resolve().name,
        dataset.settings.task,
        labels,
        len(clips),
        len({vote.clip for vote in votes}),
        len(votes),
        model,
        measures,
        alpha_by_label(whole, speakers),
        _by_shown(votes, labels, speakers),
        _annotators(votes, whole, fitted, gold),
        _confusion(whole),
        anchoring(_seen(plain, drafts)),
        _again(plain, whole, fitted, drafts),
    )


def _latest(votes: Iterable[Vote]) -> list[Vote]:
    """The latest vote of each annotator on each clip."""
    return list({(vote.clip, vote.annotator): vote for vote in votes}.values())


def _votes(votes: Iterable[Vote], labels: Sequence[str]) -> Votes:
    """Labels as arrays. The labels of one ballot share a weight of 1."""
    rows = []
    for vote in _latest(votes):
        total = sum(vote.labels.values())
        rows += [(vote.clip, vote.annotator, label, weight / total) for label, weight in vote.labels.items()]
    return Votes.weighted(rows, labels)


def _by_shown(votes: Sequence[Vote], labels: Sequence[str], speakers: Mapping[str, str]) -> dict[str, Agreed]:
    groups: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        if vote.purpose in ("vote", "part") and vote.shown:
            groups["+".join(vote.shown)].append(vote)
    return {name: alpha(_votes(groups[name], labels), speakers) for name in sorted(groups)}


def _chosen(vote: Vote) -> str:
    """The weightiest label; "" without any."""
    return max(vote.labels, key=lambda label: vote.labels[label], default="")


def _annotators(votes: Sequence[Vote], whole: Votes, fitted: Truth, gold: Mapping[str, str]) -> list[Annotator]:
    reliability = dict(zip(whole.annotators, map(float, fitted.reliability), strict=True))
    by_clip: dict[str, dict[str, str]] = defaultdict(dict)
    for vote in votes:
        if vote.purpose == "vote" and vote.labels:
            by_clip[vote.clip][vote.annotator] = _chosen(vote)
    found = []
    for name in dict.fromkeys(vote.annotator for vote in votes):
        mine = [vote for vote in votes if vote.annotator == name]
        others = [c == by[name] for by in by_clip.values() if name in by for who, c in by.items() if who != name]
        first = {(v.clip, tuple(v.shown)): _said(v) for v in mine if v.purpose in ("vote", "part")}
        repeats = [(first.get((v.clip, tuple(v.shown))), _said(v)) for v in mine if v.purpose == "repeat"]
        known = [gold[v.clip] == _chosen(v) for v in mine if v.purpose == "gold" and v.clip in gold]
        found.append(
            Annotator(
                name,
                len(mine),
                sum(v.cannot_tell for v in mine) / len(mine),
                median(v.seconds for v in mine),
                reliability.get(name),
                float(np.mean(others)) if others else None,
                sum(before is not None for before, _ in repeats),
                sum(before == after for before, after in repeats),
                len(known),
                sum(known),
            )
        )
    return sorted(found, key=lambda a: (-a.votes, a.name))


def _said(vote: Vote) -> str:
    """What a vote says, for the same question asked twice."""
    return "?" if vote.cannot_tell else _chosen(vote)


def _confusion(votes: Votes) -> list[list[float]]:
    counts, (unit, weights) = votes.counts, votes.ballots
    pairs = weights.T @ (counts[unit] - weights)
    return [[round(float(v), 4) for v in row] for row in pairs]


def _seen(votes: Iterable[Vote], drafts: Mapping[str, Draft]) -> list[Seen]:
    there = (v for v in votes if v.labels and v.clip in drafts)
    return [Seen(v.clip, v.drafts_shown, _chosen(v) == drafts[v.clip].label) for v in there]


def _again(votes: Sequence[Vote], whole: Votes, fitted: Truth, drafts: Mapping[str, Draft]) -> list[Again]:
    shares = whole.counts / np.maximum(whole.counts.sum(axis=1, keepdims=True), 1e-12)
    label = fitted.soft.argmax(axis=1)
    found = []
    for place, clip in enumerate(whole.units):
        said = {whole.labels[k]: round(float(p), 4) for k, p in enumerate(shares[place]) if p > 0}
        entropy = -sum(p * float(np.log2(p)) for p in said.values())
        if entropy >= _DISPUTED:
            found.append(Again(clip, "disputed", whole.labels[label[place]], "", said, entropy))
    # A draft that does not know a label of one's own is sure of nothing.
    known = {clip for clip, draft in drafts.items() if draft.scores.keys() >= set(whole.labels)}
    with_draft = [place for place, clip in enumerate(whole.units) if clip in known]
    probabilities = [[drafts[whole.units[p]].scores.get(k, 0.0) for k in whole.labels] for p in with_draft]
    table = np.asarray(probabilities, np.float64).reshape(-1, len(whole.labels))
    for doubt in suspicious(label[with_draft], table):
        place = with_draft[doubt.place]
        said = {whole.labels[k]: round(float(p), 4) for k, p in enumerate(shares[place]) if p > 0}
        names = whole.labels[doubt.given], whole.labels[doubt.likely]
        found.append(Again(whole.units[place], "suspicious", *names, said, 1 - doubt.confidence))
    for clip in dict.fromkeys(vote.clip for vote in votes):
        could = [not vote.cannot_tell for vote in votes if vote.clip == clip]
        if 1 - np.mean(could) >= _FEW_COULD:
            found.append(Again(clip, "cannot_tell", "", "", {}, float(1 - np.mean(could))))
    return sorted(found, key=lambda a: -a.score)


def _labels(votes: Sequence[Vote], whole: Votes, fitted: Truth) -> dict[str, Labels]:
    """{id of a clip: its labels as the model states them}; numbers are the means of the votes."""
    found = truths(votes)
    for place, clip in enumerate(whole.units):
        soft = {label: float(p) for label, p in zip(whole.labels, fitted.soft[place], strict=True) if p > 5e-5}
        best = max(soft, key=lambda label: soft[label])
        tied = sum(p > soft[best] - 1e-6 for p in soft.values()) > 1
        found[clip] = replace(found[clip], label="" if tied else best, votes=soft)
    return found
