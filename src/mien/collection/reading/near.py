"""Finds near-duplicates by their fingerprints, and groups them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)

_WRONG_SOUND = 0.30  # share of the bits that may differ; Haitsma and Kalker allow 0.35 over 3 s, and clips are shorter
_WRONG_PICTURE = 30  # of 256 bits, for every picture
_COVERED = 0.6  # of the shorter sound
_USUAL = 50  # bits that so many clips have in common tell nothing, such as those of silence
_ONES = np.asarray([byte.bit_count() for byte in range(256)], np.uint8)
_HITS = 4  # places of one clip, with the most equal bits, that are looked at


def near_pairs(prints: Mapping[str, Mapping[str, bytes]]) -> Iterator[tuple[str, str]]:
    """Pairs of clips of which one is a near-duplicate of the other.

    Args:
        prints: {id of a clip: {kind: fingerprint}}, in a fixed order.
    """
    sounds = {clip: np.frombuffer(p["sound"], np.uint32) for clip, p in prints.items() if "sound" in p}
    pictures = {
        clip: np.frombuffer(p["picture"], np.uint8).reshape(-1, 32) for clip, p in prints.items() if "picture" in p
    }
    yield from _near_sounds(sounds)
    yield from _near_pictures(pictures)
    first: dict[bytes, str] = {}
    for clip, kinds in prints.items():
        if "text" in kinds and first.setdefault(kinds["text"], clip) != clip:
            yield first[kinds["text"]], clip


def groups(items: Iterable[K], pairs: Iterable[tuple[K, K]]) -> dict[K, K]:
    """{item: the first item of its group}. Items that a chain of pairs joins are in one group."""
    order = {item: n for n, item in enumerate(items)}
    parent = {item: item for item in order}

    def root(item: K) -> K:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        early, late = sorted((root(one), root(other)), key=order.__getitem__)
        parent[late] = early
    return {item: root(item) for item in order}


def _near_sounds(sounds: Mapping[str, NDArray[np.uint32]]) -> Iterator[tuple[str, str]]:
    """Looks up equal bits in an index, and compares whole sounds where these are equal."""
    places: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for clip, bits in sounds.items():
        hits: Counter[tuple[str, int]] = Counter()
        for n, value in enumerate(bits.tolist()):
            found = places[value]
            if len(found) < _USUAL:
                hits.update((other, at - n) for other, at in found)
        looked: Counter[str] = Counter()
        for (other, shift), _ in hits.most_common():
            if looked[other] >= _HITS:
                continue
            looked[other] += 1
            if _same_sound(sounds[other], bits, shift):
                looked[other] = _HITS
                yield other, clip
        for n, value in enumerate(bits.tolist()):
            places[value].append((clip, n))


def _same_sound(one: NDArray[np.uint32], other: NDArray[np.uint32], shift: int) -> bool:
    """Whether ``other``, begun ``shift`` steps later in ``one``, has nearly the same bits."""
    start, end = max(0, shift), min(len(one), len(other) + shift)
    if end - start < _COVERED * min(len(one), len(other)):
        return False
    wrong = _ONES[(one[start:end] ^ other[start - shift : end - shift]).view(np.uint8)]
    return float(wrong.mean()) / 8 < _WRONG_SOUND


def _near_pictures(pictures: Mapping[str, NDArray[np.uint8]]) -> Iterator[tuple[str, str]]:
    if not pictures:
        return
    names, bits = list(pictures), np.stack(list(pictures.values()))
    for n in range(1, len(names)):
        wrong = _ONES[bits[:n] ^ bits[n]].sum(axis=2).max(axis=1)
        yield from ((names[m], names[n]) for m in np.flatnonzero(wrong <= _WRONG_PICTURE))
