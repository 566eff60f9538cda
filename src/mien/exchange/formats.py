"""The formats by name, and the one way from any of them, or from a public set, to any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.data.manifest import FILES
from mien.data.readers.base import read_set, readers
from mien.errors import InputError, UnknownNameError, closest
from mien.events import Progress, Work
from mien.exchange import audformat, datasets, elan, label_studio, manifest, own_set, webdataset
from mien.exchange.items import Item, LeftOut


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        read: yields the clips of a file or folder. The second argument is a folder for files that lie inside of it.
        write: writes clips to a file or folder. The third argument is the task whose labels are written.
        ending: of the file that is written; "" for a folder.
    """

    read: Callable[[Path, Path, LeftOut], Iterator[Item]]
    write: Callable[[Sequence[Item], Path, str, LeftOut], None]
    ending: str = ""


FORMATS = {
    "manifest": Format(manifest.read, manifest.write, ".csv"),
    "set": Format(own_set.read, own_set.write),
    "label_studio": Format(label_studio.read, label_studio.write, ".json"),
    "elan": Format(elan.read, elan.write),
    "audformat": Format(audformat.read, audformat.write),
    "datasets": Format(datasets.read, datasets.write),
    "webdataset": Format(webdataset.read, webdataset.write),
}
"""{name: the format}."""


def convert(source: str, path: Path, out: Path, to: str, task: str, left_out: LeftOut) -> Work[int]:
    """Converts a data set.

    Args:
        source: a format, or the name of a reader of a public set.
        path: the file or folder to read.
        out: the file or folder to write. Files that lie inside a format are written beside it, to ``<out>_files``.
        to: a format.
        task: the column of the labels.
        left_out: counts what is left out.

    Returns:
        The number of clips.

    Raises:
        UnknownNameError: there is no such format or reader.
        InputError: the path cannot be read, or ``out`` cannot be written.
    """
    if to not in FORMATS:
        raise UnknownNameError(f"there is no format '{to}'; {closest(to, FORMATS)}")
    if source not in FORMATS and source not in readers.names():
        readers.get(source)  # its message names what is near
    if not path.exists():
        raise InputError(f"there is nothing at '{path}'")
    _check_out(out, FORMATS[to].ending)
    items = []
    for item in _items(source, path, out.with_name(f"{out.stem}_files"), left_out):
        items.append(item)
        if len(items) % 100 == 0:
            yield Progress("read", source, len(items))
    if not items:
        raise InputError(f"'{path}' holds no clips that can be used")
    FORMATS[to].write(items, out, task, left_out)
    return len(items)


def _check_out(out: Path, ending: str) -> None:
    there = out.absolute().parent.is_dir()
    if ending and (out.suffix.lower() != ending or not there):
        raise InputError(f"'{out}' should be a {ending} file in a folder that exists")
    if not there:
        raise InputError(f"there is no folder '{out.parent}' to write '{out.name}' into")


def _items(source: str, path: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    if source in FORMATS:
        yield from FORMATS[source].read(path, unpack, left_out)
        return
    for row in read_set(source, path, left_out):
        files = {name: (path / str(row[name])).resolve().as_posix() for name in FILES if row.get(name)}
        yield Item({**row, **files})
