"""Writes a manifest as conversations in JSON lines, with pictures and sound, from which language models can be fine-tuned.

A conversation is the question that mien asks (``llms.opinion.prompt``), with the right answer. Content is a list of parts as
chat templates of transformers take them: {"type": "text", "text"}, {"type": "image", "path"} and {"type": "audio", "path"}; the
paths stand again in the lists "images" and "audios". Paths are relative to the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.data.corpus import Corpus
from mien.data.load import whole_segment
from mien.data.own import own_data
from mien.data.readers.base import LeftOut
from mien.errors import InputError, MediaError
from mien.events import Notice, Progress, Work
from mien.files.ordinary import read_bytes
from mien.llms.base import Capabilities, Part, Picture, Text
from mien.llms.opinion.answer import NotValidError, Wanted, read
from mien.llms.opinion.prompt import Subject, ask_about
from mien.recipe.recipe import load
from mien.runtime.cache import write_atomic
from mien.types import Example, Task

SPLITS = ("train", "valid", "test")
_LARGEST = 2_000_000_000  # bytes of a file of conversations
_MEDIA = "media"
_EVERYTHING = Capabilities(image=True, audio=True)


@dataclass(frozen=True)
class Conversation:
    """A conversation as it was written.

    Attributes:
        id: of the clip.
        speaker: "" where unknown.
        split: "train", "valid" or "test".
        label: the right answer.
        messages: with their parts.
        media: files of the parts, all of which exist.
    """

    id: str
    speaker: str
    split: str
    label: str
    messages: tuple[Mapping[str, Any], ...]
    media: tuple[Path, ...]


def write_chat(manifest: Path, folder: Path, left_out: LeftOut, frames: int = 4) -> Work[dict[str, int]]:
    """Writes ``train.jsonl``, ``valid.jsonl`` and ``test.jsonl`` into a folder, and the media beside them.

    Splits are those of training (``own_data``). A speaker is in one split only: clips of a speaker of the test set are left
    out of the others, and those of the validation set out of training. Media that are there already are kept.

    Args:
        manifest: clips with the seven emotions.
        folder: made where it does not exist.
        left_out: counts clips that are not written, and why.
        frames: most pictures of a face in a clip.

    Returns:
        {split: number of conversations}.

    Raises:
        InputError: the manifest has a mistake, or the folder cannot be made.
    """
    recipe, corpus = yield from own_data(load("research"), manifest)
    task = next(t for t in recipe.tasks if t.kind == "single")
    try:
        (folder / _MEDIA).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder '{folder}' cannot be made: {error.strerror}") from error
    chosen = _apart(corpus, task, left_out)
    if left_out["their speaker is in another split"]:
        yield Notice("speakers_apart", {"count": left_out["their speaker is in another split"]})
    counts = {}
    for split, examples in chosen.items():
        lines = []
        for done, example in enumerate(examples, start=1):
            line = _line(example, split, task, folder, frames, left_out)
            lines += [] if line is None else [line]
            yield Progress("read", split, done, len(examples))
        write_atomic(folder / f"{split}.jsonl", "".join(f"{line}\n" for line in lines))
        counts[split] = len(lines)
    return counts


def read_chat(folder: Path) -> Iterator[Conversation]:
    """The conversations that ``write_chat`` wrote.

    Raises:
        InputError: a line is no conversation, or its media are missing.
    """
    labels = next(t for t in load("research").tasks if t.kind == "single").labels
    for split in SPLITS:
        text = read_bytes(folder / f"{split}.jsonl", _LARGEST).decode("utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            place = f"line {number} of '{folder / f'{split}.jsonl'}'"
            try:
                yield _conversation(json.loads(line), split, folder, labels)
            except (ValueError, KeyError, TypeError, NotValidError) as error:
                raise InputError(
                    f"{place} is no conversation; write it again with mien data convert --to chat"
                ) from error


def _apart(corpus: Corpus, task: Task, left_out: LeftOut) -> dict[str, list[Example]]:
    """The labelled clips of each split. A later split keeps its speakers."""
    found: dict[str, list[Example]] = {}
    taken: set[str] = set()
    for split in reversed(SPLITS):
        labelled = [e for _, examples in corpus.split(split) for e in examples if _single(e, task)]
        kept = [e for e in labelled if e.group is None or e.group not in taken]
        left_out["their speaker is in another split"] += len(labelled) - len(kept)
        taken |= {e.group for e in kept if e.group is not None}
        found[split] = kept
    return {split: found[split] for split in SPLITS}


def _single(example: Example, task: Task) -> bool:
    target = example.targets.get(task.name)
    return target is not None and int((target == target.max()).sum()) == 1


def _line(example: Example, split: str, task: Task, folder: Path, frames: int, left_out: LeftOut) -> str | None:
    try:
        segment = whole_segment(example.clip)
    except MediaError:
        left_out["their file cannot be read"] += 1
        return None
    if not segment.modalities:
        left_out["they have neither words, sound nor a face"] += 1
        return None
    asked = ask_about(Subject(segment), Wanted(task.labels, reason=False), _EVERYTHING, frames)
    label = task.labels[int(example.targets[task.name].argmax())]
    files: dict[str, list[str]] = {"images": [], "audios": []}
    messages = [{"role": m.role, "content": [_part(part, folder, files) for part in m.parts]} for m in asked.messages]
    answer = json.dumps({"label": label}, ensure_ascii=False)
    messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
    row = {"id": example.clip.id, "speaker": example.group or "", "split": split, "messages": messages, **files}
    return json.dumps(row, ensure_ascii=False)


def _part(part: Part, folder: Path, files: dict[str, list[str]]) -> dict[str, str]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    kind, content, ending = ("image", part.jpeg, "jpg") if isinstance(part, Picture) else ("audio", part.wav, "wav")
    name = f"{_MEDIA}/{hashlib.sha256(content).hexdigest()[:24]}.{ending}"
    if not (folder / name).is_file():
        write_atomic(folder / name, content)
    files[f"{kind}s"].append(name)
    return {"type": kind, "path": name}


def _conversation(row: Mapping[str, Any], split: str, folder: Path, labels: tuple[str, ...]) -> Conversation:
    messages = tuple(row["messages"])
    parts = [part for message in messages for part in message["content"]]
    media = tuple(folder / part["path"] for part in parts if part["type"] != "text")
    listed = [*row["images"], *row["audios"]]
    if row["split"] != split or {folder / name for name in listed} != set(media) or not all(f.is_file() for f in media):
        raise ValueError("its media or its split do not fit")
    label = read(messages[-1]["content"][0]["text"], Wanted(labels, reason=False)).label
    return Conversation(row["id"], row["speaker"], split, label, messages, media)
