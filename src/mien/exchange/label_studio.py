"""Label Studio: tasks with predictions and annotations as JSON, and the labelling interface as XML beside it.

Format: https://labelstud.io/guide/export and https://labelstud.io/guide/predictions. Label Studio serves local files below
LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT, so files become "/data/local-files/?d=..." relative to the folder of the tasks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import quoteattr

from mien.collection.rows import Vote
from mien.data.manifest import FILES
from mien.errors import InputError
from mien.exchange.items import CANNOT_TELL, Item, LeftOut, labels_of, text_of
from mien.files.ordinary import read_bytes
from mien.runtime.cache import write_atomic

_LARGEST = 2_000_000_000  # bytes
_LOCAL = "/data/local-files/"
_PLAYERS = {"video": "Video", "audio": "Audio", "image": "Image"}
_WORDS = "words"


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The tasks of an export ("JSON"), with the votes of all annotators.

    Raises:
        InputError: it is no list of tasks.
    """
    try:
        tasks = json.loads(read_bytes(source, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{source}' is no JSON; export the project again as JSON") from error
    if not isinstance(tasks, list) or not all(isinstance(t, dict) and isinstance(t.get("data"), dict) for t in tasks):
        raise InputError(f"'{source}' is no export of Label Studio; choose JSON (not JSON-MIN) when you export")
    for task in tasks:
        row = {name: _path(value, source.parent) if name in FILES else value for name, value in task["data"].items()}
        clip = text_of(row.get("id")) or str(task.get("id", ""))
        votes = [_vote(clip, a, left_out) for a in task.get("annotations") or ()]
        # An export names predictions by number alone, but holds those that an annotation began from.
        drafts = [*(task.get("predictions") or ()), *(a.get("prediction") for a in task.get("annotations") or ())]
        predictions = [p for p in drafts if isinstance(p, dict) and p.get("result")]
        yield Item({**row, "id": clip}, _draft(predictions[-1:]), tuple(votes))


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes the tasks, and beside them the labelling interface with the ending .xml.

    Raises:
        InputError: there are no labels, because the clips have neither drafts, votes nor a column of the task.
    """
    labels = labels_of(items, task)
    if not labels:
        raise InputError(f"there are no labels in a column '{task}', in drafts or in votes; name another with --task")
    kinds = [name for name in _PLAYERS if any(item.row.get(name) for item in items)]
    tasks = [_task(item, task, kinds, out.parent.resolve(), left_out) for item in items]
    write_atomic(out, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    write_atomic(out.with_suffix(".xml"), _interface(task, labels, kinds))


def _path(value: Any, folder: Path) -> str:
    """The path in the address of a local file; another address stays as it is."""
    named = parse_qs(urlsplit(text_of(value)).query).get("d") if text_of(value).startswith(_LOCAL) else None
    return (folder.resolve() / named[0]).as_posix() if named else text_of(value)


def _vote(clip: str, annotation: Mapping[str, Any], left_out: LeftOut) -> Vote:
    by = annotation.get("completed_by")
    name = by.get("email") or by.get("id") if isinstance(by, dict) else by
    found: dict[str, Any] = {"cannot_tell": bool(annotation.get("was_cancelled"))}
    found |= {"time": annotation["created_at"]} if annotation.get("created_at") else {}
    labels: dict[str, float] = {}
    for part in annotation.get("result") or ():
        value, meta = part.get("value") or {}, part.get("meta") or {}
        kind = part.get("type")
        name = meta.get("annotator", name)
        found |= {name: meta[name] for name in ("time", "purpose") if name in meta}
        found |= {"shown": tuple(meta["shown"])} if "shown" in meta else {}
        if kind == "choices":
            weights = meta.get("weights") or {}
            chosen = dict.fromkeys(value.get("choices", ()), 1.0)
            found["cannot_tell"] |= chosen.pop(CANNOT_TELL, None) is not None
            labels |= {label: float(weights.get(label, 1.0)) for label in chosen}
            found |= {end: float(value[end]) for end in ("start", "end") if end in value}
        elif kind == "number" and part.get("from_name") in ("valence", "arousal"):
            found[part["from_name"]] = float(value["number"])
        elif kind == "textarea":
            field = _WORDS if part.get("from_name") == "free_words" else "comment"
            found[field] = "\n".join(value.get("text", ()))
        else:
            left_out[f"a region of the type '{kind}'"] += 1
    return Vote(clip, str(name or "1"), labels, seconds=float(annotation.get("lead_time") or 0.0), **found)


def _draft(predictions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    for prediction in predictions:
        for part in prediction.get("result") or ():
            if part.get("type") == "choices":
                scores = (part.get("meta") or {}).get("weights") or {}
                score = float(prediction.get("score") or 1.0)
                return {k: float(v) for k, v in scores.items()} or dict.fromkeys(part["value"]["choices"][:1], score)
    return {}


def _task(item: Item, task: str, kinds: Sequence[str], folder: Path, left_out: LeftOut) -> dict[str, Any]:
    data = {name: text_of(value) for name, value in item.row.items()}
    for name in FILES:
        if item.row.get(name):
            place = Path(os.path.relpath(str(item.row[name]), folder)).as_posix()
            if place.startswith(".."):
                left_out["a file above the folder of the tasks, which Label Studio will not serve"] += 1
            data[name] = f"{_LOCAL}?d={quote(place)}"
    on = next((name for name in kinds if item.row.get(name)), "text")
    found: dict[str, Any] = {"data": {"text": "", **data}}
    if item.draft:
        best = max(item.draft, key=lambda label: item.draft[label])
        chosen = _chosen(task, on, [best], item.draft)
        found["predictions"] = [{"model_version": "mien", "score": item.draft[best], "result": [chosen]}]
    if item.votes:
        found["annotations"] = [_annotation(vote, task, on, n) for n, vote in enumerate(item.votes, start=1)]
    return found


def _annotation(vote: Vote, task: str, on: str, number: int) -> dict[str, Any]:
    chosen = [CANNOT_TELL] if vote.cannot_tell else list(vote.labels)
    result = [_chosen(task, on, chosen, vote.labels)] if chosen else []
    for part in result if vote.start is not None and vote.end is not None else ():
        part["value"] |= {"start": vote.start, "end": vote.end}
    about = {"to_name": on}
    for name, value in (("valence", vote.valence), ("arousal", vote.arousal)):
        if value is not None:
            result.append(
                {**about, "id": f"{name}-{number}", "from_name": name, "type": "number", "value": {"number": value}}
            )
    for name, text in (("free_words", vote.words), ("comment", vote.comment)):
        if text:
            result.append(
                {**about, "id": f"{name}-{number}", "from_name": name, "type": "textarea", "value": {"text": [text]}}
            )
    for part in result[:1]:
        part["meta"] = {**part.get("meta", {}), "annotator": vote.annotator, "time": vote.time}
        # A question of its own in mien would else count as a plain vote when it comes back.
        part["meta"] |= {"purpose": vote.purpose, "shown": list(vote.shown)} if vote.purpose != "vote" else {}
    return {"result": result, "lead_time": vote.seconds, "was_cancelled": False}


def _chosen(task: str, on: str, labels: Sequence[str], weights: Mapping[str, float]) -> dict[str, Any]:
    """A choice. Label Studio has no weights and knows no annotators without an account; both stand in ``meta``."""
    found = {"from_name": task, "to_name": on, "id": "choice", "type": "choices", "value": {"choices": list(labels)}}
    return found if set(weights.values()) <= {1.0} else {**found, "meta": {"weights": dict(weights)}}


def _interface(task: str, labels: Sequence[str], kinds: Sequence[str]) -> str:
    on = kinds[0] if kinds else "text"
    players = [f'  <{_PLAYERS[kind]} name="{kind}" value="${kind}"/>' for kind in kinds]
    choices = "".join(f"    <Choice value={quoteattr(label)}/>\n" for label in [*labels, CANNOT_TELL])
    lines = [
        "<View>",
        *players,
        '  <Text name="text" value="$text"/>',
        f'  <Choices name={quoteattr(task)} toName="{on}" choice="multiple" showInline="true">\n{choices}  </Choices>',
        *(f'  <Number name="{n}" toName="{on}" min="-1" max="1" step="0.05"/>' for n in ("valence", "arousal")),
        *(f'  <TextArea name="{n}" toName="{on}" maxSubmissions="1"/>' for n in ("free_words", "comment")),
        "</View>",
    ]
    return "\n".join(lines) + "\n"
