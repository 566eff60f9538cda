"""What each annotator is asked next follows from the votes alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.collection.rows import Vote
from mien.errors import InputError
from mien.server.label.order import Asked, hidden, ordered, upcoming
from mien.server.label.plan import Plan

POOL = [Asked(f"c{n}", ("voice",), "vote", 1 if n < 20 else 2) for n in range(40)]
KNOWN = {asked.clip for asked in POOL} | {"g1", "g2"}
PLAIN = Plan(gold_share=0, repeat_share=0)


def answered(annotator: str, plan: Plan, count: int, votes: list[Vote] | None = None) -> list[Vote]:
    """The votes of somebody who answers whatever is asked."""
    votes = list(votes or [])
    for _ in range(count):
        asked, _, _ = upcoming(annotator, ordered(annotator, POOL), votes, plan, KNOWN)
        if asked is None:
            break
        vote = Vote(asked.clip, annotator, {"happy": 1.0})
        votes.append(replace(vote, round=asked.round, purpose=asked.purpose, shown=list(asked.shown)))
    return votes


def test_everybody_has_an_order_of_their_own_and_rounds_come_one_after_another() -> None:
    orders = {who: [v.clip for v in answered(who, PLAIN, 100)] for who in ("ann", "bob")}
    assert sorted(orders["ann"]) == sorted(orders["bob"]) == sorted(a.clip for a in POOL)
    assert orders["ann"] != orders["bob"]
    assert {int(clip[1:]) < 20 for clip in orders["ann"][:20]} == {True}
    assert orders["ann"] == [v.clip for v in answered("ann", PLAIN, 100)]


def test_progress_counts_the_clips_and_an_undone_vote_is_asked_again() -> None:
    votes = answered("ann", PLAIN, 5)
    asked, done, every = upcoming("ann", ordered("ann", POOL), votes, PLAIN, KNOWN)
    assert (done, every) == (5, 40)
    again, done, _ = upcoming("ann", ordered("ann", POOL), votes[:-1], PLAIN, KNOWN)
    assert asked is not None
    assert again is not None
    assert (again.clip, done) == (votes[-1].clip, 4)


def test_gold_clips_and_repeats_are_mixed_in() -> None:
    plan = Plan(gold={"g1": "happy", "g2": "sad", "of another set": "sad"}, gold_share=0.2, repeat_share=0.2)
    votes = answered("ann", plan, 200)
    purposes = [vote.purpose for vote in votes]
    assert purposes.count("vote") == 40
    assert {v.clip for v in votes if v.purpose == "gold"} == {"g1", "g2"}
    assert 3 <= purposes.count("repeat") <= 20
    for place, vote in enumerate(votes):
        if vote.purpose == "repeat":
            first = next(n for n, v in enumerate(votes) if v.clip == vote.clip)
            assert place - first >= 8


def test_a_clip_with_enough_votes_is_not_asked_of_others() -> None:
    plan = replace(PLAIN, per_clip=1)
    votes = answered("bob", plan, 100, answered("ann", plan, 30))
    assert sorted(v.clip for v in votes) == sorted(a.clip for a in POOL)


def test_the_control_share_of_the_drafts_stays_hidden() -> None:
    plan = Plan(drafts=True, control=0.25)
    share = sum(hidden(plan, "ann", asked._replace(clip=f"{n}")) for n, asked in enumerate(POOL * 25)) / 1000
    assert share == pytest.approx(0.25, abs=0.05)
    assert hidden(plan, "ann", Asked("c", (), "gold"))
    assert hidden(Plan(), "ann", POOL[0])


def test_a_plan_that_cannot_be_is_told() -> None:
    with pytest.raises(InputError, match="did you mean 'voice'"):
        Plan(modes=("voices",))
    with pytest.raises(InputError, match="from 0 to"):
        Plan(control=2)
