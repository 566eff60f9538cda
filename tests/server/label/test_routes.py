"""The routes of the labelling page, on a real server: votes survive kills, and only what may be labelled is shown."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("fastapi")

from mien.collection import tables
from mien.collection.dataset import open_set
from mien.collection.rows import Vote
from mien.errors import InputError
from mien.server.label.desk import Desk
from mien.server.label.plan import Plan
from mien.server.problems import RefusedError

from .serving import Labelling, labelling
from .sets import make

PLAIN = ("--gold-share", "0", "--repeat-share", "0")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labelling]:
    with labelling(make(tmp_path_factory.mktemp("label")), *PLAIN) as started:
        yield started


def ballot(question: Any, who: str, **values: Any) -> dict[str, Any]:
    said = {"labels": {"happy": 2, "sad": 1}, "seconds": 1.5, **values}
    return {"annotator": who, "clip": question["clip"], "number": question["number"], **said}


def test_a_vote_is_cast_and_taken_back(server: Labelling) -> None:
    first = server.question("ann")
    assert (first["done"], first["all"], first["draft"]) == (0, 6, None)
    status, answer = server.ask("POST", "/v1/label/votes", ballot(first, "ann"))
    assert (status, answer["question"]["done"]) == (200, 1)
    assert answer["draft"]["label"] == "happy"
    # An answer that was lost: the page sends the same vote again.
    assert server.ask("POST", "/v1/label/votes", ballot(first, "ann"))[1]["question"]["number"] == 1
    status, answer = server.ask("POST", "/v1/label/undo", {"annotator": "ann"})
    assert (answer["undone"], answer["question"]["clip"]) == (True, first["clip"])
    assert server.ask("POST", "/v1/label/undo", {"annotator": "ann"})[1]["undone"] is False


def test_what_says_nothing_or_comes_too_late_is_refused(server: Labelling) -> None:
    question = server.question("bob")
    for values, said in (
        ({"labels": {}}, "says nothing"),
        ({"labels": {"hapy": 1}}, "did you mean 'happy'"),
        ({"valence": 3}, "valence"),
        ({"annotator": " "}, "annotator"),
    ):
        status, problem = server.ask("POST", "/v1/label/votes", ballot(question, "bob") | values)
        assert (status, said in problem["detail"]) == (422, True), problem
    status, problem = server.ask("POST", "/v1/label/votes", ballot(question, "bob") | {"number": 5})
    assert (status, problem["type"]) == (409, "urn:mien:problem:moved-on")


def test_pages_of_others_may_not_call(server: Labelling) -> None:
    assert server.ask("GET", "/v1/label/next?annotator=x", headers={"Host": "evil.example"})[0] == 421
    assert server.ask("POST", "/v1/label/undo", {"annotator": "x"}, {"Origin": "https://evil.example"})[0] == 403


def test_media_come_in_parts_and_as_sound(server: Labelling) -> None:
    status, part = server.ask("GET", "/media/c0", headers={"Range": "bytes=0-99"})
    assert (status, len(part)) == (206, 100)
    status, sound = server.ask("GET", "/sound/c0")
    assert (status, sound[:4]) == (200, b"RIFF")
    assert len(sound) == pytest.approx(44 + 2 * 16_000 * 1.8, abs=2 * 1600)  # 0 to 0.8 s, and a second behind it
    status, video = server.ask("GET", "/video/c0")
    assert (status, video[4:8]) == (200, b"ftyp")
    for path in ("/media/nothing", "/sound/nothing", "/media/..%2F..%2Fset.db"):
        assert server.ask("GET", path)[0] == 404


def test_without_consent_nothing_is_shown(tmp_path: Path) -> None:
    with open_set(make(tmp_path, consent=False)) as dataset:
        with pytest.raises(InputError, match="may be labelled"):
            Desk(dataset, Plan())
        assert Desk(dataset, Plan(anyone=True)).question("ann") is not None


def test_of_a_recording_with_somebody_who_did_not_agree_only_the_clips_are_shown(tmp_path: Path) -> None:
    folder = make(tmp_path)
    with open_set(folder) as dataset, dataset.database.write() as connection:
        connection.execute(tables.clips.update().where(tables.clips.c.id == "c2").values(person="ben"))
    with labelling(folder, *PLAIN) as server:
        assert server.ask("GET", "/media/c2")[0] == 404
        assert server.ask("GET", "/media/c0")[0] == 403
        status, sound = server.ask("GET", "/sound/c0")
        assert status == 200
        assert len(sound) == pytest.approx(44 + 2 * 16_000 * 0.8, abs=2 * 1600)
        assert server.ask("GET", "/media/c1")[0] == 200


def test_one_modality_alone_comes_first_and_counts_apart(tmp_path: Path) -> None:
    with open_set(make(tmp_path)) as dataset:
        desk = Desk(dataset, Plan(modes=("together", "voice", "text"), repeat_share=0))
        asked = []
        while (question := desk.question("ann")) is not None:
            asked.append((question.asked.purpose, question.asked.shown))
            desk.cast(Vote(question.clip.id, "ann", {"sad": 1.0}), question.number)
        assert [purpose for purpose, _ in asked] == ["part"] * 6 + ["vote"] * 6
        assert {shown for purpose, shown in asked if purpose == "part"} == {("voice",), ("text",)}
        with pytest.raises(RefusedError):
            desk.cast(Vote("c0", "ann", {"sad": 1.0}), 99)


@pytest.mark.slow
def test_votes_survive_kills(tmp_path: Path) -> None:
    """Two people vote as fast as they can while the server is killed again and again; no vote that was answered is lost."""
    folder = make(tmp_path, clips=60)
    answered: dict[str, list[tuple[str, int]]] = {"ann": [], "bob": []}

    def vote(server: Labelling, who: str) -> None:
        try:
            question = server.question(who)
            while question is not None:
                sent = ballot(question, who)
                status, answer = server.ask("POST", "/v1/label/votes", sent)
                assert status == 200, answer
                answered[who].append((sent["clip"], sent["number"]))
                question = answer["question"]
        except (OSError, ValueError):  # it was killed
            return

    for wait in (0.3, 0.5, 0.8):
        with labelling(folder, *PLAIN) as server:
            people = [Thread(target=vote, args=(server, who)) for who in answered]
            for person in people:
                person.start()
            time.sleep(wait)
            server.process.send_signal(signal.SIGKILL)
            for person in people:
                person.join(30)
    with open_set(folder) as dataset:
        votes = dataset.votes()
    for who, acknowledged in answered.items():
        mine = [vote.clip for vote in votes if vote.annotator == who]
        assert acknowledged, "nothing was voted before the kill"
        assert [mine[number] for _, number in acknowledged] == [clip for clip, _ in acknowledged]
        assert len(mine) == len(set(mine)) <= len(acknowledged) + 3
