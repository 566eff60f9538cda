"""Finds people, recordings and sentences that are in more than one split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mien.data.checks.clips import CheckedClip
from mien.data.split import SPLITS
from mien.data.values import Spellings
from mien.events import Progress, Work
from mien.runtime.cache import file_sha256

_NAMED = 3  # examples that a message names


class Leaks:
    """Collects names, counts and hashes of all clips, and compares them between splits."""

    def __init__(self) -> None:
        self.speakers: dict[str, set[str]] = defaultdict(set)
        self.spelt = Spellings()
        self.texts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._uses: dict[Path, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))

    def add(self, clip: CheckedClip) -> None:
        """Adds one clip."""
        if clip.speaker:
            self.speakers[self.spelt(clip.speaker)].add(clip.split)
        if clip.text:
            self.texts[_plain(clip.text)][SPLITS.index(clip.split) if clip.split else 3] += 1
        for path in set(clip.files.values()):
            self._uses[path][clip.part].add(clip.split)

    def across_splits(self) -> Work[tuple[list[str], list[str]]]:
        """Problems and notes.

        The same person or the same clip in two splits is a problem. Parts of one recording in two splits give a note. Only
        files of the same size are compared by content.
        """
        found, notes = [], []
        people = sorted(s for s, splits in self.speakers.items() if len(splits - {""}) > 1)
        if people:
            found.append(f"{len(people)} speakers are in more than one split: {_some(people)}")
        shared = yield from self._shared()
        same = [name for name, whole in shared if whole]
        parts = [name for name, whole in shared if not whole]
        if same:
            found.append(f"{len(same)} clips are the same in more than one split: {_some(same)}")
        if parts:
            notes.append(f"parts of {len(parts)} recordings are in more than one split: {_some(parts)}")
        return found, notes

    def repeated(self) -> tuple[int, int, int]:
        """How many test rows have a sentence of train, how many test rows have a sentence, and how many rows repeat one."""
        shared = sum(n[2] for n in self.texts.values() if n[0])
        return shared, sum(n[2] for n in self.texts.values()), sum(sum(n) - 1 for n in self.texts.values())

    def _shared(self) -> Work[list[tuple[str, bool]]]:
        """(name of the file, whether exactly the same part) for each recording in two splits."""
        found = []
        same = yield from self._same_content()
        for paths in same:
            parts: dict[tuple[str, ...], set[str]] = defaultdict(set)
            for path in paths:
                for part, splits in self._uses[path].items():
                    parts[part] |= splits - {""}
            if any(len(splits) > 1 for splits in parts.values()):
                found.append((" = ".join(p.name for p in paths), True))
            elif len(set().union(*parts.values())) > 1 and paths[0].suffix != ".parquet":
                found.append((paths[0].name, False))
        return found

    def _same_content(self) -> Work[list[list[Path]]]:
        sizes: dict[int, list[Path]] = defaultdict(list)
        for path in self._uses:
            if path.is_file():
                sizes[path.stat().st_size].append(path)
        groups, done, count = [], 0, sum(map(len, sizes.values()))
        for paths in sizes.values():
            contents: dict[str, list[Path]] = defaultdict(list)
            for path in paths:
                contents[file_sha256(path) if len(paths) > 1 else ""].append(path)
                done += 1
                yield Progress("read", "files", done, count)
            groups += list(contents.values())
        return groups


def _plain(text: str) -> int:
    """A hash that is the same for sentences that differ only in case, spaces and punctuation."""
    plain = "".join(c for c in text.casefold() if c.isalnum())
    return hash(plain or text)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
