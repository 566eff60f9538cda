"""Many clips, one after the other: progress, tables, files, and at the end what was skipped and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mien.cache import write_atomic
from mien.errors import InputError
from mien.pipeline import Analyzer
from mien.report.base import exporters
from mien.report.table import render
from mien.types import Timeline

_ENDINGS = """
    mp4 m4v mov mkv webm avi flv wmv mpg mpeg ts 3gp ogv wav mp3 m4a aac flac ogg oga opus wma aiff
    jpg jpeg png webp bmp gif tif tiff txt srt vtt"""
_MEDIA = frozenset(f".{ending}" for ending in _ENDINGS.split())


def run(
    paths: Sequence[Path],
    text: str | None,
    subtitles: Path | None,
    bundle: str,
    asr: str,
    outputs: Mapping[str, Path | None],
    quiet: bool,
) -> int:
    """Analyse; returns the exit code: 0, or 1 when some clip of several was skipped.

    Raises:
        InputError: when the only clip cannot be used, or the options do not fit together.
    """
    clips = list(_expand(paths))
    wanted = {kind: path for kind, path in outputs.items() if path is not None}
    several = len(clips) > 1
    if several and (text is not None or subtitles is not None):
        raise InputError("--text and --subtitles go with one clip; name one file")
    _check_outputs(wanted, several)
    analyzer = Analyzer(bundle, asr)
    out, err = Console(), Console(stderr=True)
    skipped: list[tuple[Path, str]] = []
    targets: list[Path | None] = [*clips] or [None]
    for clip in targets:
        try:
            with _progress(err, clip) as follow:
                timeline = analyzer.analyze(clip, text=text, subtitles=subtitles, progress=follow)
        except InputError as error:
            if not several:
                raise
            skipped.append((clip or Path("text"), str(error)))
            continue
        _write(timeline, clip, wanted, several)
        if not quiet:
            out.print(render(timeline))
            out.print()
    if not quiet:
        for note in analyzer.bundle.notes:
            out.print(Text(note, style="dim"))
    for path, reason in skipped:
        err.print(Text(f"skipped {path}: {reason}"), soft_wrap=True)
    if skipped:
        err.print(f"{len(clips) - len(skipped)} of {len(clips)} clips read, {len(skipped)} skipped")
    return 1 if skipped else 0


def _expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are, folders as the media files in and below them, in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in _MEDIA)
        if not found:
            raise InputError(f"there is no media file in the folder '{path}'")
        yield from found


def _check_outputs(wanted: Mapping[str, Path], several: bool) -> None:
    for kind, path in wanted.items():
        if several and path.exists() and not path.is_dir():
            raise InputError(f"with several clips --{kind} names a folder, but '{path}' is a file")
        if not several and path.is_dir():
            raise InputError(f"--{kind} names a file, but '{path}' is a folder")
        if not several and not path.absolute().parent.is_dir():
            raise InputError(f"there is no folder '{path.parent}' to write '{path.name}' to")


def _write(timeline: Timeline, clip: Path | None, wanted: Mapping[str, Path], several: bool) -> None:
    for kind, path in wanted.items():
        target = path
        if several:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"the folder '{path}' cannot be made: {error.strerror}") from error
            target = _free_name(path, clip.name if clip else "text", kind)
        try:
            write_atomic(target, exporters.get(kind)(timeline))
        except OSError as error:
            raise InputError(f"'{target}' cannot be written: {error.strerror}") from error


def _free_name(folder: Path, name: str, kind: str) -> Path:
    return folder / f"{name}.{kind}"


@contextmanager
def _progress(console: Console, clip: Path | None) -> Iterator[Callable[[float, float], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(f"reading {clip.name if clip else 'text'}", total=None)

        def follow(done: float, total: float) -> None:
            bars.update(bar, completed=done, total=total or None)

        yield follow
