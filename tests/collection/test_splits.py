"""Splits are disjoint in person, recording and near-duplicates, near to the wanted shares, and never change as a set grows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mien.collection.rows import Cut
from mien.collection.splits import assign, leaks

SHARES = (0.7, 0.1, 0.2)


def cut(n: int, recording: int, person: str, kin: str = "") -> Cut:
    return Cut(f"c{n}", recording, 0.0, 1.0, "", person, "", "", (), (), {}, (), kin or f"c{n}")


def dealt(clips: list[Cut], labels: dict[str, str]) -> list[Cut]:
    found = assign(clips, labels, SHARES)
    return [replace(clip, split=found.get(clip.id, clip.split)) for clip in clips]


PLACES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 60)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(PLACES, PLACES, st.integers(0, 3))
def test_nothing_is_in_two_splits_and_none_changes(
    early: list[tuple[int, int, int]], late: list[tuple[int, int, int]], labels: int
) -> None:
    everything = [cut(n, r, f"p{p}", f"k{k}") for n, (r, p, k) in enumerate([*early, *late])]
    names = {clip.id: f"l{hash(clip.person) % (labels + 1)}" for clip in everything}
    first = dealt(everything[: len(early)], names)
    second = dealt([*first, *everything[len(early) :]], names)
    assert leaks(first) == leaks(second) == {"person": 0, "recording": 0, "kin": 0}
    assert [c.split for c in second[: len(early)] if c.split] == [c.split for c in first if c.split]
    assert all(clip.split for clip in first)


def test_shares_and_labels_are_near_to_what_is_wanted() -> None:
    clips = [cut(n, n // 5, f"p{n // 10}") for n in range(600)]
    labels = {clip.id: ("happy", "sad", "angry")[int(clip.id[1:]) % 7 % 3] for clip in clips}
    counts = Counter((clip.split, labels[clip.id]) for clip in dealt(clips, labels))
    for split, share in zip(("train", "valid", "test"), SHARES, strict=True):
        for label in ("happy", "sad", "angry"):
            whole = sum(value == label for value in labels.values())
            assert abs(counts[split, label] / whole - share) < 0.05


def test_who_joins_two_splits_is_left_out_and_the_others_stay() -> None:
    one, two = replace(cut(0, 0, "anna"), split="train"), replace(cut(1, 1, "ben"), split="test")
    duet = [cut(2, 2, "anna"), cut(3, 2, "anna"), cut(4, 2, "ben")]
    assert assign([one, two, *duet], {}, SHARES) == {"c2": "train", "c3": "train"}
