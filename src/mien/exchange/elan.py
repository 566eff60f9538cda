"""ELAN (https://archive.mpi.nl/tla/elan): a folder with one .eaf for each recording.

A tier is called "column@speaker", and for votes "column@speaker@annotator"; PARTICIPANT and ANNOTATOR name them too.
Annotations of one speaker and one time are one clip. In files of others, each tier is a column under its own name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mien.collection.rows import Vote
from mien.data.manifest import FILES
from mien.errors import InputError
from mien.exchange.items import CANNOT_TELL, Item, LeftOut, read_told, text_of, told, whole
from mien.runtime.extras import needs_exchange

_TIMED = ("start", "end", "speaker", *FILES)
_VOTED = ("valence", "arousal", "words", "comment")
_MIME = {"video": "video/mp4", "audio": "audio/x-wav", "image": "image/png"}
_VOTE, _DRAFT = "vote", "draft_scores"
_Key = tuple[str, int, int]


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The clips of one .eaf, or of all in a folder.

    Raises:
        InputError: there is no .eaf, or one cannot be read.
    """
    needs_exchange("pympi")
    paths = sorted(source.glob("*.eaf")) if source.is_dir() else [source]
    if not paths or not paths[0].is_file():
        raise InputError(f"'{source}' holds no .eaf; name a file of ELAN, or a folder of them")
    for path in paths:
        yield from _items(path)


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes a folder with one .eaf for each recording. Times become whole milliseconds."""
    needs_exchange("pympi")
    by_file: dict[Path, list[Item]] = defaultdict(list)
    for item in items:
        media = item.media
        if media is None or item.row.get("row") not in (None, ""):
            left_out["no file of its own, and ELAN needs one"] += 1
        elif (item.span or _whole(media[1])) is None:
            left_out["a picture, which has no time"] += 1
        else:
            by_file[media[1]].append(item)
    out.mkdir(parents=True, exist_ok=True)
    for number, (path, mine) in enumerate(by_file.items()):
        name = path.stem if sum(p.stem == path.stem for p in by_file) == 1 else f"{path.stem}-{number}"
        _write(path, mine, out / f"{name}.eaf", left_out)


def _whole(path: Path) -> tuple[float, float] | None:
    from mien.media.decoding.open import probe

    seconds = probe(path).duration
    return (0.0, seconds) if seconds else None


def _write(path: Path, items: Sequence[Item], to: Path, left_out: LeftOut) -> None:
    from pympi.Elan import Eaf

    file = Eaf(author="mien", suppress_version_warning=True)
    kind = items[0].media[0] if items[0].media else "audio"
    file.add_linked_file(path.absolute().as_uri(), mimetype=_MIME[kind])
    file.remove_tier("default")
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for item in items:
        start, end = item.span or _whole(path) or (0.0, 0.0)
        ends = round(1000 * start), round(1000 * end)
        speaker = text_of(item.row.get("speaker"))
        if any(first < ends[1] and ends[0] < last for first, last in taken[speaker]):
            left_out["a clip that overlaps another one of the same speaker; tiers of ELAN cannot hold both"] += 1
            continue
        taken[speaker].append(ends)
        for name, value in item.row.items():
            if name not in _TIMED and text_of(value):
                _add(file, f"{name}@{speaker}", ends, text_of(value), part=speaker)
        if item.draft:
            _add(file, f"{_DRAFT}@{speaker}", ends, told(item.draft), part=speaker, ann="mien")
        for vote in whole(item, left_out):
            about = {"part": speaker, "ann": vote.annotator}
            value = CANNOT_TELL if vote.cannot_tell else told(vote.labels)
            _add(file, f"{_VOTE}@{speaker}@{vote.annotator}", ends, value, **about)
            for name in _VOTED:
                said = getattr(vote, name)
                if said not in (None, ""):
                    _add(file, f"{name}@{speaker}@{vote.annotator}", ends, str(said), **about)
    draft = to.with_name(f".{to.name}.part")
    file.to_file(str(draft))
    draft.replace(to)


def _add(file: Any, tier: str, ends: tuple[int, int], value: str, **about: str) -> None:
    if tier not in file.get_tier_names():
        file.add_tier(tier, **about)
    file.add_annotation(tier, *ends, value)


def _items(path: Path) -> Iterator[Item]:
    from pympi.Elan import Eaf

    try:
        file = Eaf(str(path), suppress_version_warning=True)
    except Exception as error:
        raise InputError(f"'{path}' is no file of ELAN ({type(error).__name__}: {error})") from error
    files = _files(file, path.parent)
    rows: dict[_Key, dict[str, Any]] = defaultdict(dict)
    voted: dict[_Key, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for tier in file.get_tier_names():
        column, _, rest = tier.partition("@")
        about: Mapping[str, str] = file.get_parameters_for_tier(tier)
        speaker, ours, annotator = rest.partition("@")
        speaker = about.get("PARTICIPANT") or speaker
        for start, end, value, *_ in file.get_annotation_data_for_tier(tier):
            key = (speaker, start, end)
            if ours:
                voted[key][about.get("ANNOTATOR") or annotator][column] = value
            rows[key] |= {} if ours else {column: value}
    for key in sorted(rows.keys() | voted.keys(), key=lambda k: (k[1], k[2], k[0])):
        yield _item(path, key, {**files, **rows[key]}, voted.get(key, {}))


def _item(path: Path, key: _Key, row: dict[str, Any], voted: Mapping[str, Mapping[str, str]]) -> Item:
    speaker, start, end = key
    times = {"start": f"{start / 1000:.3f}", "end": f"{end / 1000:.3f}", "speaker": speaker}
    draft = row.pop(_DRAFT, "")
    row.setdefault("id", f"{path.stem}-{start}-{end}" + (f"-{speaker}" if speaker else ""))
    votes = tuple(_vote(str(row["id"]), who, values) for who, values in voted.items())
    try:
        return Item({**row, **times}, read_told(draft), votes)
    except ValueError as error:
        raise InputError(f"'{path}' has a draft that is not of the form label=probability: '{draft}'") from error


def _vote(clip: str, annotator: str, values: Mapping[str, str]) -> Vote:
    said = values.get(_VOTE, "")
    numbers = {name: float(values[name]) for name in ("valence", "arousal") if name in values}
    texts = {name: values[name] for name in ("words", "comment") if name in values}
    tells = said != CANNOT_TELL
    return Vote(clip, annotator, read_told(said) if tells else {}, cannot_tell=not tells, **numbers, **texts)  # type: ignore[arg-type]  # names of fields


def _files(file: Any, folder: Path) -> dict[str, str]:
    for linked in file.get_linked_files():
        kind = str(linked.get("MIME_TYPE", "")).partition("/")[0]
        address = urlsplit(str(linked.get("MEDIA_URL", "")))
        place = Path(unquote(address.path)) if address.path else None
        if place is not None and kind in FILES:
            beside = folder / str(linked.get("RELATIVE_MEDIA_URL") or place.name)
            return {kind: (place if place.is_file() or not beside.is_file() else beside.resolve()).as_posix()}
    return {}
