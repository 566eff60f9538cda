"""The verbs of `mien session`: a person's recordings over time. Each is one short function."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.app import Asr, Bundled, Lang, Voices, app, cutting
from mien.cli.language import LANG
from mien.cli.progress import followed, show

if TYPE_CHECKING:
    from mien.scenarios.store.store import Store

session = typer.Typer(
    no_args_is_help=True, help="A person's recordings over time, kept on this machine.", rich_markup_mode=None
)
app.add_typer(session, name="session")

Place = Annotated[str, typer.Argument(help="Folder of the store, or the URL of a database.")]
Person = Annotated[str, typer.Argument(help="Pseudonym of the person, such as p017; no name.")]
Purpose = Annotated[str, typer.Option(help="What for: clinical, research, safety, own-recordings, ...")]
Key = Annotated[
    Path | None, typer.Option(help="File with the key of the store; else MIEN_STORE_KEY, else no encryption.")
]
By = Annotated[str, typer.Option("--by", help="Who is at work, for the log; else the name of the user.")]
Law = Annotated[str, typer.Option("--jurisdiction", help="Whose law counts: EU, US-IL, CN or other.")]
Where = Annotated[str, typer.Option("--place", help="Where it is: care, education, open, private or work.")]
Agreed = Annotated[str, typer.Option("--consent", help="Where the consent lies, such as ref-17.")]
Keep = Annotated[int, typer.Option("--keep", help="Days for which it is kept; then it erases itself.", min=1)]
Day = Annotated[str | None, typer.Option("--day", help="Day, such as 2026-11-30; today without it.")]


@session.command()
def add(
    place: Place,
    person: Person,
    clip: Annotated[Path, typer.Argument(help="Video or sound with this person.")],
    purpose: Purpose,
    consent: Agreed = "",
    day: Day = None,
    keep: Keep = 365,
    who: Annotated[str, typer.Option(help="Who of the clip it is, such as person-1; else who speaks longest.")] = "",
    timeline: Annotated[bool, typer.Option("--timeline", help="Keep the whole timeline, with all words.")] = False,
    key: Key = None,
    by: By = "",
    jurisdiction: Law = "EU",
    where: Where = "",
    bundle: Bundled = "research",
    asr: Asr = "auto",
    voices: Voices = True,
) -> None:
    """Read a recording and keep its measures: no word, sound or picture of it."""
    from mien.pipeline import Analyzer
    from mien.report.language import Language
    from mien.scenarios.reading import chosen, kept_until, read
    from mien.scenarios.reading import session as measured

    recorded = day_of(day)
    _allowed(purpose, jurisdiction, where, consent)
    with _open(place, key, by, make=True) as store:
        store.check(person, purpose, consent)
        recording = followed(read(Analyzer(bundle, asr, cutting(voices)), clip))
        found = measured(recording, who, recorded, purpose, timeline)
        number = store.add(person, found, kept_until(date.today(), keep), consent)
    name = Language(LANG).person(chosen(recording, who))
    values = {"number": number, "person": person, "day": recorded, "who": name}
    _tell("told.added", minutes=f"{found.minutes['speaking']:.1f}", **values)


@session.command()
def score(
    place: Place,
    person: Person,
    name: Annotated[str, typer.Argument(help="Name of the score, such as PHQ-9.")],
    value: Annotated[float, typer.Argument(help="Its value.")],
    purpose: Purpose,
    consent: Agreed = "",
    day: Day = None,
    keep: Keep = 365,
    key: Key = None,
    by: By = "",
) -> None:
    """Keep a score that somebody typed in. It is shown beside the measures, and never predicted."""
    from mien.scenarios.reading import kept_until
    from mien.scenarios.store.kept import Score

    _allowed(purpose, "other", "", consent)
    with _open(place, key, by) as store:
        store.add(person, Score(day_of(day), name, value, purpose), kept_until(date.today(), keep), consent)


@session.command("list")
def list_people(place: Place, key: Key = None, by: By = "") -> None:
    """Name all people and how many records each has."""
    with _open(place, key, by) as store:
        for person, count in store.people().items():
            show(f"{person} {count}")


@session.command()
def report(
    place: Place,
    person: Person,
    purpose: Purpose = "clinical",
    html: Annotated[Path | None, typer.Option(help="Write the summary to this file; it prints on one page.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all measures to this table.")] = None,
    fhir: Annotated[Path | None, typer.Option(help="Write Observations of FHIR R4 to this JSON file.")] = None,
    baseline: Annotated[
        int | None, typer.Option(help="So many first recordings are the baseline; else all but the last, at most 5.")
    ] = None,
    key: Key = None,
    by: By = "",
    lang: Lang = LANG,
) -> None:
    """Say what has changed against the person's own earlier recordings, and by more than noise."""
    from mien.runtime.extras import needs_page
    from mien.scenarios.medicine import course, page, table
    from mien.scenarios.medicine import fhir as of_fhir
    from mien.scenarios.wording import Wording
    from mien.workflows.outputs import check_outputs, put

    wanted = {"html": html, "csv": csv, "fhir": fhir}
    check_outputs({name: path for name, path in wanted.items() if path is not None}, [])
    if html is not None:
        needs_page()
    with _open(place, key, by) as store:
        found = course.course(person, purpose, store.sessions(person, purpose), store.scores(person, purpose), baseline)
    makers = {"html": page.page, "csv": table.table, "fhir": of_fhir.observations}
    for name, path in wanted.items():
        if path is not None:
            put(path, makers[name](found, lang))
    say = Wording(lang)
    for line in (*page.summary(found, say), *say.told_limits("session")):
        show(line)


@session.command()
def consent(
    place: Place,
    person: Person,
    purpose: Purpose,
    reference: Agreed,
    until: Annotated[str | None, typer.Option(help="Last day on which it holds.")] = None,
    withdrawn: Annotated[str | None, typer.Option(help="Day on which it was taken back.")] = None,
    key: Key = None,
    by: By = "",
) -> None:
    """Note a consent, its end, or that it was taken back. Records without consent are not read any more."""
    with _open(place, key, by, make=True) as store:
        ends = (None if one is None else day_of(one) for one in (until, withdrawn))
        store.agree(person, reference, purpose, *ends)


@session.command()
def forget(place: Place, person: Person, key: Key = None, by: By = "") -> None:
    """Erase all that is kept of a person, and check that no byte of it is left."""
    from mien.scenarios.store.erasure import forget as erase

    with _open(place, key, by) as store:
        _tell("told.forgotten", person=person, n=erase(store, person))


@session.command()
def expire(place: Place, key: Key = None, by: By = "") -> None:
    """Erase records whose last day is over. Every other verb does so, too."""
    with _open(place, key, by):
        _tell("told.expired")


@session.command()
def audit(
    place: Place,
    expect: Annotated[str, typer.Option(help="Hash that was noted earlier: an entry must have it.")] = "",
    key: Key = None,
    by: By = "",
) -> None:
    """Show the log and check that nobody changed it. Note the last hash elsewhere."""
    from mien.report.terminal.harmless import harmless

    with _open(place, key, by) as store, store.database.read() as connection:
        for e in store.log.verified(connection, expect):
            show(harmless(f"{e.n} {e.time} {e.who}: {e.action} {e.purpose} {e.subject} {e.detail} {e.hash}"))


@session.command()
def backup(
    place: Place, target: Annotated[Path, typer.Argument(help="The file to write.")], key: Key = None, by: By = ""
) -> None:
    """Copy a store to a file."""
    from mien.scenarios.store.backup import back_up

    with _open(place, key, by) as store:
        back_up(store, target)


@session.command()
def restore(
    place: Place,
    copy: Annotated[Path, typer.Argument(help="The file that backup wrote.")],
    key: Key = None,
    by: By = "",
) -> None:
    """Put a copy in the place of a store. Who was forgotten since is forgotten again."""
    from mien.errors import InputError
    from mien.runtime.extras import needs_sessions

    needs_sessions()
    from mien.scenarios.store.backup import restore as put_back
    from mien.scenarios.store.cipher import key_from

    if "://" in place:
        raise InputError("only a store in a folder is restored by mien; for a server use its own tool")
    _tell("told.restored", n=put_back(copy, Path(place), key_from(key), by))


@session.command("key")
def make_key(file: Annotated[Path, typer.Argument(help="The file to write; keep it apart from the store.")]) -> None:
    """Make a key for a new store. Without it, nobody can read the store, you neither."""
    from mien.scenarios.store.cipher import write_key

    write_key(file)


def _open(place: str, key: Path | None, by: str, make: bool = False) -> Store:
    from mien.runtime.extras import needs_sessions

    needs_sessions()
    from mien.scenarios.store.cipher import key_from
    from mien.scenarios.store.erasure import expire as erase_old
    from mien.scenarios.store.store import open_store

    store = open_store(place, key_from(key), by, make)
    try:
        erase_old(store)
    except BaseException:
        store.database.close()
        raise
    return store


def _allowed(purpose: str, jurisdiction: str, where: str, consent: str) -> None:
    from mien.scenarios.gate.decide import Use, decide

    decide(Use("session", purpose, jurisdiction, place=where)).check(consent)


def _tell(key: str, **values: object) -> None:
    from mien.report.terminal.harmless import harmless
    from mien.scenarios.wording import Wording

    show(harmless(Wording(LANG)(key, **values)))


def day_of(text: str | None) -> date:
    """The day that a text names; today for ``None``.

    Raises:
        InputError: it names none.
    """
    from mien.errors import InputError

    try:
        return date.today() if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no day; write it as 2026-11-30") from None
