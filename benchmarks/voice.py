"""Compares mien's voice encoder and head with the classic baseline of the field, on speakers outside the training data.

    python benchmarks/voice.py
    python benchmarks/voice.py --sets emodb7_2s zh_tw_3class --seeds 0 1 2

Each set is used with its own split and its own labels. The two systems are:

- mien: the tracks of ``voice_whisper`` and its network, trained on this set alone by mien's loop with the
  settings of the recipe ``voice-research`` (the same for every set), mean and deviation over seeds;
- ComParE 2016 (Schuller et al., Interspeech 2016): 6,373 functionals by openSMILE, standardised, and a linear SVM whose
  C and form (one against one, one against the rest) are chosen on the validation split. Needs ``mien[bench]``.

Both are trained on the training split alone. The benchmark prints a Markdown table of unweighted average recall (UAR).
Features are kept in ``--cache``, so a second run is short.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.manifest import read
from mien.data.shards.paths import data_root
from mien.media.decoding.sound import read_audio
from mien.metrics.uar import uar
from mien.recipe.recipe import Recipe, Source, Target, load
from mien.recipe.sections import EncoderTable
from mien.runtime.cache import cached_folder, content_key
from mien.types import SAMPLE_RATE, Clip, Float32, Modality, Task

SETS = ("ravdess_speech", "emodb7_2s", "emodb4_full", "nemo_pl", "ased_amharic", "zh_tw_3class")
NO_SPEAKERS = ("zh_tw_3class",)
_COSTS = (1e-5, 1e-4, 1e-3, 1e-2)
_BATCH = 64


@dataclass(frozen=True)
class Row:
    """One line of the table. ``ours`` holds one UAR per seed."""

    name: str
    labels: int
    n: int
    majority: float
    baseline: float
    ours: tuple[float, ...]


def recipe_of(name: str, root: Path) -> Recipe:
    """The recipe ``voice-research`` with another set and its own labels."""
    with (root / name / "manifest.csv").open(newline="", encoding="utf-8-sig") as file:
        labels = sorted({row["label"] for row in csv.DictReader(file)})
    source = Source(name, f"{name}/manifest.csv", {"audio": "path"}, {"emotion": Target("label")})
    task = Task("emotion", "single", tuple(labels))
    encoders: dict[Modality, EncoderTable] = {"voice": EncoderTable("voice_whisper")}
    return replace(load("voice-research"), name=f"voice-{name}", encoders=encoders, data=(source,), tasks=(task,))


def ours(recipe: Recipe, root: Path, seed: int) -> float:
    """UAR on the test split of one training."""
    from mien.data.corpus import Corpus
    from mien.evaluation.evaluate import predict
    from mien.evaluation.model_system import ModelSystem
    from mien.events import finish
    from mien.training.loop import train

    with tempfile.TemporaryDirectory() as runs:
        run = finish(train(replace(recipe, seed=seed), Corpus.of(recipe, root), Path(runs)))
        (part,) = finish(run.sets("test"))
        (found,) = finish(predict(ModelSystem(run.model), part))
    return uar(found.scores, found.targets)


def functionals(clips: Sequence[Clip]) -> NDArray[np.float32]:
    """ComParE 2016 functionals of some sound files, (N, 6373), kept in the cache."""
    names = [clip.id for clip in clips]
    place = f"compare/{content_key(names)[:24]}"

    def fill(draft: Path) -> None:
        import opensmile

        smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
        rows = [smile.process_signal(_sound(clip), SAMPLE_RATE).to_numpy()[0] for clip in clips]
        np.save(draft / "values.npy", np.asarray(rows, np.float32))

    values: NDArray[np.float32] = np.load(cached_folder(place, fill) / "values.npy")
    return values


def _sound(clip: Clip) -> Float32:
    if clip.audio is None:
        raise ValueError(f"{clip.id} has no sound")
    return read_audio(clip.audio).samples


def compare_svm(recipe: Recipe, root: Path) -> tuple[float, float, int]:
    """UAR of the baseline and of the commonest label on the test split, and its size."""
    from sklearn.preprocessing import StandardScaler

    examples = read(recipe.data[0], recipe.tasks, root)
    x: dict[str, NDArray[np.float32]] = {}
    y: dict[str, Float32] = {}
    for split in ("train", "valid", "test"):
        part = [e for e in examples if e.split == split]
        x[split] = np.nan_to_num(functionals([e.clip for e in part]))
        y[split] = np.stack([e.targets["emotion"] for e in part])
    scaler = StandardScaler().fit(x["train"])
    x = {split: scaler.transform(values) for split, values in x.items()}
    hard = np.eye(recipe.tasks[0].size, dtype=np.float32)
    scores = [
        tuple(uar(hard[found], y[split]) for split, found in zip(("valid", "test"), answers, strict=True))
        for answers in _svms(x, y["train"].argmax(axis=1))
    ]
    # The first of equals: the strongest regularisation.
    best = max(scores, key=lambda pair: pair[0])
    common = hard[[int(y["train"].sum(axis=0).argmax())] * len(y["test"])]
    return best[1], uar(common, y["test"]), len(y["test"])


def _svms(x: dict[str, NDArray[np.float32]], truth: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """Answers on the validation and test splits of linear SVMs, one against one and one against the rest."""
    from sklearn.svm import SVC, LinearSVC

    products = {split: (values @ x["train"].T).astype(np.float64) for split, values in x.items()}
    for cost in _COSTS:
        pairs = SVC(C=cost, kernel="precomputed", class_weight="balanced").fit(products["train"], truth)
        yield tuple(pairs.predict(products[split]) for split in ("valid", "test"))
        # The loose tolerance changes no result seen here and takes a tenth of the time.
        rest = LinearSVC(C=cost, class_weight="balanced", random_state=0, tol=1e-2).fit(x["train"], truth)
        yield tuple(rest.predict(x[split]) for split in ("valid", "test"))


def judge(name: str, root: Path, seeds: Sequence[int]) -> Row:
    """Both ways on one set."""
    recipe = recipe_of(name, root)
    found = tuple(ours(recipe, root, seed) for seed in seeds)
    baseline, majority, n = compare_svm(recipe, root)
    return Row(name, recipe.tasks[0].size, n, majority, baseline, found)


def line(row: Row) -> str:
    """One line of Markdown."""
    spread = f" ± {np.std(row.ours, ddof=1):.3f}" if len(row.ours) > 1 else ""
    mark = " (speakers unknown)" if row.name in NO_SPEAKERS else ""
    return (
        f"| {row.name}{mark} | {row.labels} | {row.n} | {row.majority:.3f} | {row.baseline:.3f} "
        f"| {np.mean(row.ours):.3f}{spread} |"
    )


def main() -> int:
    """Print the table; exit code 1 when a set falls short of the baseline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="folder of the data sets (else MIEN_DATA or ../shared/data)")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--cache", type=Path, help="where features are kept (else mien's cache folder)")
    args = parser.parse_args()
    if args.cache:
        os.environ["MIEN_CACHE"] = str(args.cache)
    warnings.filterwarnings("ignore", category=UserWarning, module="lightning_fabric")
    root = data_root(args.data_root)
    print(f"| set | labels | n test | majority | ComParE + linear SVM | mien, {len(args.seeds)} seeds |")
    print("|---|---|---|---|---|---|", flush=True)
    rows = []
    for name in args.sets:
        rows.append(judge(name, root, args.seeds))
        print(line(rows[-1]), flush=True)
    return int(any(np.mean(r.ours) <= r.baseline for r in rows))


if __name__ == "__main__":
    sys.exit(main())
