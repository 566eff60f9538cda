"""Analyzes many clips, one after the other, and writes their files. A clip that cannot be read is skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from mien.errors import InputError, explain, of_the_clip
from mien.events import Finished, Notice, Progress, Skipped, Work, tap
from mien.explanation import Explanation
from mien.llms.opinion.asker import Asker
from mien.media.decoding.open import probe
from mien.person import People
from mien.pipeline import Analyzer
from mien.report.video.annotated import write_video
from mien.timeline import Timeline
from mien.workflows.explain_clip import Clearest
from mien.workflows.llms.ask import with_llm
from mien.workflows.outputs import Outputs
from mien.workflows.people import known_people

_ENDINGS = """
    mp4 m4v mov mkv webm avi flv f4v wmv mpg mpeg ts mts m2ts vob mxf 3gp 3g2 ogv
    wav mp3 m4a mka aac ac3 amr flac ogg oga opus wma aif aiff au caf
    jpg jpeg png webp bmp gif tif tiff ppm pgm txt srt vtt ass ssa"""
_MEDIA = frozenset(f".{ending}" for ending in _ENDINGS.split())


def expanded(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths, and the media files in and below the folders in order of name. Each file comes once.

    Hidden files in folders are left out.

    Raises:
        InputError: a folder holds no media file.
    """
    return list(dict.fromkeys(found for path in paths for found in _files(path)))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _MEDIA and p.is_file())
    shown = [p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
    if not shown:
        raise InputError(f"there is no media file in the folder '{path}'")
    yield from shown


def analyze_files(
    analyzer: Analyzer, clips: Sequence[Path], outputs: Outputs, people: str = "clip", asker: Asker | None = None
) -> Work[int]:
    """Analyzes clips and writes the outputs of each. An error in one clip does not stop the others.

    Args:
        analyzer: reads the clips.
        clips: the files.
        outputs: what is written, and where.
        people: who is the same over several clips, see ``mien.workflows.people.SAME``. Then the sound of all clips is read
            first, and each clip is answered relative to all that is known of its person.
        asker: asks a language model about each moment; ``None`` asks none.

    Yields:
        The events of each clip, which end with ``Finished`` or ``Skipped``.

    Returns:
        How many clips were skipped.

    Raises:
        InputError: the only clip cannot be used, or ``people`` is unknown.
    """
    waiting = [clip for clip in clips if not outputs.there(clip)]
    if len(waiting) < len(clips):
        yield Notice("kept", {"count": len(clips) - len(waiting), "all": len(clips)})
    known = yield from known_people(analyzer, clips if waiting else (), people)
    skipped: list[Skipped] = []
    try:
        for number, clip in enumerate(waiting):
            yield Progress("clips", clip.name, number, len(waiting))
            try:
                yield from analyze_one(analyzer, clip, outputs, known=known.get(clip), asker=asker)
            except Exception as error:
                if not (outputs.several and of_the_clip(error)) or os.environ.get("MIEN_DEBUG"):
                    raise
                skipped.append(Skipped(str(clip), explain(error)))
                yield skipped[-1]
        yield Progress("clips", "", len(waiting), len(waiting))
    finally:
        # What is read so far is written even if the work is stopped.
        outputs.finish(skipped)
    return len(skipped)


def analyze_one(
    analyzer: Analyzer,
    clip: Path | None,
    outputs: Outputs,
    text: str | None = None,
    subtitles: Path | None = None,
    known: People | None = None,
    asker: Asker | None = None,
) -> Work[None]:
    """Analyzes one clip, explains it if the report needs that, and writes its outputs.

    Args:
        analyzer: reads the clip.
        clip: a file; ``None`` when only ``text`` is given.
        outputs: what is written, and where.
        text, subtitles, known: see ``Analyzer.stream``.
        asker: asks a language model about each moment; ``None`` asks none.

    Yields:
        The events of the clip. When ``Finished`` comes, the outputs are written.

    Raises:
        InputError: the clip cannot be used, or a file cannot be written.
    """
    clearest = Clearest()
    stream = analyzer.stream(clip, text=text, subtitles=subtitles, known=known)
    if asker is not None:
        stream = with_llm(stream, asker, analyzer.bundle.positions)
    end = yield from _to_the_end(tap(stream, clearest.look) if outputs.page.explain else stream)
    explained: Sequence[Explanation | None] = ()
    if outputs.page.explain:
        explained = yield from clearest.explain(analyzer, end)
    outputs.write(end.timeline, clip, explained)
    video = outputs.video(clip)
    if video is not None and clip is not None and probe(clip).kind == "video":
        page = outputs.page
        yield from write_video(end.timeline, clip, video, page.lang, page.track, page.words)
    # The caller may stop at this event, for example because nobody reads the table any more. The files are there then.
    yield end


def _to_the_end(stream: Work[Timeline]) -> Work[Finished]:
    """The events of a clip. The last one is returned and not yielded."""
    with closing(stream):
        for event in stream:
            if isinstance(event, Finished):
                return event
            yield event
    raise AssertionError("the stream of a clip ends with Finished")
