"""What each annotator is asked next. It follows from the stored votes alone, so a server may be killed at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from mien.collection.rows import Vote, Votes
from mien.server.label.plan import Plan

_APART = 8  # votes between the first time that a clip is asked and the second
_ALL = 0xFFFF_FFFF


class Asked(NamedTuple):
    """A question: which clip, what is shown of it, why it is asked, and in which round."""

    clip: str
    shown: tuple[str, ...]
    purpose: Votes
    round: int = 0


def rank(*names: object) -> float:
    """A number from 0 to 1 that looks drawn at random, and is always the same for the same names."""
    digest = hashlib.sha256("\x1f".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:4], "big") / _ALL


def hidden(plan: Plan, annotator: str, asked: Asked) -> bool:
    """Whether the draft of a clip is hidden until the vote is cast. Gold clips and repeats measure people without drafts."""
    return not plan.drafts or asked.purpose != "vote" or rank("control", annotator, asked.clip) < plan.control


def upcoming(
    annotator: str, pool: Sequence[Asked], votes: Iterable[Vote], plan: Plan, known: Container[str]
) -> tuple[Asked | None, int, int]:
    """The next question of an annotator; ``None`` when there is none left.

    Args:
        annotator: whose order it is.
        pool: all questions about the set, those that come first in front.
        votes: of all annotators, in the order in which they were cast.
        plan: see ``Plan``.
        known: the clips that may be shown, gold clips and those that were asked before included.

    Returns:
        The question, how many of the pool the annotator has answered, and how many there are in all.
    """
    votes = list(votes)
    mine = [vote for vote in votes if vote.annotator == annotator]
    answered = {(vote.clip, tuple(vote.shown)) for vote in mine if vote.purpose in ("vote", "part")}
    others: dict[tuple[str, tuple[str, ...]], int] = {}
    for vote in votes:
        if vote.annotator != annotator and vote.purpose in ("vote", "part"):
            key = vote.clip, tuple(vote.shown)
            others[key] = others.get(key, 0) + 1
    open_to_me = [asked for asked in pool if not plan.per_clip or others.get(asked[:2], 0) < plan.per_clip]
    left = [asked for asked in open_to_me if asked[:2] not in answered]
    done = len(answered)
    if not left:
        return None, done, done
    return _mixed_in(annotator, mine, plan, known) or left[0], done, done + len(left)


def ordered(annotator: str, pool: Iterable[Asked]) -> list[Asked]:
    """The pool in the annotator's own order: by round, and inside a round one modality alone before the whole."""
    return sorted(pool, key=lambda a: (a.round, a.purpose != "part", rank(annotator, a.clip, *a.shown), a.clip))


def _mixed_in(annotator: str, mine: Sequence[Vote], plan: Plan, known: Container[str]) -> Asked | None:
    """A gold clip or a repeat, when it is time for one."""
    number = len(mine)
    if rank("gold", annotator, number) < plan.gold_share:
        seen = {vote.clip for vote in mine if vote.purpose == "gold"}
        fresh = sorted(
            (clip for clip in plan.gold if clip in known and clip not in seen), key=lambda c: rank(annotator, c)
        )
        if fresh:
            return Asked(fresh[0], (), "gold")
    if rank("repeat", annotator, number) < plan.repeat_share:
        again = {(vote.clip, tuple(vote.shown)) for vote in mine if vote.purpose == "repeat"}
        earlier = [v for v in mine[: max(0, number - _APART)] if v.purpose in ("vote", "part") and v.clip in known]
        keys = {(v.clip, tuple(v.shown)): v.round for v in earlier}
        fresh_keys = sorted((k for k in keys if k not in again), key=lambda k: rank(annotator, "again", *k))
        if fresh_keys:
            return Asked(*fresh_keys[0], "repeat", keys[fresh_keys[0]])
    return None
