"""The verbs of scenarios that keep nothing: a talk, a group, what is allowed, and a notice. Each is one short function."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.app import Asr, Bundled, Lang, Out, app
from mien.cli.language import LANG
from mien.cli.progress import followed, show
from mien.cli.uses.sessions import Day, Law, Where, day_of

Wanted = Annotated[str, typer.Option("--purpose", help="What for: clinical, research, safety, own-recordings, ...")]
Scenario = Annotated[str, typer.Option("--scenario", help="session, lecture, class or turns.")]
Ground = Annotated[
    str, typer.Option("--ground", help="Ground that you state and answer for: sole-research; see mien rules.")
]
Read = Annotated[str, typer.Option("--read", help="What is read, with commas: text, voice, face.")]


@app.command()
def lecture(
    talk: Annotated[Path, typer.Argument(help="Video or sound of your own talk.")],
    html: Out = None,
    json: Out = None,
    earlier: Annotated[list[Path] | None, typer.Option(help="JSON of your own earlier talk. Repeatable.")] = None,
    who: Annotated[str, typer.Option(help="Who of the clip it is, such as person-1; else who speaks longest.")] = "",
    day: Day = None,
    purpose: Wanted = "own-recordings",
    jurisdiction: Law = "EU",
    bundle: Bundled = "research",
    asr: Asr = "auto",
    lang: Lang = LANG,
) -> None:
    """A speaker's own rehearsal: liveliness, pace, pauses, fillers, facing the camera, moments worth seeing again."""
    from mien.pipeline import Analyzer
    from mien.report.terminal.harmless import harmless
    from mien.runtime.extras import needs_page
    from mien.scenarios.education import lecture as of_talk
    from mien.scenarios.education import talk_page
    from mien.scenarios.gate.decide import Use, decide
    from mien.scenarios.reading import read
    from mien.scenarios.wording import Wording
    from mien.workflows.outputs import STDOUT, check_outputs, put

    decide(Use("lecture", purpose, jurisdiction)).check()
    wanted = {name: path for name, path in (("html", html), ("json", json)) if path is not None}
    check_outputs(wanted, [talk, *(earlier or [])])
    if html is not None:
        needs_page()
    before = [talk_page.earlier(path) for path in earlier or []]
    recording = followed(read(Analyzer(bundle, asr), talk))
    found = of_talk.lecture(recording, day_of(day), who, before)
    makers = {"html": talk_page.page, "json": talk_page.as_json}
    for name, path in wanted.items():
        put(path, makers[name](found, lang))
    if STDOUT not in wanted.values():
        for line in talk_page.told(found, Wording(lang)):
            show(harmless(line))


@app.command("class")
def group(
    recording: Annotated[Path, typer.Argument(help="Video of a group.")],
    consent: Annotated[Path, typer.Option(help="Table of consents, .csv with person and scope (analyze).")],
    purpose: Wanted,
    html: Out = None,
    json: Out = None,
    smallest: Annotated[int, typer.Option(help="Least number of visible people of a minute that is shown.")] = 5,
    epsilon: Annotated[
        float | None, typer.Option(help="Add noise (differential privacy), so much for the whole result.")
    ] = None,
    jurisdiction: Law = "EU",
    where: Where = "",
    ground: Ground = "",
    bundle: Bundled = "research",
    lang: Lang = LANG,
) -> None:
    """A group as a whole, minute by minute, for consented research: no person, no identity, no words."""
    from mien.consent.table import read_consents
    from mien.media.cut import CutSettings
    from mien.pipeline import Analyzer
    from mien.runtime.extras import needs_page
    from mien.scenarios.education import group as of_group
    from mien.scenarios.education import group_page
    from mien.scenarios.gate.decide import Use, decide
    from mien.scenarios.gate.notice import stated
    from mien.scenarios.wording import Wording
    from mien.workflows.outputs import STDOUT, check_outputs, put

    decision = decide(Use("class", purpose, jurisdiction, ("face",), where, ground))
    decision.check(str(consent))
    wanted = {name: path for name, path in (("html", html), ("json", json)) if path is not None}
    check_outputs(wanted, [recording, consent])
    if html is not None:
        needs_page()
    agreed = read_consents(consent)
    timeline = followed(Analyzer(bundle, "off", CutSettings(voices=False)).stream(recording))
    people = of_group.check_consents(agreed, timeline, date.today())
    found = of_group.group(timeline, smallest, epsilon)
    if html is not None:
        put(html, group_page.page(found, people, decision, lang))
    if json is not None:
        put(json, group_page.as_json(found, decision, lang))
    if STDOUT not in wanted.values():
        say = Wording(lang)
        for line in (*group_page.told(found, say), *stated(decision, say), *say.told_limits("class")):
            show(line)


@app.command()
def rules(
    scenario: Scenario,
    purpose: Wanted,
    jurisdiction: Law = "EU",
    where: Where = "",
    ground: Ground = "",
    read: Read = "text,voice,face",
    lang: Lang = LANG,
) -> None:
    """Say whether a purpose is allowed, with which duties, by which rule, and where that was read. No legal advice."""
    from mien.scenarios.gate.decide import Use, decide, modalities_of
    from mien.scenarios.gate.notice import told

    decision = decide(Use(scenario, purpose, jurisdiction, modalities_of(read), where, ground))
    show(told(decision, lang).rstrip())
    raise typer.Exit(int(decision.verdict == "refuse"))


@app.command()
def notice(
    scenario: Scenario,
    purpose: Wanted,
    name: Annotated[str, typer.Option(help="Who does it.")] = "",
    contact: Annotated[str, typer.Option(help="How to reach them.")] = "",
    until: Annotated[str | None, typer.Option(help="Last day on which results are kept.")] = None,
    jurisdiction: Law = "EU",
    where: Where = "",
    ground: Ground = "",
    read: Read = "text,voice,face",
    lang: Lang = LANG,
) -> None:
    """Write the notice for the people concerned."""
    from mien.scenarios.gate.decide import Use, decide, modalities_of
    from mien.scenarios.gate.notice import Responsible
    from mien.scenarios.gate.notice import notice as written

    decision = decide(Use(scenario, purpose, jurisdiction, modalities_of(read), where, ground))
    show(written(decision, Responsible(name, contact), None if until is None else day_of(until), lang).rstrip())
