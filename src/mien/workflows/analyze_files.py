"""Many clips, one after the other: progress, tables, files, and at the end what was skipped and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mien.errors import InputError, MienError, explain
from mien.explanation import Explanation
from mien.pipeline import Analyzer
from mien.report.exporters.table import harmless, render
from mien.report.sentences import full_sentence
from mien.timeline import Timeline
from mien.workflows.explain_clip import Clearest
from mien.workflows.outputs import STDOUT, Outputs, Page

_ENDINGS = """
    mp4 m4v mov mkv webm avi flv f4v wmv mpg mpeg ts mts m2ts vob mxf 3gp 3g2 ogv
    wav mp3 m4a mka aac ac3 amr flac ogg oga opus wma aif aiff au caf
    jpg jpeg png webp bmp gif tif tiff ppm pgm txt srt vtt"""
_MEDIA = frozenset(f".{ending}" for ending in _ENDINGS.split())


def run(
    paths: Sequence[Path],
    text: str | None,
    subtitles: Path | None,
    bundle: str,
    asr: str,
    outputs: Mapping[str, Path | None],
    quiet: bool,
    page: Page | None = None,
    task: str | None = None,
) -> int:
    """Analyse; returns the exit code: 0, or 1 when some clip of several was skipped.

    Raises:
        InputError: when the only clip cannot be used, or the options do not fit together.
    """
    clips = list(dict.fromkeys(_expand(paths)))
    several = len(clips) > 1 or any(p.is_dir() for p in paths)
    if several and (text is not None or subtitles is not None):
        raise InputError("--text and --subtitles go with one clip; name one file")
    wanted = {kind: path for kind, path in outputs.items() if path is not None}
    plan = Outputs.plan(wanted, clips, several, [*clips, *([subtitles] if subtitles else [])], page)
    analyzer = Analyzer(bundle, asr, task=task)
    out = Console(quiet=quiet or STDOUT in wanted.values())
    skipped: list[tuple[Path, str]] = []
    targets: list[Path | None] = [*clips] or [None]
    for clip in targets:
        answer = _read(analyzer, clip, text, subtitles, several, page is not None and page.explain)
        if isinstance(answer, str):
            skipped.append((clip or Path("text"), answer))
            continue
        timeline, explained = answer
        out.print(render(timeline))
        out.print()
        plan.write(timeline, clip, explained)
    for note in (*analyzer.bundle.notes, *map(full_sentence, analyzer.bundle.notices)):
        out.print(Text(note, style="dim"))
    return _report(skipped, len(clips))


def _read(
    analyzer: Analyzer, clip: Path | None, text: str | None, subtitles: Path | None, several: bool, explain_it: bool
) -> tuple[Timeline, Sequence[Explanation | None]] | str:
    """The answer, and explanations where they are wanted; with several clips, why there is none: one bad file, or a fault of
    ours with it, must not cost the rest.
    """
    try:
        watch = Clearest() if explain_it else None
        with _progress("reading", clip) as follow:
            timeline = analyzer.analyze(clip, text=text, subtitles=subtitles, progress=follow, watch=watch)
        if watch is None:
            return timeline, ()
        with _progress("explaining", clip) as follow:
            return timeline, watch.explain(analyzer, timeline, follow)
    except Exception as error:
        of_the_clip = isinstance(error, InputError) or not isinstance(error, MienError)
        if not (several and of_the_clip) or os.environ.get("MIEN_DEBUG"):
            raise
        return explain(error)


def _report(skipped: Sequence[tuple[Path, str]], count: int) -> int:
    err = Console(stderr=True, highlight=False)
    for path, reason in skipped:
        err.print(Text(harmless(f"skipped {path}: {reason}")), soft_wrap=True)
    if skipped:
        err.print(f"{count - len(skipped)} of {count} clips read, {len(skipped)} skipped")
    return 1 if skipped else 0


def _expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are, folders as the media files in and below them, in order of name; hidden ones are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _MEDIA and p.is_file())
        shown = [p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        if not shown:
            raise InputError(f"there is no media file in the folder '{path}'")
        yield from shown


@contextmanager
def _progress(doing: str, clip: Path | None) -> Iterator[Callable[[float, float], None]]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(harmless(f"{doing} {clip.name if clip else 'text'}"), total=None)

        def follow(done: float, total: float) -> None:
            bars.update(bar, completed=done, total=total or None)

        yield follow
