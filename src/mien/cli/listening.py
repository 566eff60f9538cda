"""The verb that reads the camera and the microphone of this machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.app import Asked, Asr, Bundled, Lang, Out, Prior, app
from mien.cli.language import LANG
from mien.cli.progress import Notices, show

if TYPE_CHECKING:
    from mien.media.decoding.devices import Device
    from mien.report.language import Language
    from mien.workflows.live.devices import Capture
    from mien.workflows.live.session import Said


@app.command()
def live(
    camera: Annotated[
        str | None, typer.Option(help="Name of the camera, or FORM:NAME of FFmpeg; else the usual one.")
    ] = None,
    microphone: Annotated[
        str | None, typer.Option(help="Name of the microphone, or FORM:NAME of FFmpeg; else the usual one.")
    ] = None,
    no_camera: Annotated[bool, typer.Option("--no-camera", help="Leave the camera closed.")] = False,
    no_microphone: Annotated[bool, typer.Option("--no-microphone", help="Leave the microphone closed.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop after so many seconds; else Ctrl-C stops.")] = None,
    bundle: Bundled = "research",
    task: Asked = None,
    asr: Asr = "auto",
    prior: Prior = "even",
    json: Out = None,
    csv: Out = None,
    vtt: Out = None,
    html: Out = None,
    to: Annotated[list[str] | None, typer.Option(help="NAME=FILE, of any exporter: xml=out.xml. Repeatable.")] = None,
    out: Annotated[list[Path] | None, typer.Option(help="File whose ending names the exporter. Repeatable.")] = None,
    lang: Lang = LANG,
) -> None:
    """Read the camera and the microphone of this machine while you speak; Ctrl-C ends it with a summary."""
    from mien.pipeline import Analyzer
    from mien.report.language import Language
    from mien.workflows.live.devices import Capture, listen_here
    from mien.workflows.live.session import SETTINGS, warm
    from mien.workflows.outputs import Outputs, Page, chosen

    devices = _devices(None if no_camera else camera or "", None if no_microphone else microphone or "")
    wanted = chosen({"json": json, "csv": csv, "vtt": vtt, "html": html}, to or [], out or [])
    outputs = Outputs.plan(wanted, [], False, [], Page(lang))
    analyzer = Analyzer(bundle, asr, SETTINGS, task, prior, tracks=bool(wanted))
    say = Language(lang, analyzer.task.name)
    for line in ("server.live_what", "terminal.live_kept", "server.notice_law"):
        show(say(line), err=True)
    warm(analyzer)
    show(say("terminal.live_opening", devices=", ".join(f"{d.name} ({d.form})" for d in devices)), err=True)
    capture = Capture(devices)
    # Who leaves the camera closed need not be told that no face was seen.
    needless = {"no_face": no_camera, "no_sound": no_microphone}
    with _stopping(capture), _Screen(say, [code for code, closed in needless.items() if closed]) as screen:
        for told in listen_here(analyzer, capture, seconds):
            screen.tell(told, outputs)


def _devices(camera: str | None, microphone: str | None) -> list[Device]:
    """What is opened. A name is "" for the usual device, and ``None`` for none.

    Raises:
        InputError: there is nothing left to open.
    """
    from mien.errors import InputError
    from mien.media.decoding.devices import Device

    if camera is None and microphone is None:
        raise InputError("there is nothing to read; leave --no-camera or --no-microphone out")
    found = [] if camera is None else [Device.of("camera", camera or None)]
    return [*found, *([] if microphone is None else [Device.of("microphone", microphone or None)])]


@contextmanager
def _stopping(capture: Capture) -> Iterator[None]:
    """Ctrl-C closes the devices, and the last answers are still given; a second one ends at once."""

    def stop(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        capture.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Screen:
    """Prints final answers one below the other, and under them, on a terminal, what is said and shown now."""

    def __init__(self, say: Language, needless: Sequence[str]) -> None:
        from rich.console import Console
        from rich.live import Live

        self._say, self._console = say, Console(highlight=False)
        self._notices, self._needless = Notices(say.name), needless
        self._now: dict[str | None, Any] = {}
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> _Screen:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def tell(self, told: object, outputs: Any) -> None:
        """Shows what a session tells, and writes its results at the end."""
        from mien.events import Finished, Notice
        from mien.report.terminal.timeline import summary
        from mien.workflows.live.session import Said

        if isinstance(told, Said):
            self._said(told)
        elif isinstance(told, Notice):
            if told.code not in self._needless:
                self._notices(told)
        elif isinstance(told, Finished):
            self._live.stop()
            self._console.print(summary(told.timeline, self._say))
            outputs.write(told.timeline, None)

    def _said(self, said: Said) -> None:
        from rich.console import Group

        line = self._line(said)
        if said.final:
            self._now.pop(said.prediction.who, None)
            self._console.print(line)
        else:
            self._now[said.prediction.who] = line
        if self._console.is_terminal:
            self._live.update(Group(*self._now.values()), refresh=True)

    def _line(self, said: Said) -> Any:
        """An answer: when, who, what is expressed, what each input says, and the words."""
        from rich.text import Text

        from mien.report.clock import clock
        from mien.report.terminal.colours import LABELS
        from mien.report.terminal.harmless import harmless

        p, say = said.prediction, self._say
        label = p.label if said.final else said.shown.label
        mood = f"{say.label(label)}{'?' if p.uncertain else ''} {p.scores[label]:.0%}"
        inputs = " ".join(f"{say.modality(m)} {say.label(max(o, key=lambda k: o[k]))}" for m, o in p.opinions.items())
        line = Text(f"{clock(p.span.start, 1)}  {harmless(say.person(p.who))}  ", style="" if said.final else "dim")
        line.append(harmless(mood), style=LABELS.get(label, ""))
        return line.append(harmless(f"  ({inputs})  {p.text}"))
