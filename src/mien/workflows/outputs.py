"""Decides where answers are written: to a file for one clip, and into a folder for several clips."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError, printable
from mien.events import Skipped
from mien.explanation import Explanation
from mien.report import files
from mien.report.exporters.base import Export, Exporter, exporter, exporter_for, exporters
from mien.report.video.annotated import check_video, check_words
from mien.timeline import Timeline
from mien.workflows.joined import JoinedTable

if TYPE_CHECKING:
    from mien.report.page.media import Media

STDOUT = Path("-")
SHORT = ("json", "csv", "vtt", "html")
"""Exporters with their own option on the command line. ``--to NAME=FILE`` and ``--out FILE`` can name any exporter."""


@dataclass(frozen=True)
class Page:
    """How files are written.

    Attributes:
        lang: the language.
        embed: whether pages hold the clip itself.
        explain: whether pages hold explanations.
        portraits: whether the JSON holds a small picture of each face.
        video: the annotated video, or a folder for several; ``None`` without one.
        resume: whether clips whose files are there already are left as they are.
        track: the sound track of the annotated video, counted from 1; ``None`` for the one that was read.
        words: where the annotated video has the words, see ``report.video.annotated.WORDS``.
    """

    lang: str = "en"
    embed: bool = False
    explain: bool = False
    portraits: bool = False
    video: Path | None = None
    resume: bool = False
    track: int | None = None
    words: str = "drawn"


@dataclass(frozen=True)
class Outputs:
    """The outputs of an analysis. They are checked before anything is analyzed.

    Attributes:
        wanted: {name of an exporter: a file, or a folder when there are ``several`` clips, or ``STDOUT``}.
        names: {clip: name of its file in such a folder, without the suffix}.
        several: whether ``wanted`` names folders.
        page: how files are written.
        table: one CSV file for several clips; ``None`` without one.
    """

    wanted: Mapping[str, Path]
    names: Mapping[Path, str]
    several: bool
    page: Page = field(default_factory=Page)
    table: JoinedTable | None = None

    @classmethod
    def plan(
        cls,
        wanted: Mapping[str, Path],
        clips: Sequence[Path],
        several: bool,
        inputs: Sequence[Path],
        page: Page | None = None,
    ) -> Outputs:
        """Refuses outputs that could not be written or would overwrite one of the ``inputs``, before the long work.

        Raises:
            InputError: an output cannot be written; the message names the option and the reason.
        """
        page, wanted = page or Page(), dict(wanted)
        _check_page(page, [exporter(name) for name in wanted], clips)
        videos = {} if page.video is None else {"video": page.video}
        table = None
        if not several:
            check_outputs({**wanted, **videos}, inputs)
            if page.video is not None:
                check_video(page.video, clips[0] if clips else None)
            if page.resume:
                raise InputError("--resume goes with several clips, or a folder")
            return cls(wanted, _unique_names(clips), several, page)
        file = wanted.get("csv")
        if file is not None and file.suffix.lower() == ".csv" and not file.is_dir():
            check_outputs({"csv": wanted.pop("csv")}, inputs)
            table = JoinedTable(file, page.resume)
        for kind, path in {**wanted, **videos}.items():
            if path == STDOUT:
                raise InputError(f"{_option(kind, '-')} goes with one clip; name a folder instead")
            _make_folder(kind, path)
        return cls(wanted, _unique_names(clips), several, page, table)

    def target(self, name: str, clip: Path | None) -> Path:
        """The file that an exporter writes for a clip."""
        path = self.wanted[name]
        if not self.several or clip is None:
            return path
        return path / f"{self.names[clip]}.{exporter(name).endings[0]}"

    def video(self, clip: Path | None) -> Path | None:
        """The annotated video of a clip; ``None`` without one."""
        if self.page.video is None or clip is None:
            return None
        return self.page.video / f"{self.names[clip]}.mp4" if self.several else self.page.video

    def there(self, clip: Path) -> bool:
        """Whether all files of a clip were written before, and are to be left as they are."""
        files = [self.target(name, clip) for name in self.wanted]
        known = self.table is None or self.table.holds(clip)
        return self.page.resume and bool(files or self.table) and known and all(f.is_file() for f in files)

    def write(self, timeline: Timeline, clip: Path | None, explained: Sequence[Explanation | None] = ()) -> None:
        """Writes all outputs of one clip but the video. Each is a whole file or nothing.

        Raises:
            InputError: a file cannot be written.
        """
        if self.table is not None and clip is not None:
            self.table.add(clip, timeline)
        for name, path in self.wanted.items():
            writer, target = exporter(name), self.target(name, clip)
            # A page refers to its clip by a path relative to the folder of the page.
            media = _media(clip, target.resolve(), self.page.embed) if writer.plays else None
            told = explained if writer.explains else ()
            content = writer.write(Export(timeline, self.page.lang, media, told, self.page.portraits))
            put(STDOUT if path == STDOUT else target, content)

    def finish(self, skipped: Sequence[Skipped]) -> None:
        """Writes what is about several clips: one table, and a page that leads to all others.

        Args:
            skipped: the clips that could not be read.
        """
        if self.table is not None:
            self.table.write()
        if self.several and "html" in self.wanted:
            from mien.report.page.index import write_index

            pages = [f for clip in self.names if (f := self.target("html", clip)).is_file()]
            put(self.wanted["html"] / "index.html", write_index(pages, skipped, self.page.lang))


def chosen(short: Mapping[str, Path | None], to: Sequence[str], out: Sequence[Path]) -> dict[str, Path]:
    """The outputs that the options of the command line ask for: {name of an exporter: file or folder}.

    Args:
        short: {name of an exporter: file, or ``None`` when the option is not given}.
        to: values of the form "NAME=FILE".
        out: files whose suffix names the exporter.

    Raises:
        InputError: an option names no exporter, or two options name the same one.
    """
    asked = [(name, path) for name, path in short.items() if path is not None]
    for option in to:
        name, _, file = option.partition("=")
        if not file:
            raise InputError(f"--to {option} names no file; write --to NAME=FILE, with one of {', '.join(exporters)}")
        asked.append((name, Path(file)))
    asked += [(exporter_for(path), path) for path in out]
    found: dict[str, Path] = {}
    for name, path in asked:
        exporters.get(name)
        if name in found:
            raise InputError(f"'{found[name]}' and '{path}' are both written by '{name}'; take one of them")
        found[name] = path
    return found


def check_outputs(wanted: Mapping[str, Path], inputs: Sequence[Path]) -> None:
    """Refuses a file that could not be written, is an input, or is named for two outputs.

    Args:
        wanted: {kind of output: file}.
        inputs: files that must not be overwritten.

    Raises:
        InputError: a file is refused; the message says why.
    """
    for kind, path in wanted.items():
        if path != STDOUT:
            _check_file(kind, path, inputs)
        elif list(wanted.values()).count(STDOUT) > 1:
            raise InputError(f"{_option(kind, '-')} goes with one output; name a file instead")
        if any(path.absolute() == p.absolute() for k, p in wanted.items() if k != kind):
            raise InputError(f"'{path}' is named for two outputs; give each its own")


def put(path: Path, content: str | bytes) -> None:
    """Writes a whole file or nothing. The path ``STDOUT`` writes to standard output.

    Raises:
        InputError: the file cannot be written.
    """
    if path == STDOUT:
        if sys.stdout is None:  # its descriptor was closed before Python began (``>&-``)
            raise InputError("standard output is closed; name a file instead")
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        # Programs get what the file would hold. A terminal would obey escapes in names, labels and words.
        sys.stdout.write(printable(content) if sys.stdout.isatty() else content)
        sys.stdout.flush()
        return
    files.put(path, content)


def _media(clip: Path | None, target: Path, embed: bool) -> Media:
    from mien.media.decoding.open import probe
    from mien.media.written import is_text
    from mien.report.page.media import Media, embedded, referred

    if clip is None or is_text(clip):
        return Media("text")
    kind = probe(clip).kind
    return embedded(clip, kind) if embed else referred(clip, target, kind)


def _check_page(page: Page, writers: Sequence[Exporter], clips: Sequence[Path]) -> None:
    """Refuses settings that the wanted exporters do not support."""
    if (page.embed and not any(w.plays for w in writers)) or (page.explain and not any(w.explains for w in writers)):
        raise InputError("--embed and --explain go with --html; add --html report.html")
    check_words(page.words)
    if page.words != "drawn" and page.video is None:
        raise InputError("--video-words goes with --video; add --video annotated.mp4")
    for writer in writers:
        writer.check(page.lang)
    if page.embed:
        from mien.report.page.media import check_embeddable

        for clip in clips:
            if clip.is_file():
                check_embeddable(clip)


def _check_file(kind: str, path: Path, inputs: Sequence[Path]) -> None:
    folder = path.absolute().parent
    if path.is_dir():
        raise InputError(f"{_option(kind)} names a file, but '{path}' is a folder")
    if path.exists() and not path.is_file():
        raise InputError(f"'{path}' is not an ordinary file; take {_option(kind, '-')} for standard output")
    if not folder.is_dir():
        raise InputError(f"there is no folder '{path.parent}' to write '{path.name}' to")
    if not os.access(folder, os.W_OK):
        raise InputError(f"there is no permission to write to '{path.parent}'")
    if path.exists() and any(p.exists() and path.samefile(p) for p in inputs):
        raise InputError(f"{_option(kind)} would overwrite the input '{path}'; give another name")


def _option(kind: str, value: str = "") -> str:
    """The command-line option for an output, for messages."""
    return f"--{kind} {value}".rstrip() if kind in (*SHORT, "video") else f"--to {kind}={value}".rstrip("=")


def _make_folder(kind: str, path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise InputError(f"with several clips {_option(kind)} names a folder, but '{path}' is a file")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder '{path}' cannot be made: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise InputError(f"there is no permission to write to '{path}'")


def _unique_names(clips: Sequence[Path]) -> dict[Path, str]:
    """The name of each clip. When two clips have the same name, the later one gets names of its folders before it."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for clip in clips:
        name = clip.name
        for folder in clip.absolute().parents:
            # Some file systems do not distinguish capital and small letters.
            if name.casefold() not in taken:
                break
            name = f"{folder.name}-{name}"
        taken.add(name.casefold())
        names[clip] = name
    return names
