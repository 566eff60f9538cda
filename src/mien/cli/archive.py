"""Analysis of a whole archive into a folder of results, and the verb that finds moments there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.app import Lang, app
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, show
from mien.errors import InputError
from mien.events import Event, Skipped

if TYPE_CHECKING:
    from mien.archive.folder import Reading

Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that share the clips; without it, what cores and memory allow.")
]
Memory = Annotated[
    float | None, typer.Option(min=0.1, help="GB that each process may hold; a clip that needs more is reported.")
]
Device = Annotated[
    str, typer.Option(help="What computes: cpu, auto (a GPU if there is one), cuda, coreml, directml, rocm, openvino.")
]
Ray = Annotated[
    str | None,
    typer.Option(help="Read on all machines of a Ray cluster: auto, or its address. They must see the same folders."),
]
_MEMORY = 1.5  # GB that a worker usually takes, for the number of workers


def results_folder(out: Sequence[Path]) -> Path | None:
    """The folder of results among the values of ``--out``: it has no ending, or is one already; ``None`` without one."""
    folders = [path for path in out if (not path.suffix and str(path) != "-") or (path / "run.json").is_file()]
    if not folders:
        return None
    if len(out) > 1:
        raise InputError(f"a folder of results goes alone; leave the other --out away, or '{folders[0]}'")
    return folders[0]


def only_results(values: Sequence[object], flags: Sequence[bool], people: str) -> None:
    """Refuses options that a folder of results has no place for.

    Raises:
        InputError: there is one.
    """
    if any(value is not None for value in values) or any(flags) or people != "clip":
        raise InputError(
            "a folder of results holds JSON and Parquet alone; for other files, --people, --text, --llm, --embed or --explain, "
            "name files or folders by --json, --csv, --vtt, --html or --video, and no --out"
        )


def usual_workers() -> int:
    """How many workers suit this machine: one for each core, as far as the memory that is free now goes."""
    from mien.runtime import memory, threads

    free = memory.free()
    return max(1, threads.cores() if free is None else min(threads.cores(), int(free / _MEMORY / 1e9)))


def checked(reading: Reading) -> str:
    """Checks how clips are to be read, the device too, and gives the hash of the bundle.

    Raises:
        InputError: the bundle, its task, the prior or the device cannot be used.
    """
    from mien.archive.parity import check_device

    found = reading.analyzer().bundle.sha256
    check_device(reading, found)
    return found


def archived(
    paths: Sequence[Path],
    clips: Sequence[Path],
    folder: Path,
    reading: Reading,
    workers: int | None,
    memory: float | None,
    ray: str | None,
    lang: str,
) -> bool:
    """Reads an archive into a folder of results, and says whether clips were skipped."""
    from mien.archive.folder import Results, named
    from mien.archive.summary import write_summary
    from mien.archive.work import MEMORY, analyze_archive
    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless
    from mien.runtime.extras import needs_scale

    needs_scale()
    say, by_name = Language(lang), named(paths, clips)
    results = Results.open(folder, reading, checked(reading))
    notices = Notices(lang)

    def tell(event: Event) -> None:
        notices(event)
        if isinstance(event, Skipped):
            show(harmless(say("terminal.skipped", source=event.source, why=event.why)), err=True)

    if ray is None:
        work = analyze_archive(by_name, results, reading, workers or usual_workers(), memory or MEMORY)
    else:
        from mien.ray.cluster import analyze_on

        work = analyze_on(ray, by_name, results, reading, workers, memory or MEMORY)
    skipped = followed(work, tell)
    if skipped == len(by_name):
        show(say("terminal.read", read=0, all=skipped, skipped=skipped), err=True)
        return True
    page = write_summary(results, lang)
    show(say("terminal.archived", read=len(by_name) - skipped, all=len(by_name), page=page))
    return skipped > 0


@app.command()
def find(
    results: Annotated[Path, typer.Argument(help="A folder of results: mien analyze FOLDER --out results.")],
    wish: Annotated[str, typer.Argument(help='What moments are like: "angry and sure, voice and face disagree".')],
    limit: Annotated[int, typer.Option(min=1, help="How many moments at most.")] = 50,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query for DuckDB, and find nothing.")] = False,
    lang: Lang = LANG,
) -> None:
    """Find moments in a folder of results: emotions, persons, words, inputs that disagree."""
    from rich.console import Console

    from mien.archive.find import moments, query
    from mien.archive.folder import Results
    from mien.report.language import Language
    from mien.report.terminal.moments import render
    from mien.runtime.extras import needs_scale

    needs_scale()
    asked = query(Results.there(results), wish, limit)
    if sql:
        show(asked.text)
        return
    found, count = moments(asked)
    if found:
        Console().print(render(found, Language(lang)))
    show(Language(lang)("terminal.fit", shown=len(found), count=count))
