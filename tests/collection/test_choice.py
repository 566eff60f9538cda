"""A round is a mix with a random share; near-duplicates, labelled and drawn clips are not chosen; rare labels are found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import insert

from mien.collection import tables
from mien.collection.choice.choose import DRAWN, WAITS, Waiting, choose, divergence, entropy
from mien.collection.choice.draw import draw_round
from mien.collection.choice.probe import fit, reduced, uar
from mien.collection.dataset import DataSet, make_set
from mien.collection.rows import Vote
from mien.collection.settings import SetSettings
from mien.errors import InputError

from .test_dataset import CLIP


def waiting(count: int, labels: int = 3, seed: int = 0) -> Waiting:
    random = np.random.default_rng(seed)
    scores = random.dirichlet(np.ones(labels), count)
    return Waiting(
        random.normal(size=(count, 8)), scores, random.uniform(size=count), np.arange(count), np.full(count, WAITS)
    )


def test_a_round_mixes_criteria_and_has_a_random_share() -> None:
    found = choose(waiting(500), 100, seed=1)
    assert Counter(why for _, why in found) == {
        "control": 20,
        "uncertain": 35,
        "diverse": 15,
        "conflict": 10,
        "rare": 20,
    }
    assert len({row for row, _ in found}) == 100
    assert found == choose(waiting(500), 100, seed=1)
    sure = entropy(waiting(500).scores)
    assert np.mean([sure[row] for row, why in found if why == "uncertain"]) > np.percentile(sure, 80)


def test_duplicates_and_what_was_drawn_are_not_chosen() -> None:
    given = waiting(40)
    given.kin[:] = np.repeat(np.arange(20), 2)
    given.labels[0], given.labels[2] = 1, DRAWN
    found = [row for row, _ in choose(given, 100, seed=0)]
    assert sorted(given.kin[found]) == list(range(2, 20))


def test_what_modalities_say_differs_by_nothing_up_to_all() -> None:
    one, other = np.asarray([1.0, 0.0]), np.asarray([0.0, 1.0])
    assert divergence([one, one]) == pytest.approx(0)
    assert divergence([one, other]) == pytest.approx(1)
    assert divergence([one]) == 0


def test_the_probe_learns_and_rare_labels_are_found_by_choosing() -> None:
    random = np.random.default_rng(3)
    labels = np.asarray([0] * 900 + [1] * 80 + [2] * 20)
    states = reduced([random.normal(size=(3, 20))[labels] * 1.5 + random.normal(size=(1000, 20))], 10)
    shown = np.full(1000, WAITS)
    first = random.choice(1000, 40, replace=False)
    shown[first] = labels[first]
    probe = fit(states[shown >= 0], shown[shown >= 0], 3)
    assert uar(probe.probabilities(states).argmax(axis=1), labels) > 0.6
    given = Waiting(states, probe.probabilities(states), np.zeros(1000), np.arange(1000), shown)
    chosen = [row for row, why in choose(given, 60, seed=0) if why != "control"]
    assert np.mean(labels[chosen] > 0) > 2 * np.mean(labels > 0)


@pytest.fixture
def dataset(tmp_path: Path) -> Any:
    with make_set(tmp_path / "set", SetSettings()) as made:
        random = np.random.default_rng(0)
        with made.database.write() as connection:
            recording = {"path": "../a.wav", "name": "a.wav", "sha256": "0", "kind": "audio", "collected": "now"}
            connection.execute(insert(tables.recordings).values(id=1, **recording))
            for n in range(60):
                values = CLIP | {"id": f"c{n}", "kin": f"c{n}", "person": f"p{n % 5}", "start": n, "end": n + 0.5}
                connection.execute(insert(tables.clips).values(values))
                scores = dict(zip(made.settings.labels, random.dirichlet(np.ones(7)).tolist(), strict=True))
                draft = {"clip": f"c{n}", "bundle": "b", "name": "b", "label": max(scores, key=lambda k: scores[k])}
                more = {"scores": scores, "opinions": {"voice": scores}, "uncertain": False}
                connection.execute(insert(tables.drafts).values(draft | more))
                bits = random.normal(size=12).astype(np.float16).tobytes()
                state = {"clip": f"c{n}", "modality": "voice", "bundle": "b", "values": bits}
                connection.execute(insert(tables.states).values(state))
            row = {"person": "p4", "scope": "train", "withdrawn": None}
            connection.execute(insert(tables.people).values(row))
        yield made


def test_rounds_of_a_set_follow_one_another_until_nothing_waits(dataset: DataSet) -> None:
    first = draw_round(dataset, 20)
    assert (first.round, len(first.clips), first.why["control"], first.waiting) == (1, 20, 4, 28)
    for clip in first.clips:
        dataset.vote(Vote(clip, "x", {"happy" if int(clip[1:]) % 2 else "sad": 1.0}))
    second = draw_round(dataset, 40)
    assert (second.round, len(second.clips), second.waiting) == (2, 28, 0)
    assert not set(first.clips) & set(second.clips)
    assert not {f"c{n}" for n in range(4, 60, 5)} & {*first.clips, *second.clips}
    assert [d.clip for d in dataset.draws() if d.round == 2] == list(second.clips)
    with pytest.raises(InputError, match="no clip waits"):
        draw_round(dataset, 5)
    with pytest.raises(InputError, match="at least one"):
        draw_round(dataset, 0)
