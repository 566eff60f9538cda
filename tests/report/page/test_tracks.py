"""What the page has of people over time: curves, boxes, portraits; and what it leaves out."""

from __future__ import annotations

import json
from dataclasses import replace

from mien.report.exporters.html import write_html

from ..browser import TALK
from ..test_exporters import prediction, timeline
from ..test_html import Page


def test_one_input_is_compared_with_nothing() -> None:
    alone = replace(prediction(), shares={"text": 1.0}, opinions={"text": prediction().scores}, quality={})
    page = Page(write_html(timeline(alone)))
    assert "What each input alone says" not in page.words
    assert "What each input alone says" in Page(write_html(timeline(prediction()))).words


def test_curves_boxes_and_portraits_reach_the_page() -> None:
    page = Page(write_html(TALK))
    voice = next(c for c in page.data["curves"] if c["w"] == 0)
    assert (voice["t"][:2], voice["u"][:2], voice["d"][0]) == ([0.2, 0.63], [0, 1], 0.1)
    assert page.data["faces"][0]["b"][0] == [100, 200, 300, 600]
    pictures = [a["src"] for t, a in page.elements if t == "img" and (a.get("class") or "").startswith("portrait")]
    assert len(pictures) == 2, "in the lane and among the people"
    card = next(json.loads(a["content"] or "") for t, a in page.elements if a.get("name") == "mien-card")
    assert (card["name"], card["moments"], card["people"], len(card["portraits"])) == ("talk.mp4", 4, 2, 1)


def test_neutral_is_the_ground() -> None:
    words = " ".join(Page(write_html(TALK)).words)
    assert "Neutral is the ground; most clearly these moments stand out from it: 0:01 happy (about 80%)" in words
