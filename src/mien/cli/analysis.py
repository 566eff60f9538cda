"""The verbs that analyze clips with a bundle, and a few small ones. Each is one short function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Asked, Asr, Bundled, Hours, Hub, Lang, Out, Prior, SoundTrack, Voices, Yes, app, cutting
from mien.cli.archive import Device, Memory, Ray, Workers, archived, checked, only_results, results_folder
from mien.cli.bundles import obtained
from mien.cli.language import LANG
from mien.cli.progress import followed, show
from mien.events import Event, Finished, Notice, Skipped

if TYPE_CHECKING:
    from mien.pipeline import Analyzer
    from mien.timeline import Prediction


@app.command()
def analyze(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Video, sound, picture, .txt, .srt, .vtt, .ass, or folders.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The words, instead of a file or of speech recognition.")] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help=".srt, .vtt, .ass, or `embedded`, instead of speech recognition.")
    ] = None,
    bundle: Bundled = "research",
    hub: Hub = None,
    yes: Yes = False,
    task: Asked = None,
    asr: Asr = "auto",
    voices: Voices = True,
    track: SoundTrack = None,
    hours: Hours = None,
    prior: Prior = "even",
    people: Annotated[
        str,
        typer.Option(
            help="Who is the same over several clips: clip (nobody), one, folder, name (its beginning), or voice."
        ),
    ] = "clip",
    json: Out = None,
    csv: Out = None,
    vtt: Out = None,
    html: Out = None,
    to: Annotated[list[str] | None, typer.Option(help="NAME=FILE, of any exporter: xml=out.xml. Repeatable.")] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="File whose ending names the exporter (repeatable), or a folder for JSON and Parquet."),
    ] = None,
    lang: Lang = LANG,
    embed: Annotated[bool, typer.Option("--embed", help="Put the clip itself into the HTML report.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Put explanations into the HTML report.")] = False,
    video: Annotated[
        Path | None, typer.Option(help="Write the clip again, with boxes, bars and words in its pictures: .mp4, .mkv.")
    ] = None,
    video_words: Annotated[
        str, typer.Option(help="Words of that video: drawn in it, a text track that players show or hide, or both.")
    ] = "drawn",
    tracks: Annotated[
        bool, typer.Option("--tracks/--no-tracks", help="Curves within moments and places of faces; or leave them out.")
    ] = True,
    portraits: Annotated[
        bool, typer.Option("--portraits", help="Put a small picture of each face into the JSON.")
    ] = False,
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_deletions: llm_options.Deletions = False,
    llm_alone: llm_options.Alone = False,
    llm_blind: llm_options.Blind = False,
    llm_reason: llm_options.Reason = True,
    llm_calibration: llm_options.Fitted = None,
    open_vocabulary: llm_options.OpenWords = False,
    resume: Annotated[bool, typer.Option("--resume", help="Leave clips as they are whose files are there.")] = False,
    workers: Workers = None,
    memory: Memory = None,
    device: Device = "cpu",
    ray: Ray = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Read clips: a table, and files if asked for. Of several clips --json etc. name folders; --csv all.csv is one table."""
    from mien.archive.folder import Reading
    from mien.errors import InputError
    from mien.pipeline import Analyzer
    from mien.workflows.analyze_files import analyze_files, analyze_one, expanded
    from mien.workflows.outputs import STDOUT, Outputs, Page, chosen

    clips = expanded(paths or [])
    several = len(clips) > 1 or any(p.is_dir() for p in paths or [])
    if several and (text is not None or subtitles is not None):
        raise InputError("--text and --subtitles go with one clip; name one file")
    bundle = obtained(bundle, hub, yes, lang)
    reading = Reading(bundle, asr, task, prior, tracks, voices, track, hours, portraits, device)
    if device != "cpu":
        from mien.runtime.devices import use

        reading = replace(reading, device=use(device))
    if (folder := results_folder(out or [])) is not None:
        only_results([json, csv, vtt, html, video, *(to or []), text, subtitles, llm], [embed, explain], people)
        raise typer.Exit(int(archived(paths or [], clips, folder, reading, workers, memory, ray, lang)))
    if workers is not None or memory is not None or ray is not None:
        raise InputError("--workers, --memory and --ray go with a folder of results; name one, as in --out results")
    if reading.device != "cpu":
        checked(reading)
    wanted = chosen({"json": json, "csv": csv, "vtt": vtt, "html": html}, to or [], out or [])
    inputs = [*clips, *([subtitles] if subtitles else [])]
    page = Page(lang, embed, explain, portraits, video, resume, track, video_words)
    outputs = Outputs.plan(wanted, clips, several, inputs, page)
    analyzer = Analyzer(bundle, asr, cutting(voices, track, hours), task, prior, tracks or video is not None)
    asked = llm_options.options(
        llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration, llm_reason
    )
    with llm_options.asking(asked, analyzer.task.labels, yes, lang, llm_deletions, open_vocabulary, llm_alone) as asker:
        shown = _Shown(analyzer, lang, quiet or STDOUT in wanted.values())
        if several:
            skipped = followed(analyze_files(analyzer, clips, outputs, people, asker), shown)
            shown.end(len(clips))
            raise typer.Exit(int(skipped > 0))
        one = analyze_one(analyzer, clips[0] if clips else None, outputs, text, subtitles, asker=asker)
        followed(one, shown)
        shown.end(1)


class _Shown:
    """Prints an analysis: a table for each clip, then the notes of the bundle and the skipped clips."""

    def __init__(
        self, analyzer: Analyzer, lang: str, quiet: bool = False, truth: Callable[[Prediction], str] | None = None
    ) -> None:
        from rich.console import Console

        from mien.report.language import Language

        self._notes, self._skipped, self._say = analyzer.bundle.notes, list[Skipped](), Language(lang)
        self._out, self._err = Console(quiet=quiet), Console(stderr=True, highlight=False)
        self._quiet, self._truth = quiet, truth

    def __call__(self, event: Event) -> None:
        from mien.report.terminal.timeline import render

        if isinstance(event, Finished):
            self._out.print(render(event.timeline, self._say.name, self._truth))
            self._out.print()
        elif isinstance(event, Skipped):
            self._skipped.append(event)
        elif isinstance(event, Notice) and event.code in ("kept", "no_font"):
            from rich.text import Text

            from mien.report.sentences import sentence
            from mien.report.terminal.harmless import harmless

            # The table of a clip tells its other notices.
            self._err.print(Text(harmless(sentence(event, self._say.name))), soft_wrap=True)

    def end(self, count: int) -> None:
        """Prints the last lines, about ``count`` clips. Notes come once a day; `mien card` has them, too."""
        from rich.text import Text

        from mien.report.terminal.harmless import harmless
        from mien.runtime.told import first_today

        if self._truth is not None:
            self._out.print(Text(self._say("terminal.truth_note")))
        for note in self._notes:
            if not self._quiet and first_today(note):
                self._out.print(Text(harmless(self._say.note(note)[0]), style="dim"))
        for clip in self._skipped:
            line = self._say("terminal.skipped", source=clip.source, why=clip.why)
            self._err.print(Text(harmless(line)), soft_wrap=True)
        if self._skipped:
            skipped = len(self._skipped)
            self._err.print(self._say("terminal.read", read=count - skipped, all=count, skipped=skipped))


@app.command()
def demo(bundle: Bundled = "research", lang: Lang = LANG) -> None:
    """Read the clip that comes with mien, whose true labels are known."""
    from mien.pipeline import Analyzer
    from mien.samples import demo_clip, demo_label

    show(f"mien analyze {demo_clip()}\n")
    analyzer = Analyzer(bundle)
    shown = _Shown(analyzer, lang, truth=lambda p: demo_label(p.span.middle))
    followed(analyzer.stream(demo_clip()), shown)
    shown.end(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of `mien analyze --json`."""
    from json import dumps

    from mien.report.exporters.json import schema as timeline_schema

    show(dumps(timeline_schema(), indent=1))


@app.command()
def card(bundle: Annotated[str, typer.Argument(help="research, open, or a folder.")] = "research") -> None:
    """Print the model card of a bundle: data, licence, results, limits."""
    from mien.bundle.bundle import Bundle

    show(Bundle.load(bundle).card)
