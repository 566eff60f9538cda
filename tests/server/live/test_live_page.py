"""The live view in a real browser, whose camera and microphone are a real clip."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mien.events import Notice
from mien.media.decoding.open import stream
from mien.samples import demo_clip
from mien.types import SAMPLE_RATE, Audio, Picture

from ...report.browser import LAPTOP, PHONE, launched
from ..running import Running, running, until
from ..test_page import LONG, Tab, axe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("live-page"), "--asr", "tiny.en") as found:
        yield found


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options of a browser whose camera and microphone show the demo clip again and again."""
    folder: Path = tmp_path_factory.mktemp("devices")
    pieces = [p for p in stream(demo_clip(), 15.0) if not isinstance(p, Notice)]
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for piece in pieces:
            if isinstance(piece, Audio):
                file.writeframes((piece.samples * 32767).astype("<i2").tobytes())
    with av.open(str(folder / "camera.mjpeg"), "w", format="mjpeg") as camera:
        pictures = [p.pixels for p in pieces if isinstance(p, Picture)]
        track: Any = camera.add_stream("mjpeg", rate=15)
        track.height, track.width = pictures[0].shape[:2]
        track.pix_fmt, track.time_base = "yuvj420p", Fraction(1, 15)
        for pixels in pictures:
            camera.mux(track.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")))
        camera.mux(track.encode())
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={folder / 'camera.mjpeg'}",
        f"--use-file-for-fake-audio-capture={folder / 'sound.wav'}",
    ]


@pytest.fixture(scope="module")
def browser(devices: list[str]) -> Iterator[Any]:
    with launched(*devices) as started:
        yield started


def test_nothing_opens_before_the_notice_is_accepted(browser: Any, live: Running) -> None:
    with Tab(browser, live.address) as tab:
        tab.page.evaluate(
            "() => { window.asked = 0; const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
            " media.getUserMedia = (wanted) => { window.asked += 1; return real(wanted); }; }"
        )
        tab.page.click("#live-open")
        notice = tab.page.inner_text("#live-notice")
        for said in ("emotion recognition system", "what you express", "nobody else", "stop at any time"):
            assert said in notice
        tab.page.click("#live-not-now")
        assert tab.page.evaluate("window.asked") == 0
        assert not tab.page.is_visible("#live-notice")


def test_the_notice_and_the_view_have_no_barrier(browser: Any, live: Running) -> None:
    with Tab(browser, live.address, bypass_csp=True) as tab:
        tab.page.focus("#live-open")
        tab.page.keyboard.press("Enter")
        assert axe(tab) == []
        tab.page.keyboard.press("Escape")
        assert not tab.page.is_visible("#live-notice")


RECORD = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/v1/live");
  const told = [];
  await new Promise((done) => { socket.onopen = done; });
  const ended = new Promise((done) => { socket.onclose = done; });
  const ready = new Promise((done) => {
    socket.onmessage = (event) => {
      told.push(JSON.parse(event.data));
      if (told.at(-1).type === "ready") done();
    };
  });
  socket.send(JSON.stringify({ type: "start", schema: "mien.live/1" }));
  await ready;
  const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus" });
  recorder.ondataavailable = ({ data }) => {
    const head = new DataView(new ArrayBuffer(16));
    head.setUint8(0, 3);
    socket.send(new Blob([head.buffer, data]));
  };
  recorder.start(100);
  const until = performance.now() + 60000;
  while (performance.now() < until && !told.some((m) => m.type === "final" && m.answer.text)) {
    await new Promise((next) => setTimeout(next, 100));
  }
  recorder.onstop = () => socket.send(JSON.stringify({ type: "stop" }));
  recorder.stop();
  await ended;
  return told;
}"""


def test_a_recorder_of_the_browser_sends_its_chunks(browser: Any, live: Running) -> None:
    with Tab(browser, live.address) as tab:
        told = tab.page.evaluate(RECORD)
    assert told[-1]["type"] == "end", told[-1]
    assert any("forget" in m["answer"]["text"] for m in told if m["type"] == "final"), "the clip may begin anywhere"
    assert any(m["type"] == "partial" for m in told)


def test_a_session_shows_answers_and_ends_with_its_report(browser: Any, live: Running) -> None:
    with Tab(browser, live.address) as tab:
        tab.page.click("#live-open")
        tab.page.click("#live-begin")
        tab.page.locator("#status", has_text="Camera and microphone are on.").wait_for(timeout=LONG)
        tab.page.locator("#live-now .on").first.wait_for(timeout=LONG)
        assert not tab.page.is_visible("#form"), "a session takes the place of what gives a clip"
        assert not tab.page.is_visible("#live-waiting")
        tab.page.locator("#live-boxes .box").first.wait_for(state="attached", timeout=LONG)
        assert tab.page.locator("#live-now .opinions dt").all_inner_texts()[:3] == ["words", "voice", "face"]
        assert tab.page.locator("#live-now .past rect").count() > 0
        tab.page.locator("#moments li").nth(1).wait_for(timeout=LONG)
        # Playwright's own waiting for a function evaluates text inside the page, which its policy forbids.
        until(lambda: tab.page.evaluate("document.getElementById('level').value") > 0.4)
        assert "Person 1" in tab.page.inner_text("#live-now")
        assert tab.page.evaluate("document.getElementById('live-video').videoWidth") > 0
        tracks = tab.page.evaluate_handle("live.stream.getTracks()")
        tab.page.click("#live-stop")
        assert tracks.evaluate("(found) => found.map((t) => t.readyState)") == ["ended", "ended"]
        tab.page.locator("#status", has_text="The session is over.").wait_for(timeout=LONG)
        assert tab.page.is_visible("#form")
        assert tab.page.evaluate("document.activeElement.id") == "live-open"
        tab.page.frame_locator("#frame").locator("html[data-ready]").wait_for(state="attached", timeout=LONG)
        assert tab.page.frame_locator("#frame").locator("h1").inner_text() == "Live session"
        assert tab.said == []
        assert tab.elsewhere == []


@pytest.mark.parametrize("options", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_a_session(browser: Any, live: Running, options: dict[str, Any], scheme: str) -> None:
    with Tab(browser, live.address, "?lang=zh", bypass_csp=True, color_scheme=scheme, **options) as tab:
        tab.page.click("#live-open")
        tab.page.click("#live-begin")
        tab.page.locator("#live-now .on .past").first.wait_for(timeout=LONG)
        assert axe(tab) == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tab.page.click("#live-stop")
        tab.page.locator("#status", has_text="会话已结束。").wait_for(timeout=LONG)
