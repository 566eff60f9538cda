"""Measures how faithful the explainers are: deletion and insertion on real test data, against random orders.

    python benchmarks/faithfulness.py                       # all explainers; about an hour on 2 cores
    python benchmarks/faithfulness.py --only occlusion_words --examples 400
    python benchmarks/faithfulness.py --run runs/faithfulness/seed0     # those that need trained weights, beside the others

The shipped bundle answers, or the bundle of a run (`mien train benchmarks/faithfulness.toml`). For each example, the most
probable label is explained. Parts of the input are removed and added, the largest weight first, and in a random order (Petsiuk
et al. 2018, arXiv 1806.07421). The seed draws examples from the test splits that the bundle names. Rows are written to
src/mien/explain/faithfulness.json, which decides the default explainers of mien, and the table to docs/explanations.md. Rows
of other explainers and models stay.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mien.bundle.answer import single
from mien.bundle.bundle import Bundle
from mien.data.load import segment_of
from mien.data.manifest import read
from mien.data.shards.paths import data_root
from mien.explain.defaults import Gains, defaults, gains
from mien.explain.evidence.base import Explainer, explainers
from mien.explain.faithfulness import Faithfulness, faithfulness_of
from mien.explain.question import Moment, Question
from mien.recipe.recipe import Recipe
from mien.runtime.cache import write_atomic
from mien.runtime.marks import rebuilt
from mien.runtime.run_folder import BUNDLE
from mien.types import Example, Modality

_EVERY = 20  # examples
ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "src" / "mien" / "explain" / "faithfulness.json"
DOCUMENT = ROOT / "docs" / "explanations.md"
SETS: dict[Modality, tuple[str, ...]] = {"text": ("goemotions",), "voice": ("ravdess", "nemo"), "face": ("ferplus",)}


def chosen(recipe: Recipe, name: str, count: int, seed: int) -> list[Example]:
    """Examples of a test split, drawn without replacement, in random order."""
    source = next(s for s in recipe.data if s.name == name)
    test = [e for e in read(source, recipe.tasks, data_root()) if e.split == "test"]
    order = np.random.default_rng(seed).permutation(len(test))
    return [test[i] for i in order[:count]]


def question(bundle: Bundle, example: Example, modality: Modality) -> Question | None:
    """About the bundle's own answer; ``None`` where the example cannot be read."""
    segment = segment_of(example.clip, modality)
    track = None if segment is None else bundle.encoders[modality].prepare(segment)
    if segment is None or track is None:
        return None
    answer = bundle.answer({modality: track})
    task = single(bundle.tasks)
    moment = Moment(segment, {modality: track}, answer, lambda m, s: bundle.encoders[m].prepare(s), task)
    return Question(bundle, moment, task.labels[int(answer.scores[task.name].argmax())])


def rated(name: str, explainer: Explainer, bundle: Bundle, data_set: str, count: int, seed: int) -> Iterator[Gains]:
    """Faithfulness on a set, over ever more examples: a broken-off run leaves what it has."""
    found: list[Faithfulness] = []
    for number, example in enumerate(chosen(bundle.recipe, data_set, 3 * count, seed)):
        asked = question(bundle, example, explainer.modality)
        row = None if asked is None else faithfulness_of(explainer, asked, seed + number)
        found += [row] if row is not None else []
        print(f"\r{name} on {data_set}: {len(found)} of {count}", end="", flush=True)
        if row is not None and (len(found) % _EVERY == 0 or len(found) == count):
            yield summary(name, explainer, bundle, data_set, seed, found)
        if len(found) == count:
            break
    print()


def summary(
    name: str, explainer: Explainer, bundle: Bundle, data_set: str, seed: int, found: Sequence[Faithfulness]
) -> Gains:
    """Means and standard errors."""
    table = np.asarray([(f.deletion, f.random_deletion, f.insertion, f.random_insertion) for f in found])
    deleted, inserted = table[:, 1] - table[:, 0], table[:, 2] - table[:, 3]
    errors = [float(gain.std(ddof=1) / len(gain) ** 0.5) for gain in (deleted, inserted)]
    means = [*table.mean(axis=0), deleted.mean(), inserted.mean()]
    d, rd, i, ri, gain_d, gain_i = (round(float(v), 4) for v in means)
    error_d, error_i = (round(e, 4) for e in errors)
    return Gains(
        name,
        explainer.modality,
        data_set,
        bundle.name,
        len(found),
        seed,
        d,
        rd,
        gain_d,
        error_d,
        i,
        ri,
        gain_i,
        error_i,
    )


def table(rows: Sequence[Gains], offered: Sequence[str]) -> str:
    """Markdown: a row for each explainer and set."""
    lines = [
        "| explainer | modality | model | test set | seed | n | deletion | better by | insertion | better by | default |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        deletion = f"{r.deletion:.3f} ({r.random_deletion:.3f}) | {r.deletion_gain:+.3f} ± {r.deletion_error:.3f}"
        insertion = f"{r.insertion:.3f} ({r.random_insertion:.3f}) | {r.insertion_gain:+.3f} ± {r.insertion_error:.3f}"
        default = "yes" if r.explainer in offered else "no"
        about = f"| `{r.explainer}` | {r.modality} | {r.bundle} | {r.set} | {r.seed} | {r.n}"
        lines.append(f"{about} | {deletion} | {insertion} | {default} |")
    return "\n".join(lines)


def keep(row: Gains) -> None:
    """Put a row into the figures and the document."""

    def key(r: Gains) -> tuple[str, str, str, str, int]:
        return r.modality, r.bundle, r.explainer, r.set, r.seed

    rows = sorted([r for r in gains() if key(r) != key(row)] + [row], key=key)
    write_atomic(FIGURES, json.dumps([asdict(r) for r in rows], indent=1) + "\n")
    gains.cache_clear()
    shown = table(rows, list(defaults().values()))
    write_atomic(DOCUMENT, rebuilt(DOCUMENT.read_text(encoding="utf-8"), "faithfulness", shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="*", help="names of explainers")
    parser.add_argument("--sets", nargs="*", help="names of test sets")
    parser.add_argument("--run", type=Path, help="folder of a run of mien train, instead of the shipped bundle")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    bundle = Bundle.load("research" if given.run is None else given.run / BUNDLE)
    known = {source.name for source in bundle.recipe.data}
    for name in given.only or explainers.names():
        explainer = explainers.build({"name": name})
        if explainer.needs_run and given.run is None:
            continue
        for data_set in SETS[explainer.modality]:
            if data_set in known and (not given.sets or data_set in given.sets):
                for row in rated(name, explainer, bundle, data_set, given.examples, given.seed):
                    keep(row)


if __name__ == "__main__":
    main()
