"""Draws docs/demo.svg from the output of ``mien demo``: ``python -m tools.demo_picture``."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from mien import Analyzer
from mien.report.terminal.timeline import render
from mien.samples import demo_clip, demo_label

TARGET = Path(__file__).parents[1] / "docs" / "demo.svg"
WIDTH = 100
THEME = TerminalTheme(
    (28, 30, 36),
    (214, 217, 224),
    [
        (28, 30, 36),
        (240, 98, 98),
        (126, 200, 120),
        (240, 200, 96),
        (110, 160, 250),
        (210, 130, 220),
        (90, 200, 210),
        (214, 217, 224),
    ],
)
# Rich's own frame loads a font from the network. This frame uses a fixed-width font of the reader's system.
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<desc>Drawn by tools/demo_picture.py with the bundle BUNDLE</desc>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{width}" height="{height}"/>
</clipPath>{lines}</defs>
<rect fill="#1c1e24" width="{width}" height="{height}" rx="10"/>
<g transform="translate(20, 26)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def draw() -> str:
    """The picture: the command, and the table as the terminal shows it."""
    analyzer = Analyzer()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ mien demo\n", style="bold"))
    timeline = analyzer.analyze(demo_clip())
    console.print(render(timeline, truth=lambda p: demo_label(p.span.middle)))
    frame = FRAME.replace("BUNDLE", analyzer.bundle.sha256)
    return console.export_svg(theme=THEME, code_format=frame, unique_id="mien")


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
