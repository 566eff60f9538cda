"""Builds the documents as a site and checks it: ``python -m tools.site [FOLDER]`` (``make docs``).

Zensical stops the build at a broken link, anchor or reference. This tool finds three more faults: a docstring that does not
fit its signature, a page that would load something from elsewhere, and a page that no menu names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Matches what a browser loads by itself. Links that a reader may click do not match.
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*?\bsrc=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|icon|preconnect|preload|dns-prefetch))[^>]*?\bhref=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//\S+|\burl\(["']?(?:https?:)?//\S+""",
    re.I,
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def build(root: Path) -> tuple[int, str]:
    """Builds ``root``/site. Returns the exit code and the output."""
    # The build needs ruff, which formats the signatures of the reference. It lies beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=root,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, _ANSI.sub("", done.stdout)


def loaded_from_elsewhere(site: Path) -> list[str]:
    """Everything that pages and style sheets would load over the network, as "page: text"."""
    files = sorted(p for p in site.rglob("*") if p.suffix in {".html", ".css"})
    return [
        f"{file.relative_to(site)}: {found[0]}"
        for file in files
        for found in _LOADED.finditer(file.read_text(encoding="utf-8"))
    ]


def without_menu(root: Path) -> list[str]:
    """Documents that mkdocs.yml does not name, and names in mkdocs.yml without a document."""
    named = set(re.findall(r"[\w/.-]+\.md", (root / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]))
    there = {p.relative_to(root / "docs").as_posix() for p in (root / "docs").rglob("*.md")}
    return sorted(there ^ named)


def faults(root: Path) -> list[str]:
    """Builds the site of a checkout. Returns its faults, one in each line."""
    code, printed = build(root)
    found = [line for line in printed.splitlines() if line.startswith(("griffe: ", "mkdocstrings: "))]
    if code:
        found.append(printed)
    return [
        *found,
        *(f"not in the menu, or not there: {name}" for name in without_menu(root)),
        *(f"loads from elsewhere: {line}" for line in loaded_from_elsewhere(root / "site")),
    ]


def main(arguments: list[str]) -> int:
    """Builds the site and prints its faults. Returns 1 if there are any."""
    root = Path(arguments[0]) if arguments else ROOT
    found = faults(root)
    print("\n".join(found) or f"{root / 'site'}: to search it, python -m http.server --directory {root / 'site'}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
