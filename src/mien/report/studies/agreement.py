"""The tables of the agreement of annotators, for the terminal and for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mien.agreement.chance import Agreed
from mien.agreement.report import Again, AgreementReport, Annotator
from mien.report.grid import Grid
from mien.report.studies.charts import confusion_shares
from mien.report.studies.numbers import interval, share
from mien.report.studies.page import Part, Section, page

_ALPHA = (
    "Alpha (Krippendorff) and kappa (Fleiss) are 1 for full agreement and 0 for that of chance. Intervals are 95 %, by a "
    "bootstrap over speakers where several are named, else over clips."
)
_PEOPLE = (
    "Reliability as the model '{model}' learns it from the votes alone. With others: how often others name the same label of "
    "the same clip. Repeats: the same answer to the same clip asked again. Gold: right on clips whose label is known."
)
_SHOWN = 40  # clips that are listed; the JSON has all
_WHY = {"disputed": "votes differ", "suspicious": "a sure draft differs", "cannot_tell": "few could tell"}
_NAMES = {"alpha": "Krippendorff's alpha", "fleiss": "Fleiss' kappa"}


def tables(found: AgreementReport) -> Iterator[tuple[str, str, Grid]]:
    """Title, lead and grid of each table."""
    about = (
        f"{found.set}: {found.votes:,} votes by {len(found.annotators)} on {found.labelled:,} of {found.clips:,} clips"
    )
    named = {_NAMES.get(name, f"alpha of {name}"): value for name, value in found.measures.items()}
    yield about, _ALPHA, _agreed("measure", named)
    yield f"alpha of each {found.task}", "Each label against all others.", _agreed("label", found.by_label)
    if len(found.by_shown) > 1:
        yield "alpha by what was shown", "", _agreed("shown", found.by_shown)
    rows = tuple(map(_annotator, found.annotators))
    head = ("annotator", "votes", "cannot tell", "seconds", "reliability", "with others", "repeats", "gold")
    yield "annotators", _PEOPLE.format(model=found.model), Grid(head, rows)
    yield from _anchoring(found)
    if found.again:
        rest = len(found.again) - _SHOWN
        lead = f"The most urgent {_SHOWN} of {len(found.again):,}; --json has all." if rest > 0 else ""
        shown = tuple(map(_again, found.again[:_SHOWN]))
        yield "to look at again", lead, Grid(("clip", "why", "label", "votes"), shown, words=4)


def agreement_page(found: AgreementReport) -> str:
    """The page.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    sections = [Section(title, [grid], lead) for title, lead, grid in tables(found)]
    if any(map(any, found.confusion)):
        about = "Of the votes for a label (row), how often another annotator of the same clip chose each label."
        chart: Part = confusion_shares(found.labels, found.confusion, ("one annotator", "another one"), about, 0)
        sections.insert(3, Section("Confusion between annotators", [chart]))
    facts = [f"{found.votes:,} votes", f"{len(found.annotators)} annotators", f"{found.labelled:,} clips"]
    return page(found.set, "agreement of annotators", facts, sections)


def _agreed(name: str, values: Mapping[str, Agreed]) -> Grid:
    rows = []
    for key, a in values.items():
        bounds = None if a.low is None or a.high is None else (a.low, a.high)
        value = "not defined" if a.value is None else f"{a.value:.3f}"
        rows.append((key, value, interval(bounds), f"{a.units:,}", f"{a.votes:,}"))
    return Grid((name, "value", "95 % interval", "clips with two votes", "votes"), tuple(rows))


def _annotator(a: Annotator) -> tuple[str, ...]:
    repeats = f"{a.same} of {a.repeated}" if a.repeated else ""
    gold = f"{a.right} of {a.gold}" if a.gold else ""
    numbers = (f"{a.votes:,}", share(a.cannot_tell), f"{a.seconds:.1f}", share(a.reliability), share(a.with_others))
    return (a.name, *numbers, repeats, gold)


def _anchoring(found: AgreementReport) -> Iterator[tuple[str, str, Grid]]:
    """Only where drafts were shown at all."""
    a = found.anchoring
    if not a.votes_shown:
        return
    bounds = None if a.low is None or a.high is None else (a.low, a.high)
    rows = (
        ("draft in view", share(a.shown), "", f"{a.votes_shown:,}"),
        ("draft hidden (control)", share(a.hidden), "", f"{a.votes_hidden:,}"),
        ("effect of showing it", "" if a.effect is None else f"{a.effect:+.2f}", interval(bounds), ""),
    )
    lead = "Share of the votes that are the draft. The effect is causal where chance decided which drafts were hidden."
    yield "anchoring", lead, Grid(("votes", "same as the draft", "95 % interval", "n"), rows)


def _again(a: Again) -> tuple[str, ...]:
    votes = ", ".join(f"{label} {amount:.0%}" for label, amount in a.votes.items())
    return a.clip, _WHY[a.why] + (f": {a.likely}" if a.likely else ""), a.label, votes
