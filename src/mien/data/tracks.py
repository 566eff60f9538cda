"""Prepared tracks on disk. They are made once, shared by runs, and read through memory maps."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.data.degrade import degraded
from mien.data.items import Item
from mien.data.load import segment_of
from mien.encoders.base import Encoder
from mien.errors import MediaError
from mien.recipe.own_code import sha256_of
from mien.runtime.cache import cache_folder, cached_folder, code_sha256, content_key, content_of
from mien.types import Clip, Modality, Track

SHARD = 256
"""Items in a shard of prepared tracks."""

_OPEN = 256
"""Shards that are open at a time. An open one holds three files, and systems allow a process 1,024."""

_CLIPS = "clips.txt"
"""In each shard: the ids of its clips, a line each, so that those of a person can be found and removed."""
_LIBRARIES: Mapping[Modality, tuple[str, ...]] = {
    "text": ("tokenizers", "numpy"),
    "voice": ("av", "faster-whisper", "onnxruntime", "numpy"),
    "face": ("av", "pillow", "onnxruntime", "numpy"),
}
"""The libraries that decode each modality, find faces and prepare tracks, by their names as distributions."""
_GRAPHS: Mapping[Modality, tuple[str, ...]] = {
    "text": (),
    "voice": ("whisper_tiny_en_front.onnx",),
    "face": ("centerface.onnx", "face_landmarks.onnx"),
}
"""The shared files that take part in it."""


class Unread(NamedTuple):
    """A clip that could not be read, or one modality of it.

    Attributes:
        id: of the clip.
        modality: the modality that could not be read; ``None`` when the files are fine but no encoder can use the clip.
        missing: whether the file does not exist.
        why: one sentence; "" without a modality.
    """

    id: str
    modality: Modality | None
    missing: bool
    why: str


class TrackStore:
    """The tracks of one encoder for a list of items. ``fill`` prepares those that are not on disk yet.

    A shard holds the tracks of up to 256 items. It is a folder of plain arrays, and its name is a hash of everything that
    goes into it: the encoder with its version and settings, the content of files, the words, and the code and the libraries
    that make segments. So a second run finds a shard wherever the files lie, and a killed run continues at its last shard.

    Args:
        encoder: prepares the tracks.
        name: the registered name of the encoder.
        items: what is prepared.
        by_group: whether each shard holds items of one group only, so that the folds of a cross-validation share shards.

    Attributes:
        quality: how many quality values a track has.
        unread: clips whose files could not be read.
    """

    def __init__(
        self,
        encoder: Encoder,
        name: str,
        items: Sequence[Item],
        by_group: bool = False,
    ) -> None:
        self._encoder, self._name, self._items = encoder, name, items
        self._rows = _shards(items, by_group)
        self._shard, self._row = (np.zeros(len(items), np.int32) for _ in range(2))
        for number, rows in enumerate(self._rows):
            self._shard[rows], self._row[rows] = number, np.arange(len(rows))
        self._shards: list[_Shard] = []
        self.quality = len(encoder.quality_names)
        self.unread: list[Unread] = []

    def fill(self) -> Iterator[int]:
        """Prepares all tracks, and yields the number of items of each shard. Tracks can be read when it has ended.

        Raises:
            InputError: the encoder cannot work with any clip: something is not installed, or an option does not fit.
        """
        encoder, modality = self._encoder, self._encoder.modality
        identity = {"encoder": self._name, **encoder.identity, "segments": made_by(modality)}
        if code := sha256_of(self._name):
            identity["code"] = code
        for rows in self._rows:
            part = [self._items[i] for i in rows]
            key = content_key([identity, [_fingerprint(i, modality) for i in part]])
            place = f"tracks/{self._name}-{key[:24]}"
            shard = _Shard(cached_folder(place, partial(_fill, encoder=encoder, items=part)))
            self._shards.append(shard)
            gone = {i.example.clip.id for i in part if _gone(i.example.clip, modality)} if shard.skipped else set()
            self.unread += [Unread(name, modality, name in gone, why) for name, why in shard.skipped]
            yield len(part)

    def __getitem__(self, index: int) -> Track | None:
        """The track of item ``index``; ``None`` when it has none."""
        return self._shards[int(self._shard[index])].track(int(self._row[index]))

    def lengths(self) -> NDArray[np.int64]:
        """The number of rows of each item's track, int64 (N,); 0 when there is no track."""
        found = np.zeros(len(self._items), np.int64)
        for rows, shard in zip(self._rows, self._shards, strict=True):
            found[rows] = np.diff(shard.offsets)
        return found

    def qualities(self) -> NDArray[np.float32]:
        """The quality of each track, float32 (N, Q); zeros where there is no track."""
        found = np.zeros((len(self._items), self.quality), np.float32)
        for rows, shard in zip(self._rows, self._shards, strict=True):
            if shard.offsets[-1]:
                found[rows] = _arrays(shard.path)["quality"]
        return found


def remove_tracks(ids: Collection[str]) -> int:
    """Removes the shards from the cache that hold any of these clips, or do not say which they hold. Training makes them again.

    Args:
        ids: of clips, as their manifest gives them.

    Returns:
        How many shards were removed.
    """
    removed = 0
    for shard in sorted((cache_folder() / "tracks").glob("*")):
        listed = shard / _CLIPS
        names = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else None
        if names is None or any(name.partition("/")[2] in ids for name in names):
            shutil.rmtree(shard, ignore_errors=True)
            removed += 1
    return removed


def made_by(modality: Modality) -> list[str]:
    """What decides how a clip becomes a track: hashes of mien's code and graphs, and the versions of libraries."""
    code = code_sha256(
        "mien.data.load",
        "mien.data.degrade",
        "mien.data.channel",
        "mien.encoders",
        "mien.runtime.threads",
        "mien.media.text" if modality == "text" else "mien.media",
    )
    graphs = [content_of(shared_file(name)) for name in _GRAPHS[modality]]
    return [code, *graphs, *(f"{name} {_version(name)}" for name in _LIBRARIES[modality])]


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _shards(items: Sequence[Item], by_group: bool) -> Sequence[Sequence[int]]:
    """The indices of the items of each shard."""
    if not by_group:
        return [range(k, min(k + SHARD, len(items))) for k in range(0, len(items), SHARD)]
    groups: dict[str | None, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[item.example.group].append(index)
    return [rows[k : k + SHARD] for rows in groups.values() for k in range(0, len(rows), SHARD)]


class _Shard:
    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        offsets: NDArray[np.int64] = np.load(self.path / "offsets.npy")
        return offsets

    @cached_property
    def skipped(self) -> list[tuple[str, str]]:
        lines = (self.path / "skipped.txt").read_text(encoding="utf-8").splitlines()
        return [(name, why) for name, _, why in (line.partition("\t") for line in lines)]

    def track(self, index: int) -> Track | None:
        start, end = int(self.offsets[index]), int(self.offsets[index + 1])
        if start == end:
            return None
        arrays = _arrays(self.path)
        quality = np.array(arrays["quality"][index])
        return Track(np.array(arrays["times"][start:end]), np.array(arrays["values"][start:end]), quality)


@lru_cache(maxsize=_OPEN)
def _arrays(shard: Path) -> dict[str, NDArray[Any]]:
    # Plain arrays over the same pages, because a slice of a memmap costs ten times as much as its content.
    return {k: np.asarray(np.load(shard / f"{k}.npy", mmap_mode="r")) for k in ("values", "times", "quality")}


def _fingerprint(item: Item, modality: Modality) -> list[Any]:
    """Everything that this modality of the item depends on."""
    clip = item.example.clip
    given = clip.features.get(modality)
    if given is not None:
        return [clip.id, _content(given.path), given.array, given.rows, given.times, item.how]
    if modality == "text":
        return [clip.id, clip.text, clip.context, clip.speaker, _bounds(clip), item.how]
    file = _file(clip, modality)
    return [clip.id, file and _content(file), clip.row, _bounds(clip), item.how]


def _file(clip: Clip, modality: Modality) -> Path | None:
    """The file from which the modality is read; ``None`` for words, which stand in the manifest."""
    if modality == "text":
        return None
    return (clip.audio or clip.video) if modality == "voice" else (clip.image or clip.video)


def _gone(clip: Clip, modality: Modality) -> bool:
    file = _file(clip, modality)
    return file is not None and not file.is_file()


def _bounds(clip: Clip) -> list[float] | None:
    return None if clip.span is None else [clip.span.start, clip.span.end]


def _content(file: Path) -> str:
    return content_of(file) if file.is_file() else str(file)


def _fill(draft: Path, encoder: Encoder, items: Sequence[Item]) -> None:
    tracks: list[Track | None] = []
    skipped: list[str] = []
    for item in items:
        try:
            tracks.append(_prepare(encoder, item.example.clip, item.how))
        except MediaError as error:  # only this clip is at fault; other errors come from the recipe or the installation
            tracks.append(None)
            skipped.append(f"{item.example.clip.id}\t{error}".replace("\n", " "))
    found = [t for t in tracks if t is not None]
    lengths = [0 if t is None else len(t) for t in tracks]
    empty = np.zeros(found[0].quality.shape if found else (0,), np.float32)
    np.save(draft / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    np.save(draft / "values.npy", np.concatenate([t.values for t in found]) if found else np.zeros(0, np.float32))
    np.save(draft / "times.npy", np.concatenate([t.times for t in found]) if found else np.zeros(0))
    np.save(draft / "quality.npy", np.stack([empty if t is None else t.quality for t in tracks]))
    (draft / "skipped.txt").write_text("\n".join(skipped), encoding="utf-8")
    (draft / _CLIPS).write_text("\n".join(item.example.clip.id for item in items), encoding="utf-8")


def _prepare(encoder: Encoder, clip: Clip, how: str) -> Track | None:
    segment = segment_of(clip, encoder.modality)
    return None if segment is None else encoder.prepare(degraded(segment, how, clip.id))
