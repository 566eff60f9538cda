"""The site builds without a warning, and its pages load nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ..conftest import ROOT
from ..report.browser import launched

pytest.importorskip("griffe", reason="needs the extra docs")
from tools import griffe_names, site


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its site, apart from this one, so that nothing is written here."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("docs", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    shutil.copy(ROOT / "mkdocs.yml", root)
    assert site.faults(root) == []
    return root / "site"


@pytest.mark.slow
def test_every_document_has_its_page(built: Path) -> None:
    pages = {p.relative_to(ROOT / "docs").with_suffix(".html") for p in (ROOT / "docs").rglob("*.md")}
    assert pages <= {p.relative_to(built) for p in built.rglob("*.html")}


@pytest.mark.slow
def test_the_reference_says_what_the_docstrings_say(built: Path) -> None:
    page = re.sub(r"<[^>]+>", "", (built / "api" / "analysis.html").read_text(encoding="utf-8"))
    for said in ("Closing the generator ends its threads", "subtitles", "InputError", "Analyzes clips with one bundle"):
        assert said in page


@pytest.mark.slow
def test_faults_end_the_build(built: Path, tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(built.parent, root)
    with (root / "docs" / "data.md").open("a", encoding="utf-8") as page:
        page.write(
            "\n[gone](gone.md) [nor](fusions.md#nor) [no][mien.types.Nobody]\n\n<script src='https://example.org/x.js'></script>\n"
        )
    with (root / "src" / "mien" / "types.py").open("a", encoding="utf-8") as module:
        module.write(
            '\n\ndef odd(a: int) -> int:\n    """Odd.\n\n    Args:\n        b: not there.\n    """\n    return a\n'
        )
    (root / "docs" / "lost.md").write_text("# Lost\n", encoding="utf-8")
    found = "\n".join(site.faults(root))
    for fault in (
        "page does not exist",
        "anchor does not exist",
        "unresolved autoref",
        "Parameter 'b' does not appear",
        "not in the menu, or not there: lost.md",
    ):
        assert fault in found


def test_what_pages_load_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="https://x.org">x</a><script src="local.js"></script><link rel="canonical" href="https://x.org">'
        '<script async src="https://x.org/a.js"></script><link rel=preconnect href=//fonts.org>'
        "<style>@import url(https://x.org/b.css);</style>"
    )
    found = site.loaded_from_elsewhere(tmp_path)
    assert len(found) == 3
    assert all(part in " ".join(found) for part in ("a.js", "fonts.org", "b.css"))


def test_names_of_one_line_are_set_apart() -> None:
    told = "One.\n\nArgs:\n    a, b: both,\n        at once.\n    c: alone.\n\nSee x, y: no."
    apart = (
        "One.\n\nArgs:\n    a: both,\n        at once.\n    b: both,\n        at once.\n    c: alone.\n\nSee x, y: no."
    )
    assert griffe_names.apart(told) == apart


@pytest.fixture
def address(built: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1366, 390], ids=["laptop", "phone"])
def test_pages_load_nothing_and_fit(address: str, built: Path, width: int) -> None:
    """In a browser: no request to elsewhere, no error, nothing wider than the window."""
    elsewhere, errors = [], []
    with launched() as browser:
        tab = browser.new_page(viewport={"width": width, "height": 850})
        tab.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((address, "data:")) else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        for page in sorted(p.relative_to(built).as_posix() for p in built.rglob("*.html") if p.name != "404.html"):
            tab.goto(address + page)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, page
    assert elsewhere == []
    assert errors == []


@pytest.mark.slow
def test_the_search_finds_a_class(address: str) -> None:
    with launched() as browser:
        tab = browser.new_page(viewport={"width": 1366, "height": 850})
        tab.goto(address + "index.html")
        tab.keyboard.press("Control+k")
        tab.keyboard.type("Analyzer")
        tab.wait_for_selector("a[href*='api/analysis']", state="visible")
