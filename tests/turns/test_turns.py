"""Turns of real clips: the answers are those of the analysis, and nothing stays behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from mien import Analyzer
from mien.errors import InputError
from mien.events import Notice
from mien.media.decoding.devices import Device
from mien.media.decoding.open import stream
from mien.samples import demo_clip
from mien.scenarios.gate.notice import Responsible
from mien.turns import Live, Remote, Turn, Turns
from mien.types import SAMPLE_RATE, Audio, Clip
from mien.workflows.live.devices import Capture
from mien.workflows.live.session import SETTINGS

from ..conftest import ROOT
from ..server.running import TOKEN, Running, running

CHAT = Clip("chat", text="I am so angry with you! That was a lovely evening.")
SILENCE = Audio(np.zeros(SAMPLE_RATE // 2, np.float32))


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "mien-turns"]


async def ended() -> None:
    """Waits until no thread reads any more."""
    end = time.monotonic() + 20
    while threads() and time.monotonic() < end:
        await asyncio.sleep(0.05)
    assert threads() == []


async def all_of(turns: Turns) -> list[Turn]:
    return [turn async for turn in turns]


def test_turns_are_the_answers_of_the_analysis() -> None:
    turns = Turns(CHAT)
    found = asyncio.run(all_of(turns))
    timeline = Analyzer().analyze(CHAT)
    said = [(p.text, p.label, p.scores, p.valence, p.uncertain, p.reasons) for p in timeline.predictions]
    assert [(t.words, t.label, t.scores, t.valence, t.uncertain, t.reasons) for t in found] == said
    assert {t.kind for t in found} == {"final"}
    assert {t.modalities for t in found} == {("text",)}
    assert {t.latency for t in found} == {None}
    assert turns.timeline is not None
    assert turns.timeline.label == timeline.label
    assert threads() == []


def test_a_file_can_be_read_again() -> None:
    turns = Turns(CHAT)
    assert asyncio.run(all_of(turns)) == asyncio.run(all_of(turns))


@pytest.mark.parametrize("name", ["missing.mp4", "broken.mp4"])
def test_errors_are_those_of_the_analysis(name: str, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film" * 100)
    with pytest.raises(InputError) as expected:
        Analyzer().analyze(tmp_path / name)
    with pytest.raises(InputError) as found:
        asyncio.run(all_of(Turns(tmp_path / name)))
    assert str(found.value) == str(expected.value)
    assert threads() == []


def test_leaving_the_loop_ends_the_thread() -> None:
    async def left() -> None:
        async for _ in Turns(CHAT):
            break
        await ended()

    asyncio.run(left())


def test_a_session_that_waits_can_be_cancelled() -> None:
    """Nothing more comes from the microphone, and nobody says that it has ended."""

    async def cancelled() -> None:
        live = Live()
        await live.put(SILENCE)
        task = asyncio.create_task(all_of(Turns(live, Analyzer(asr="off", settings=SETTINGS))))
        await asyncio.sleep(0.5)
        assert threads()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended()

    asyncio.run(cancelled())


def test_purposes_are_checked_and_limits_told() -> None:
    with pytest.raises(InputError, match=r"'monitoring' .* is refused"):
        Turns(CHAT, purpose="monitoring")
    turns = Turns(CHAT, jurisdiction="CN")
    assert "say_ai" in turns.decision.needs
    for lang, words in (("en", "To persuade, sell to or bind people"), ("zh", "利用他人的情绪来说服、推销")):
        assert any(words in line for line in Turns.limits(lang))
        page = (ROOT / "docs" / "turns.md").read_text(encoding="utf-8")
        assert lang == "zh" or all(f"- {line}" in page for line in Turns.limits(lang))
        assert all(line in turns.notice(Responsible("Lab"), lang) for line in Turns.limits(lang))


async def played(live: Live | Remote, pace: float) -> None:
    """Gives the demo clip, as a microphone and a camera would."""
    step = SAMPLE_RATE // 10
    for piece in stream(demo_clip(), 5.0):
        if isinstance(piece, Audio):
            for at in range(0, len(piece.samples), step):
                await live.put(Audio(piece.samples[at : at + step], piece.start + at / SAMPLE_RATE))
                await asyncio.sleep(pace * 0.1)
        elif not isinstance(piece, Notice):
            await live.put(piece)
    stopped = live.stop()
    if stopped is not None:
        await stopped


async def while_played(live: Live | Remote, turns: Turns, pace: float) -> tuple[list[Turn], float]:
    """The turns of the demo clip, and the longest time in seconds for which the event loop was blocked."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    ticking, playing = asyncio.create_task(tick()), asyncio.create_task(played(live, pace))
    found = await all_of(turns)
    await playing
    ticking.cancel()
    return found, longest


def spoken(finals: list[Turn]) -> None:
    """Checks the words of the demo clip. The second utterance is heard in more than one way, by where it is cut."""
    words = [t.words for t in finals if t.words]
    assert words[0] == "Don't forget a jacket."
    assert [w[:12] for w in words] == ["Don't forget"] * 2


@pytest.mark.slow
def test_what_comes_in_live_has_partial_and_final_turns() -> None:
    live = Live()
    turns = Turns(live, Analyzer(asr="tiny.en", settings=SETTINGS))
    found, longest = asyncio.run(while_played(live, turns, 1.0))
    finals = [t for t in found if t.kind == "final"]
    spoken(finals)
    assert {t.kind for t in found} == {"partial", "final"}
    assert all(t.latency is not None and 0 <= t.latency < 60 for t in finals)
    shown = [t.shown for t in found]
    assert sum(t.changed for t in found) <= sum(a.label != b.label for a, b in pairwise(found)) + 2
    assert "happy" in shown or "neutral" in shown
    assert any(t.modalities == ("text", "voice", "face") for t in finals)
    assert longest < 2.0, "the event loop was blocked"
    assert turns.timeline is not None
    assert not turns.timeline.portraits


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("turns"), "--asr", "tiny.en", token=TOKEN) as found:
        yield found


@pytest.mark.slow
def test_a_server_gives_the_same_turns(server: Running) -> None:
    async def asked() -> list[Turn]:
        remote = Remote(server.address, TOKEN)
        return (await while_played(remote, Turns(remote), 1.0))[0]

    found = asyncio.run(asked())
    spoken([t for t in found if t.kind == "final"])
    assert "partial" in {t.kind for t in found}


@pytest.mark.slow
def test_a_session_with_a_server_can_be_left(server: Running) -> None:
    async def left() -> None:
        for _ in range(2):  # there is one session, so the first one has to have ended
            remote = Remote(server.address, TOKEN)
            playing = asyncio.create_task(played(remote, 0.1))
            async for _ in Turns(remote):
                break
            await asyncio.wait_for(playing, 60)

    asyncio.run(left())


@pytest.mark.slow
def test_a_server_may_want_a_token(server: Running) -> None:
    with pytest.raises(InputError, match=r"refuses the session \(status 4\d\d\)"):
        asyncio.run(all_of(Turns(Remote(server.address, "another token of this length"))))


@pytest.mark.slow
@pytest.mark.skipif("lavfi" not in av.formats_available, reason="this PyAV has no virtual devices (lavfi)")
def test_a_device_is_closed_when_the_loop_is_left() -> None:
    async def left() -> None:
        capture = Capture([Device("microphone", "lavfi", f"amovie={demo_clip()},arealtime")])
        async for turn in Turns(capture, Analyzer(asr="off", settings=SETTINGS)):
            assert turn.modalities == ("voice",)
            break
        await ended()
        end = time.monotonic() + 20
        while any(t.name == "mien-device" for t in threading.enumerate()):
            assert time.monotonic() < end, "the device stays open"
            await asyncio.sleep(0.05)

    asyncio.run(left())


def test_no_server_is_told_in_one_sentence() -> None:
    pytest.importorskip("websockets", reason="needs the server: pip install 'mien[serve]'")
    with pytest.raises(InputError, match="is no address of a server"):
        Remote("ftp://x")
    with pytest.raises(InputError, match=r"no server answers at http://127.0.0.1:9 .* mien serve"):
        asyncio.run(all_of(Turns(Remote("http://127.0.0.1:9"))))
    with pytest.raises(InputError, match="leave the analyzer out"):
        Turns(Remote("http://127.0.0.1:9"), Analyzer())
