"""Between the page and the set: gives each annotator a next clip, and stores what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock

from mien.collection.dataset import DataSet
from mien.collection.rights.permission import USABLE, Ground, ground
from mien.collection.rows import Cut, Draft, Recording, Vote, now
from mien.errors import InputError
from mien.server.label.order import Asked, hidden, ordered, upcoming
from mien.server.label.plan import TOGETHER, Plan
from mien.server.problems import RefusedError


@dataclass(frozen=True)
class Question:
    """What an annotator is asked.

    Attributes:
        asked: the clip and what is shown of it.
        number: of the annotator's votes so far.
        done, all: progress.
        clip, recording: what the set knows of it.
        whole: whether the whole recording may be seen.
        draft: what is proposed; ``None`` when it is hidden, or there is none.
    """

    asked: Asked
    number: int
    done: int
    all: int
    clip: Cut
    recording: Recording
    whole: bool
    draft: Draft | None


class Desk:
    """Answers the page. All that it knows stands in the set, so it forgets nothing when it is killed.

    Args:
        dataset: the set.
        plan: see ``Plan``.

    Raises:
        InputError: no clip may be labelled.
    """

    def __init__(self, dataset: DataSet, plan: Plan) -> None:
        self.dataset, self.plan = dataset, plan
        self._turn = Lock()
        if not self._pool():
            raise InputError(
                f"no clip of '{dataset.folder}' may be labelled: collect recordings first, or state consents or licences"
            )

    def question(self, annotator: str) -> Question | None:
        """The next question of an annotator; ``None`` when all is done."""
        votes, clips = self.dataset.votes(), self._clips()
        asked, done, every = upcoming(annotator, ordered(annotator, self._pool()), votes, self.plan, clips)
        if asked is None:
            return None
        clip = clips[asked.clip]
        shown = asked.shown or tuple(clip.modalities)
        asked = asked._replace(shown=shown)
        draft = None if hidden(self.plan, annotator, asked) else self.dataset.drafts().get(clip.id)
        number = sum(vote.annotator == annotator for vote in votes)
        recording = self.recording(clip)
        return Question(asked, number, done, every, clip, recording, self.open_to_all(recording), draft)

    def cast(self, vote: Vote, number: int) -> Draft | None:
        """Stores a vote. The same vote sent twice, because an answer was lost, is stored once.

        Args:
            vote: what the annotator said of the clip.
            number: how many votes the annotator had cast before.

        Returns:
            The draft, which may now be seen.

        Raises:
            RefusedError: another clip is asked now, as when the annotator has the page open twice.
            InputError: the vote says nothing, or cannot be used.
        """
        if not (vote.labels or vote.cannot_tell or vote.words.strip() or vote.valence is not None):
            raise InputError("this vote says nothing; choose a label, or say that you cannot tell")
        with self._turn:
            mine = [v for v in self.dataset.votes() if v.annotator == vote.annotator]
            if number >= len(mine) or mine[number].clip != vote.clip:
                question = self.question(vote.annotator)
                if question is None or question.number != number or question.clip.id != vote.clip:
                    raise RefusedError(409, "moved-on", "another clip is asked by now; the page shows it")
                asked = question.asked
                asked_of = replace(vote, round=asked.round, purpose=asked.purpose, shown=list(asked.shown))
                self.dataset.vote(replace(asked_of, drafts_shown=question.draft is not None, time=now()))
        return self.dataset.drafts().get(vote.clip)

    def undo(self, annotator: str) -> bool:
        """Takes back the last vote of an annotator, whose clip is then asked again; ``False`` when there is none."""
        with self._turn:
            mine = [vote for vote in self.dataset.votes() if vote.annotator == annotator]
            if mine:
                self.dataset.undo(mine[-1].id)
            return bool(mine)

    def clip(self, name: str) -> tuple[Cut, Recording]:
        """A clip that may be labelled, and its recording.

        Raises:
            RefusedError: there is no such clip.
        """
        found = self._clips().get(name)
        if found is None:
            raise RefusedError(404, "no-clip", "there is no such clip to label")
        return found, self.recording(found)

    def open_to_all(self, recording: Recording) -> bool:
        """Whether all of a recording may be seen. Where somebody in it did not agree, only the clips of others are shown."""
        people, day = self.dataset.people(), date.today()
        return all(
            self._allowed(ground(clip, recording, people, "label", day))
            for clip in self.dataset.clips()
            if clip.recording == recording.id
        )

    def recording(self, clip: Cut) -> Recording:
        """The recording of a clip."""
        return next(r for r in self.dataset.recordings() if r.id == clip.recording)

    def _clips(self) -> Mapping[str, Cut]:
        """{id: clip} of the clips that may be labelled today."""
        recordings, people = {r.id: r for r in self.dataset.recordings()}, self.dataset.people()
        allowed = {}
        for clip in self.dataset.clips(usable=True):
            if self._allowed(ground(clip, recordings[clip.recording], people, "label", date.today())):
                allowed[clip.id] = clip
        return allowed

    def _allowed(self, why: Ground) -> bool:
        return why in USABLE or (self.plan.anyone and why != "withdrawn")

    def _pool(self) -> list[Asked]:
        """All questions: what was drawn for labelling where something was, else every clip. Gold clips are known already."""
        clips, draws = self._clips(), self.dataset.draws()
        rounds = {draw.clip: draw.round for draw in draws} if draws else dict.fromkeys(clips, 0)
        found = []
        for name, number in rounds.items():
            if name in clips and name not in self.plan.gold:
                found += [asked for mode in self.plan.modes for asked in _asked(clips[name], mode, number)]
        return found


def _asked(clip: Cut, mode: str, number: int) -> list[Asked]:
    there = tuple(clip.modalities)
    if mode == TOGETHER:
        return [Asked(clip.id, there, "vote", number)]
    return [Asked(clip.id, (mode,), "part", number)] if mode in there and len(there) > 1 else []
