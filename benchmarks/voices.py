"""Measures how well voices are told apart, on recordings made of real utterances whose speakers are known.

    python benchmarks/voices.py [--data FOLDER] [--split test] [--calm]

Monologues hold up to 60 utterances of one speaker, with all emotions, mixed or in blocks of one emotion. Dialogues of two and
three speakers last 90 s; a turn has one to four utterances of one emotion, with pauses of 0.3 to 1 s or of 0 to 0.1 s. With
``--calm`` only neutral utterances are taken. It prints how often the number of speakers is right, the share of the speech that
is given to a wrong speaker (confusion), and the diarization error rate, which counts missed and invented speech too.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from mien.media.cut import CutSettings, cut
from mien.media.decoding.sound import read_audio
from mien.media.sources import opened
from mien.types import SAMPLE_RATE, Clip, Float32, Segment, Span

SETS = ("ravdess_speech", "ased_amharic", "nemo_pl", "emodb4_full")
TICK = 100  # a second

Turn = tuple[Span, str]


@dataclass(frozen=True)
class Errors:
    """Shares of the speech of the reference: of all errors, and of the speech that was found and given to a wrong speaker."""

    rate: float
    confusion: float


def errors(reference: Sequence[Turn], found: Sequence[Turn]) -> Errors:
    """The diarization error rate with the best assignment of found speakers to true ones, without a collar.

    There are at most eight true speakers, because all assignments are tried. Found speakers may be many.
    """
    end = max(span.end for span, _ in [*reference, *found])
    true, told = (_ticks(turns, round(end * TICK) + 1) for turns in (reference, found))
    both = (true >= 0) & (told >= 0)
    names = int(true.max()) + 1, int(max(told.max(), true.max())) + 1
    shared = np.zeros(names, np.int64)
    np.add.at(shared, (true[both], told[both]), 1)
    most = int(max(shared[range(len(shared)), chosen].sum() for chosen in permutations(range(names[1]), names[0])))
    confused, speech = int(both.sum()) - most, int((true >= 0).sum())
    missed, invented = int(((true >= 0) & (told < 0)).sum()), int(((true < 0) & (told >= 0)).sum())
    return Errors((missed + invented + confused) / speech, confused / max(int(both.sum()), 1))


def _ticks(turns: Sequence[Turn], count: int) -> np.ndarray:
    names = list(dict.fromkeys(who for _, who in turns))
    found = np.full(count, -1)
    for span, who in turns:
        found[round(span.start * TICK) : round(span.end * TICK)] = names.index(who)
    return found


@dataclass(frozen=True)
class Said:
    """One utterance of a data set."""

    path: Path
    speaker: str
    label: str
    seconds: float


def utterances(data: Path, name: str, test: bool, calm: bool) -> dict[str, list[Said]]:
    """The utterances of each speaker of a set."""
    people: dict[str, list[Said]] = defaultdict(list)
    with (data / name / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["split"] == "test") == test and (row["label"] == "neutral" or not calm):
                said = Said(data / name / row["path"], row["speaker"], row["label"], float(row["duration"]))
                people[row["speaker"]].append(said)
    return dict(people)


def dialogue(people: dict[str, list[Said]], count: int, rng: np.random.Generator) -> Iterator[Said]:
    """90 s of turns of so many speakers."""
    chosen = [str(w) for w in rng.choice(sorted(people), count, replace=False)]
    left = {who: [people[who][i] for i in rng.permutation(len(people[who]))] for who in chosen}
    at, seconds = 0, 0.0
    while seconds < 90 and left[chosen[at]]:
        mine = left[chosen[at]]
        turn = [s for s in mine if s.label == mine[0].label][: int(rng.integers(1, 5))]
        left[chosen[at]] = [s for s in mine if s not in turn]
        seconds += sum(s.seconds + 0.5 for s in turn)
        yield from turn
        at = int(rng.choice([i for i in range(count) if i != at]))


def joined(said: Iterable[Said], pauses: tuple[float, float], rng: np.random.Generator) -> tuple[Float32, list[Turn]]:
    """The sound of some utterances one after the other, and who speaks when."""
    sound, turns, time = list[Float32](), list[Turn](), 0.0
    for utterance in said:
        samples = read_audio(utterance.path).samples
        pause = np.zeros(round(rng.uniform(*pauses) * SAMPLE_RATE), np.float32)
        turns.append((Span(time, time + len(samples) / SAMPLE_RATE), utterance.speaker))
        sound += [samples, pause]
        time += (len(samples) + len(pause)) / SAMPLE_RATE
    return np.concatenate(sound), turns


def told(sound: Float32) -> list[Turn]:
    """Who speaks when, as mien says."""
    with opened((sound, SAMPLE_RATE), None, None) as given:
        found = list(cut(given.feed, Clip("sound"), CutSettings(), None)) if given.feed is not None else []
    return [(s.span, s.who or "") for s in found if isinstance(s, Segment)]


def main() -> None:
    """Prints one line for each set and kind of recording."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--split", choices=["test", "train"], default="test", help="train includes valid")
    arguments.add_argument("--calm", action="store_true", help="neutral utterances only")
    arguments.add_argument("--times", type=int, default=10, help="dialogues of each kind")
    given = arguments.parse_args()
    print("set, kind: recordings, right number of speakers, confusion, diarization error rate")
    for name in SETS:
        people = utterances(given.data, name, given.split == "test", given.calm)
        for kind, recordings in kinds(people, given.times):
            results = []
            for sound, turns in recordings:
                found = told(sound)
                right = len({w for _, w in found}) == len({w for _, w in turns})
                results.append((right, errors(turns, found)))
            if results:
                count = np.mean([r for r, _ in results])
                confusion, rate = (np.mean([getattr(e, k) for _, e in results]) for k in ("confusion", "rate"))
                print(f"{name}, {kind}: {len(results)}, {count:.2f}, {confusion:.3f}, {rate:.3f}", flush=True)


def kinds(people: dict[str, list[Said]], times: int) -> Iterator[tuple[str, Iterator[tuple[Float32, list[Turn]]]]]:
    """The kinds of recordings of a set, and the recordings of each."""
    pauses = {"pauses": (0.3, 1.0), "no pauses": (0.0, 0.1)}
    for order in ("mixed", "blocks"):
        yield f"monologues, {order}", (_monologue(said, order) for said in people.values())
    for count in (2, 3):
        for pause, bounds in pauses.items():
            if len(people) >= count:
                seeds = (np.random.default_rng([count, i]) for i in range(times))
                yield f"{count} speakers, {pause}", (joined(dialogue(people, count, r), bounds, r) for r in seeds)


def _monologue(said: list[Said], order: str) -> tuple[Float32, list[Turn]]:
    rng = np.random.default_rng(0)
    chosen = [said[i] for i in rng.permutation(len(said))[:60]]
    return joined(sorted(chosen, key=lambda s: s.label) if order == "blocks" else chosen, (0.3, 1.0), rng)


if __name__ == "__main__":
    main()
