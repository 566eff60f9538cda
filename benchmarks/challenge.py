"""Tells how many short sentences a bundle reads right, by kind and language.

    python benchmarks/challenge.py BUNDLE [BUNDLE ...] [--wrong]

The 300 sentences in `challenge.csv` were written for this, before any model was tried on them; half are English, half Chinese.
There are 25 of each kind: negation, slang, emoji, sarcasm, events told without a word for an emotion, and plain neutral ones.
Where readers would differ, several labels are right, joined by "|". The file lies beside this script and not in tests/, because
the rate measures a model and no rate is a failure. A sentence that the bundle does not read counts as wrong. ``--wrong`` lists
the sentences that are read wrongly.

The answer is the label with the highest probability from the words alone, as `mien analyze --text` gives it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mien.bundle.bundle import Bundle
from mien.data.load import words_of
from mien.data.rows import read_rows
from mien.types import Segment

FILE = Path(__file__).with_name("challenge.csv")
KINDS = ("negation", "slang", "emoji", "sarcasm", "event", "neutral")
LANGUAGES = ("en", "zh")


class Sentence(NamedTuple):
    """A sentence of the file. ``right`` are the labels that count as right."""

    text: str
    language: str
    kind: str
    right: tuple[str, ...]


def sentences() -> list[Sentence]:
    """All sentences of the file, in order."""
    return [Sentence(r["text"], r["language"], r["kind"], tuple(r["label"].split("|"))) for r in read_rows(FILE)]


def answer(bundle: Bundle, text: str) -> str:
    """The label that a bundle gives to a sentence; "" where it does not read it."""
    words = words_of(text)
    track = bundle.encoders["text"].prepare(Segment(words.items[0].span | words.items[-1].span, words=words))
    if track is None:
        return ""
    scores = bundle.answer({"text": track}).scores["emotion"]
    return str(next(t for t in bundle.tasks if t.name == "emotion").labels[int(scores.argmax())])


def rates(asked: Sequence[Sentence], answers: Sequence[str]) -> dict[tuple[str, str], float]:
    """{(kind, language): share that is right}; "all" stands for all kinds or both languages."""
    found = {}
    for kind in (*KINDS, "all"):
        for language in (*LANGUAGES, "all"):
            right = [
                a in s.right
                for s, a in zip(asked, answers, strict=True)
                if kind in (s.kind, "all") and language in (s.language, "all")
            ]
            found[kind, language] = sum(right) / len(right)
    return found


def main() -> None:
    """Print a table for each bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", help="research, open, or a folder")
    parser.add_argument("--wrong", action="store_true", help="list the sentences that are read wrongly")
    args = parser.parse_args()
    asked = sentences()
    for name in args.bundles:
        bundle = Bundle.load(name)
        answers = [answer(bundle, s.text) for s in asked]
        found = rates(asked, answers)
        print(f"\n| {bundle.table.name} | {' | '.join(LANGUAGES)} | both |\n|---|---|---|---|")
        for kind in (*KINDS, "all"):
            print(f"| {kind} | {' | '.join(f'{found[kind, language]:.2f}' for language in (*LANGUAGES, 'all'))} |")
        if args.wrong:
            for sentence, given in zip(asked, answers, strict=True):
                if given not in sentence.right:
                    print(f"{sentence.kind}\t{'|'.join(sentence.right)}\t{given or '-'}\t{sentence.text}")


if __name__ == "__main__":
    main()
