"""Votes of a set go to Label Studio, and votes from there come into the set."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from mien.collection.dataset import open_set
from mien.collection.rows import Vote
from mien.events import finish
from mien.exchange.formats import convert
from tests.server.label.sets import make


def test_a_set_goes_to_label_studio_and_back(tmp_path: Path) -> None:
    folder, tasks, left_out = make(tmp_path), tmp_path / "tasks.json", Counter[str]()
    with open_set(folder) as dataset:
        dataset.vote(Vote("c0", "ann", {"happy": 1.0}))
    assert finish(convert("set", folder, tasks, "label_studio", "emotion", left_out)) == 6
    table = json.loads(tasks.read_text())
    assert table[0]["predictions"][0]["result"][0]["value"] == {"choices": ["happy"]}
    theirs = {"from_name": "emotion", "to_name": "video", "type": "choices", "value": {"choices": ["sad"]}}
    for task in table:
        task.setdefault("annotations", []).append({"completed_by": 7, "lead_time": 2.5, "result": [theirs]})
    tasks.write_text(json.dumps(table))
    for _ in range(2):  # the second time adds nothing
        assert finish(convert("label_studio", tasks, folder, "set", "emotion", left_out)) == 6
    with open_set(folder) as dataset:
        votes = dataset.votes()
    assert [(v.annotator, *v.labels) for v in votes if v.clip == "c0"] == [("ann", "happy"), ("7", "sad")]
    assert len(votes) == 7
