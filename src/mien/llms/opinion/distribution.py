"""From answers to probabilities: the shares of several sampled answers, or the probabilities of the tokens of one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from mien.llms.base import Token

_LEAST = 1e-4  # probability of a label that is not among the alternatives of a token


def from_samples(labels: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """The shares of sampled answers, smoothed: (n_y + 1 / L) / (n + 1), as if one more answer were spread evenly (Perks 1947).

    Five answers that agree then give about 0.86, and not 1: five samples cannot show that other answers are impossible.

    Raises:
        ValueError: there are no answers.
    """
    if not said:
        raise ValueError("a distribution needs at least one answer")
    counts = Counter(said)
    return {label: (counts[label] + 1 / len(labels)) / (len(said) + 1) for label in labels}


def from_tokens(labels: Sequence[str], tokens: Sequence[Token]) -> dict[str, float] | None:
    """The probabilities of the labels at the place where the label begins in a JSON answer.

    An alternative counts for the labels that begin with it, and is divided evenly where several do. Alternatives that begin no
    label are left out, and the rest is scaled to sum to 1.

    Args:
        labels: the labels.
        tokens: of an answer whose first key is "label".

    Returns:
        {label: probability}, or ``None`` where the place cannot be found or the alternatives of its token are not known.
    """
    found = _place(tokens)
    if found is None:
        return None
    at, before = found
    odds = dict.fromkeys(labels, 0.0)
    for text, log in tokens[at].alternatives:
        rest = _after(text, before)
        meant = [label for label in labels if rest and (label.startswith(rest) or rest.startswith(f'{label}"'))]
        for label in meant:
            odds[label] += math.exp(min(log, 0.0)) / len(meant)
    if not any(odds.values()):
        return None
    return scaled({label: max(odd, _LEAST) for label, odd in odds.items()})


def _place(tokens: Sequence[Token]) -> tuple[int, str] | None:
    """The token in which the label begins, and what that token holds before it."""
    text = ""
    for token in tokens:
        text += token.text
    key = text.find('"label"')
    quote = text.find('"', key + len('"label"')) if key >= 0 else -1
    if quote < 0:
        return None
    passed = 0
    for at, token in enumerate(tokens):
        if passed + len(token.text) > quote + 1:
            return (at, token.text[: quote + 1 - passed]) if token.alternatives else None
        passed += len(token.text)
    return None


def _after(text: str, before: str) -> str:
    """What an alternative holds after what the token holds before the label; "" where it begins otherwise."""
    return text[len(before) :] if text.startswith(before) else ""


def scaled(odds: Mapping[str, float]) -> dict[str, float]:
    """The same, with a sum of 1."""
    total = sum(odds.values())
    return {label: odd / total for label, odd in odds.items()}
