"""Draws the rooms of src/mien between two marks in CONTRIBUTING.md: ``python -m tools.rooms`` (``--check`` only compares).

A room is a folder, or a module of the root. The modules of the root that import no folder form one room: the nouns. Imports
for type checkers only do not count. Imports inside functions count; they are in brackets. A room stands above all rooms that it
imports. The exception is a door: an import inside a function of a room that imports this one. It is shown as "(↑ room)".
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mien.runtime.marks import rebuilt

ROOT = Path(__file__).resolve().parents[1]
NOUNS = "nouns"
_DOORS = {"__init__", "__main__"}
_BAR, _WIDE = 400, 10  # lines of code for one block of a bar; blocks in the longest bar
_ROUGH = 0.2  # share of its lines by which a room may change before the picture is out of date


@dataclass(frozen=True)
class Room:
    """What is drawn for a room.

    Attributes:
        files: number of its modules.
        lines: number of lines in all its modules.
        imports: rooms below it that it imports.
        late: those of ``imports`` that only functions import.
        doors: rooms above it; only functions import them.
        modules: names of its modules for the nouns; empty for other rooms.
    """

    files: int
    lines: int
    imports: frozenset[str]
    late: frozenset[str]
    doors: frozenset[str] = frozenset()
    modules: tuple[str, ...] = ()


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _nodes(node: ast.AST, late: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes that run, each with whether it is inside a function."""
    for child in ast.iter_child_nodes(node):
        if _for_types(child):
            continue
        yield child, late
        yield from _nodes(child, late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules of mien that a module imports, without "mien.", each with whether the import is inside a function."""
    for node, late in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = node.module == "mien"
            names = [f"mien.{alias.name}" for alias in node.names] if whole else [node.module]
        yield from ((name.removeprefix("mien."), late) for name in names if name.startswith("mien."))


def rooms(package: Path) -> dict[str, Room]:
    """All rooms of a package, by name."""
    of: dict[str, list[Path]] = {}
    for path in sorted(package.rglob("*.py")):
        top = path.relative_to(package).parts[0].removesuffix(".py")
        if top not in _DOORS:
            of.setdefault(top, []).append(path)
    found = {top: [pair for path in paths for pair in imported(path)] for top, paths in of.items()}
    folders = {top for top in of if (package / top).is_dir()}
    tops = {top: {name.split(".")[0] for name, late in pairs if not late} for top, pairs in found.items()}
    nouns = {top for top in of if top not in folders and not tops[top] & folders}
    # A module of the root is not a noun if it imports a module that is not a noun.
    while more := {top for top in nouns if tops[top] - nouns - _DOORS - {top}}:
        nouns -= more
    named: dict[str, list[str]] = {}
    for top in of:
        named.setdefault(NOUNS if top in nouns else top, []).append(top)

    def drawn(name: str, members: list[str]) -> Room:
        paths = [path for top in members for path in of[top]]
        every = [(other.split(".")[0], late) for top in members for other, late in found[top]]
        pairs = {(NOUNS if top in nouns else top, late) for top, late in every}
        others = {other for other, _ in pairs if other in named} - {name}
        late = {other for other in others if (other, False) not in pairs}
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
        modules = tuple(members) if name == NOUNS else ()
        return Room(len(paths), lines, frozenset(others), frozenset(late), modules=modules)

    whole = {name: drawn(name, members) for name, members in named.items()}
    return {name: _with_doors(name, whole) for name in whole}


def _with_doors(name: str, found: Mapping[str, Room]) -> Room:
    """A room whose imports of rooms above it are moved to ``doors``."""
    at_once = {other: room.imports - room.late for other, room in found.items()}
    doors = frozenset(other for other in found[name].late if name in below(other, at_once))
    return replace(found[name], imports=found[name].imports - doors, late=found[name].late - doors, doors=doors)


def below(name: str, imports: Mapping[str, frozenset[str]]) -> set[str]:
    """All rooms that a room imports, directly or through other rooms."""
    seen: set[str] = set()
    todo = [*imports[name]]
    while todo:
        other = todo.pop()
        if other not in seen:
            seen.add(other)
            todo += imports[other]
    return seen


def levels(found: Mapping[str, Room]) -> dict[str, int]:
    """The layer of each room; 0 for a room that imports no other.

    Raises:
        SystemExit: rooms import one another in a circle.
    """
    height: dict[str, int] = {}
    left = set(found)
    while left:
        ready = {name for name in left if not found[name].imports & left}
        if not ready:
            raise SystemExit(f"these rooms import one another in a circle: {', '.join(sorted(left))}")
        height |= {name: max((height[other] + 1 for other in found[name].imports), default=0) for name in ready}
        left -= ready
    return height


def _direct(name: str, found: Mapping[str, Room]) -> list[str]:
    """The rooms that a room imports, without those that it also imports through other rooms."""
    imports = {other: room.imports for other, room in found.items()}
    return sorted(found[name].imports.difference(*(below(other, imports) for other in found[name].imports)))


def picture(found: Mapping[str, Room]) -> str:
    """The rooms from top to bottom, one in each line. Rooms of one layer stand together."""
    height = levels(found)
    wide = max(map(len, found))
    lines = [f"layer  {'room':<{wide}}  files  lines            imports, and with them what those import"]
    last = None
    for name in sorted(found, key=lambda n: (-height[n], n)):
        room = found[name]
        names = sorted(_direct(name, found), key=lambda n: (-height[n], n))
        shown = [f"({n})" if n in room.late else n for n in names] or list(room.modules)
        shown += [f"(↑ {n})" for n in sorted(room.doors)]
        layer = "" if height[name] == last else str(height[name])
        last = height[name]
        bar = "▇" * max(1, round(room.lines / _BAR))
        line = f"{layer:>5}  {name:<{wide}}  {room.files:>5}  {room.lines:>5} {bar:<{_WIDE}} {', '.join(shown)}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def updated(text: str, drawn: str) -> str:
    """The document with this picture."""
    return rebuilt(text, "rooms", f"```text\n{drawn}\n```")


def same(one: str, other: str) -> bool:
    """Whether two documents agree. Small differences in the number of lines of code do not count."""
    row = re.compile(r"^( *\d*  \w+ +\d+ +)(\d+) ▇+ *(.*)$", re.M)
    if row.sub(r"\1\3", one) != row.sub(r"\1\3", other):
        return False
    pairs = zip(row.findall(one), row.findall(other), strict=True)
    return all(abs(int(a[1]) - int(b[1])) <= max(100, _ROUGH * int(b[1])) for a, b in pairs)


def main(arguments: list[str]) -> int:
    """Draws the picture, or with ``--check`` returns 1 if it is out of date."""
    path = ROOT / "CONTRIBUTING.md"
    old = path.read_text(encoding="utf-8")
    new = updated(old, picture(rooms(ROOT / "src" / "mien")))
    if "--check" in arguments:
        if not same(old, new):
            print("the picture of the rooms in CONTRIBUTING.md is out of date: make rooms")
        return 0 if same(old, new) else 1
    path.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
