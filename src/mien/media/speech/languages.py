"""Settles in which language each utterance was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_STRANGER = 0.1  # added to each share: a language that no neighbour speaks has to be about ten times as probable


def settle(heard: Sequence[Mapping[str, float]], seconds: Sequence[float]) -> list[str]:
    """The language of each of some utterances that follow one another.

    A short utterance tells its language badly: "Nein." may be Dutch. So the neighbours are asked, too: the probability of a
    language is multiplied by its mean share over all utterances. An utterance that is clearly in another language keeps it.

    Args:
        heard: the probability of each language (ISO 639 code), for each utterance by itself.
        seconds: how long each utterance is; a longer one counts for more.
    """
    whole = sum(seconds)
    names = sorted({name for own in heard for name in own})
    shares = {
        name: sum(own.get(name, 0.0) * s for own, s in zip(heard, seconds, strict=True)) / whole for name in names
    }
    return [max(names, key=lambda name: own.get(name, 0.0) * (shares[name] + _STRANGER)) for own in heard]
