"""Measures how often guards are triggered and whether answers are then worse, on clean and degraded test sets.

    python benchmarks/guards.py research
    python benchmarks/guards.py research --bounds

There is a line for each guard, set and degradation that the guard is made for. It gives the share of answers that trigger the
guard, and for these and the other answers the share that is right and the mean calibrated confidence. For answers that trigger
it, it also gives confidence and NLL without and with the temperatures of all guards that they trigger. Then there is a line for
each guard over all sets and levels.

``--bounds`` reads validation sets instead. It gives for each guard the value of its measure at which half of the answers are
right, by logistic regression on asinh of the measure. Every set has the same weight.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.calibration.fit_guards import Degraded, read_degraded
from mien.calibration.likelihood import guarded, nll
from mien.data.corpus import Corpus
from mien.data.items import Copies
from mien.data.shards.paths import data_root
from mien.events import finish
from mien.trust.guard import Guard
from mien.trust.sample import Sample, joined

LEVELS = {
    "other_language": ("foreign:0.5", "foreign:1"),
    "short_speech": ("shorten:2", "shorten:1", "shorten:0.5", "shorten:0.3"),
    "noise": ("noise:20", "noise:10", "noise:5", "noise:0", "noise:-5"),
    "small_face": ("shrink:24", "shrink:16", "shrink:12", "shrink:8"),
    "blurred_face": ("blur:1", "blur:2", "blur:4"),
}
_FEW = 10  # answers: of fewer no share is given


def read(bundle: Bundle, split: str, most: int, root: Path) -> Iterator[Degraded]:
    """Calibrated answers, without what guards do, of each modality that has guards."""
    task, corpus = bundle.tasks[0], Corpus.of(bundle.recipe, root)
    for modality in bundle.modalities:
        reasons = [g.reason for g in bundle.trust.guards if g.modality == modality]
        for how in dict.fromkeys(["", *(way for r in reasons for way in LEVELS[r])]) if reasons else ():
            for found in finish(read_degraded(bundle, corpus, modality, split, task, Copies(how, most))):
                judgement = bundle.trust.of(task.name, [modality])
                if judgement is not None:
                    yield found._replace(sample=found.sample.by(judgement.calibration))


def triggered(guard: Guard, sample: Sample) -> NDArray[np.bool_]:
    """Which answers trigger the guard."""
    return guard.outside(sample.measures[guard.modality][guard.measure])


def as_given(guards: Sequence[Guard], found: Degraded) -> Sample:
    """The answers as users get them."""
    own = [g for g in guards if g.modality == found.modality]
    rows = np.stack([triggered(g, found.sample) for g in own], axis=1)
    return guarded(found.sample, rows, [g.temperature for g in own])


def mean(values: NDArray[np.generic], rows: NDArray[np.bool_]) -> str:
    """Of the rows; nothing where they are few."""
    return f"{values[rows].mean():.2f}" if rows.sum() >= _FEW else ""


def line(guard: Guard, name: str, how: str, sample: Sample, after: Sample) -> str:
    """A row of the table."""
    on = triggered(guard, sample)
    sure, then = sample.scores.max(axis=1), after.scores.max(axis=1)
    cells = [guard.reason, name, how or "nothing", str(len(sample)), f"{on.mean():.3f}"]
    cells += [mean(sample.right, on), mean(sample.right, ~on), mean(sure, on), mean(sure, ~on), mean(then, on)]
    loss, less = nll(sample), nll(after)
    return "| " + " | ".join([*cells, mean(loss, on), mean(less, on)]) + " |"


def table(bundle: Bundle, parts: Sequence[Degraded]) -> None:
    """Print a line for each guard, set and level, and one for each guard."""
    head = ["guard", "set", "degraded by", "n", "triggered by", "right then", "right else", "sure then", "sure else"]
    head += ["sure then, guarded", "NLL then", "NLL then, guarded"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    whole = defaultdict(list)
    for guard in bundle.trust.guards:
        for found in parts:
            if found.modality == guard.modality and found.how in ("", *LEVELS[guard.reason]):
                after = as_given(bundle.trust.guards, found)
                print(line(guard, found.name, found.how, found.sample, after))
                whole[guard, "clean" if not found.how else "all levels"].append((found.sample, after))
    for (guard, how), pairs in whole.items():
        print(line(guard, "all sets", how, joined([s for s, _ in pairs]), joined([a for _, a in pairs])))


def half(guard: Guard, parts: Sequence[Degraded]) -> float:
    """The value at which an answer is as likely right as wrong."""
    from scipy.optimize import minimize

    own = [p for p in parts if p.modality == guard.modality and p.how in ("", *LEVELS[guard.reason])]
    sets = [joined([p.sample for p in own if p.name == name]) for name in {p.name for p in own}]
    sample = joined([replace(s, weights=np.full(len(s), 1 / len(s))) for s in sets])
    x = np.arcsinh(sample.measures[guard.modality][guard.measure].astype(np.float64))
    sign = np.where(sample.right, 1.0, -1.0)

    def cost(line: NDArray[np.float64]) -> float:
        return float(sample.weights @ np.logaddexp(0.0, -sign * (line[0] + line[1] * x)))

    found = minimize(cost, np.asarray([0.0, 0.1]), method="Nelder-Mead", options={"maxiter": 5000, "fatol": 1e-10}).x
    return float(np.sinh(-found[0] / found[1]))


def bounds(bundle: Bundle, parts: Sequence[Degraded]) -> None:
    """Print where half of the answers are right, and how often each guard is triggered where nothing was degraded."""
    print("| guard | measure | bound | half are right at | triggered by, clean |\n|---|---|---|---|---|")
    for guard in bundle.trust.guards:
        clean = {p.name: triggered(guard, p.sample).mean() for p in parts if p.modality == guard.modality and not p.how}
        bound = guard.below if np.isfinite(guard.below) else guard.above
        usual = ", ".join(f"{name} {share:.2%}" for name, share in clean.items())
        print(f"| {guard.reason} | {guard.measure} | {bound:g} | {half(guard, parts):.3g} | {usual} |")
    for part in (p for p in parts if p.modality == "text" and not p.how):
        few = part.sample.measures["text"]["words"] <= 3
        right = part.sample.right
        share, rest = right[few].mean(), right[~few].mean()
        print(f"{part.name}, clean: up to three words (n {few.sum()}) {share:.2f} right, more words {rest:.2f}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="research, open, or a folder")
    parser.add_argument("--bounds", action="store_true", help="where half of the validation answers are right")
    parser.add_argument("--most", type=int, default=150, help="examples of each set and level, evenly over the file")
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    bundle = Bundle.load(args.bundle)
    parts = list(read(bundle, "valid" if args.bounds else "test", args.most, data_root(args.data_root)))
    (bounds if args.bounds else table)(bundle, parts)


if __name__ == "__main__":
    main()
