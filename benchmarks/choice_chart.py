"""Draws how recall grows with the number of labels, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

COLOURS = {"at random": "#6b7280", "the mix": "#c2410c", "uncertain alone": "#0369a1", "diverse alone": "#15803d"}
ENTRY = 130  # width of a name in the legend
SHADED = ("at random", "the mix")
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 270, 230, 46, 56, 44, 24
"""Of one panel, and of the room around them, in pixels."""


def chart(found: Mapping[str, Mapping[str, Float64]], step: int) -> str:
    """A panel for each set, with a line for each way of choosing: the mean over seeds, and its deviation as a band.

    Args:
        found: {set: {how clips are chosen: recall after each round, float64 (seeds, rounds)}}.
        step: labels of a round.
    """
    whole = max(len(found) * (WIDTH + LEFT + GAP), LEFT + ENTRY * len(COLOURS)), HEIGHT + TOP + BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]} {whole[1]}" font-family="sans-serif" font-size="12">',
        "<title>Unweighted average recall against the number of labels, chosen and at random</title>",
        f'<rect width="{whole[0]}" height="{whole[1]}" fill="#ffffff"/>',
        *_legend(),
    ]
    for number, (name, ways) in enumerate(found.items()):
        lines.append(f'<g transform="translate({LEFT + number * (WIDTH + LEFT + GAP)} {TOP})">')
        lines += [*_panel(name, ways, step), "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _legend() -> Iterator[str]:
    for number, (way, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * ENTRY
        yield f'<line x1="{x}" y1="16" x2="{x + 20}" y2="16" stroke="{colour}" stroke-width="2.5"/>'
        yield f'<text x="{x + 26}" y="20" fill="#111827">{way}</text>'


def _panel(name: str, ways: Mapping[str, Float64], step: int) -> Iterator[str]:
    means = {way: rows.mean(axis=0) for way, rows in ways.items()}
    low = np.floor(20 * min(float((m - ways[w].std(axis=0)).min()) for w, m in means.items())) / 20
    high = np.ceil(20 * max(float((m + ways[w].std(axis=0)).max()) for w, m in means.items())) / 20
    rounds = len(means["at random"])

    def at(number: int, value: float) -> str:
        return f"{(number + 1) / rounds * WIDTH:.1f},{(high - value) / (high - low) * HEIGHT:.1f}"

    yield f'<text x="0" y="-10" fill="#111827" font-weight="bold">{name}</text>'
    for value in np.arange(low, high + 0.01, 0.05 if high - low <= 0.3 else 0.1):
        y = (high - value) / (high - low) * HEIGHT
        yield f'<line x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" stroke="#e5e7eb"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end" fill="#374151">{value:.2f}</text>'
    for labels in (200, 400, 600, 800):
        x = labels / (step * rounds) * WIDTH
        yield f'<text x="{x:.1f}" y="{HEIGHT + 18}" text-anchor="middle" fill="#374151">{labels}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT + 36}" text-anchor="middle" fill="#374151">labels</text>'
    for way in SHADED:
        yield _band(means[way], ways[way].std(axis=0), COLOURS[way], at)
    for way, mean in means.items():
        points = " ".join(at(number, float(value)) for number, value in enumerate(mean))
        width = 2.5 if way in SHADED else 1.25
        yield f'<polyline points="{points}" fill="none" stroke="{COLOURS[way]}" stroke-width="{width}"/>'


def _band(mean: Float64, deviation: Float64, colour: str, at: Callable[[int, float], str]) -> str:
    upper = [at(n, float(v)) for n, v in enumerate(mean + deviation)]
    lower = [at(n, float(v)) for n, v in enumerate(mean - deviation)]
    return f'<polygon points="{" ".join([*upper, *reversed(lower)])}" fill="{colour}" fill-opacity="0.15"/>'
