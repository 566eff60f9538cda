"""Makes a data set of a folder of recordings, or extends one: collects, then writes the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mien.collection.dataset import make_set
from mien.collection.drafting import draft
from mien.collection.manifest import Exported, export_manifest
from mien.collection.reading.collect import Collected, collect
from mien.collection.settings import SETTINGS, SetSettings, read_settings
from mien.consent.table import Consents, read_consents
from mien.errors import InputError
from mien.events import Work
from mien.files.ordinary import read_bytes
from mien.llms.opinion.asker import Asker
from mien.pipeline import Analyzer
from mien.runtime.cache import write_atomic
from mien.workflows.analyze_files import expanded

CONSENTS = "consent.csv"
"""The set's own copy of the consent table."""
_LARGEST = 20_000_000  # bytes


def collect_set(
    recordings: Path,
    out: Path,
    consent: Path | None = None,
    bundle: str | None = None,
    asr: str | None = None,
    copy: bool | None = None,
    asker: Asker | None = None,
) -> Work[tuple[Collected, Exported]]:
    """Collects the recordings of a folder into a set. Called again, it adds what is new; after a kill it goes on.

    Args:
        recordings: a folder with videos, sounds, pictures and texts, or one file.
        out: the folder of the set.
        consent: the consent table; ``None`` for the one that the set has, if any.
        bundle, asr, copy: see ``SetSettings``; ``None`` for those of the set, or for the defaults of a new one.
        asker: asks a language model for drafts, about the labels of ``labels_in``; ``None`` asks none.

    Returns:
        What the set holds, and the manifest that was written.

    Raises:
        InputError: there is nothing to read, the consent table has a mistake, the set holds something else, or it was made
            with another bundle or speech recognition.
    """
    if not recordings.exists():
        raise InputError(f"there is no file or folder '{recordings}'")
    own = out.resolve()
    found = {_name(p, recordings): p for p in expanded([recordings]) if own not in p.resolve().parents}
    if not found:
        raise InputError(f"there is no recording in '{recordings}' beside the set itself")
    consents = Consents() if consent is None else read_consents(consent)
    asked = {"bundle": bundle, "asr": asr, "copy": copy}
    wanted = {name: value for name, value in asked.items() if value is not None}
    settings = _settings(out, wanted)
    analyzer = Analyzer(settings.bundle, settings.asr)  # before the set is made, for a name may be misspelt
    with make_set(out, settings) as dataset:
        if consent is not None:
            write_atomic(out / CONSENTS, read_bytes(consent, _LARGEST))
        elif (out / CONSENTS).is_file():
            consents = read_consents(out / CONSENTS)
        collected = yield from collect(analyzer, dataset, found, consents)
        if asker is not None:
            drafted = yield from draft(dataset, asker, analyzer.bundle.positions)
            collected = replace(collected, drafted=drafted)
        return collected, export_manifest(dataset)


def labels_in(out: Path) -> tuple[str, ...]:
    """The labels of the set in a folder, or those of a new one.

    Raises:
        InputError: the settings of the set have a mistake.
    """
    return (read_settings(out) if (out / SETTINGS).is_file() else SetSettings()).labels


def _name(path: Path, recordings: Path) -> str:
    return path.name if path == recordings else path.relative_to(recordings).as_posix()


def _settings(out: Path, wanted: Mapping[str, str | bool]) -> SetSettings:
    """The settings of the set, or those of a new one. A set keeps to those that it was begun with."""
    if not (out / SETTINGS).is_file():
        return replace(SetSettings(), **wanted)  # type: ignore[arg-type]  # names and types are those of the fields
    settings = read_settings(out)
    for name, value in wanted.items():
        if value != (made := getattr(settings, name)):
            raise InputError(
                f"the set '{out}' was made with {name} '{made}', not '{value}'; leave --{name} out, or make another set"
            )
    return settings
