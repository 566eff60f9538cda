"""Compares the valence of mien's words for emotions with the ratings of VADER: ``python -m tools.check_vocabulary LEXICON``.

LEXICON is ``vader_lexicon.txt`` of the package vaderSentiment (Hutto and Gilbert 2014, MIT), whose words ten people rated from
-4 to 4. mien does not use it: the figures show how far the places, which were set by judgement, agree with ratings of people.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from mien.vocabulary.words import family_of


def ratings(lexicon: Path) -> dict[str, float]:
    """{word: mean rating, -1 to 1}."""
    rows = (line.split("\t") for line in lexicon.read_text(encoding="utf-8").splitlines() if line)
    return {word: float(mean) / 4 for word, mean, *_ in rows}


def main() -> None:
    """Prints the figures."""
    rated = ratings(Path(sys.argv[1]))
    pairs = [(f.place[0], value) for word, value in rated.items() if (f := family_of(word)) is not None]
    mine, theirs = np.asarray(pairs).T
    clear = np.abs(mine) > 0.2
    same = float((np.sign(mine) == np.sign(theirs))[clear].mean())
    print(f"{len(pairs)} words in both; Pearson {np.corrcoef(mine, theirs)[0, 1]:.2f}")
    print(f"same sign: {same:.1%} of the {int(clear.sum())} words with a valence beyond 0.2")


if __name__ == "__main__":
    main()
