"""The queue between the thread that reads and the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from mien.errors import InputError
from mien.turns.turn import Turn
from mien.turns.waiting import Waiting
from mien.types import Span

TURN = Turn("final", "a", Span(0, 1), "", "happy", {"happy": 0.8}, "happy", False, 0.8, 0.5, False, (), ("face",), None)
PARTIAL = replace(TURN, kind="partial")


def test_a_newer_turn_of_a_person_takes_the_place_of_partial_ones() -> None:
    async def told() -> list[Turn | None]:
        waiting = Waiting()
        for turn in (replace(PARTIAL, who="b"), PARTIAL, replace(PARTIAL, words="newer"), TURN, PARTIAL):
            waiting.put(turn)
        waiting.end()
        return [await waiting.next() for _ in range(4)]

    assert asyncio.run(told()) == [replace(PARTIAL, who="b"), TURN, PARTIAL, None]


def test_a_change_of_what_is_shown_is_not_lost() -> None:
    async def told() -> Turn | None:
        waiting = Waiting()
        waiting.put(replace(PARTIAL, changed=True))
        waiting.put(TURN)
        return await waiting.next()

    assert asyncio.run(told()) == replace(TURN, changed=True)


def test_the_thread_waits_for_a_slow_reader() -> None:
    async def given() -> tuple[int, int]:
        waiting, count = Waiting(most=2), [0]

        def give() -> None:
            for _ in range(5):
                waiting.put(TURN)
                count[0] += 1

        thread = threading.Thread(target=give, daemon=True)
        thread.start()
        await asyncio.sleep(0.2)
        before = count[0]
        await waiting.next()
        await asyncio.sleep(0.2)
        after = count[0]
        waiting.close()
        thread.join(5)
        assert not thread.is_alive()
        return before, after

    assert asyncio.run(given()) == (2, 3)


def test_a_fault_comes_after_what_waits() -> None:
    async def taken() -> None:
        waiting = Waiting()
        waiting.put(TURN)
        waiting.end(InputError("it broke"))
        assert await waiting.next() == TURN
        await waiting.next()

    with pytest.raises(InputError, match="it broke"):
        asyncio.run(taken())


def test_a_reader_that_waits_is_woken() -> None:
    async def woken() -> Turn | None:
        waiting = Waiting()

        def give() -> None:
            time.sleep(0.1)
            waiting.put(TURN)

        threading.Thread(target=give, daemon=True).start()
        return await asyncio.wait_for(waiting.next(), 5)

    assert asyncio.run(woken()) == TURN


def test_sure_needs_the_label_a_probability_and_no_guess() -> None:
    assert TURN.sure("happy", 0.8)
    assert not TURN.sure("happy", 0.81)
    assert not TURN.sure("angry", 0.0)
    assert not replace(TURN, uncertain=True).sure("happy", 0.5)
