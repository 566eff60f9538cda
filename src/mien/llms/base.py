"""What a back end of a large language model is: it answers one question with text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mien.registry import Family

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Text:
    """Words of a message."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A picture of a message: the bytes of a JPEG file."""

    jpeg: bytes


@dataclass(frozen=True)
class Sound:
    """A sound of a message: the bytes of a WAV file."""

    wav: bytes


Part = Text | Picture | Sound


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Capabilities:
    """What a model takes, and what its server gives.

    Attributes:
        image: whether messages may hold pictures.
        audio: whether messages may hold sound.
        json_schema: whether the server holds answers to a JSON schema.
        logprobs: whether the server tells the probabilities of tokens.
    """

    image: bool = False
    audio: bool = False
    json_schema: bool = False
    logprobs: bool = False


@dataclass(frozen=True)
class Question:
    """What a back end is asked.

    Attributes:
        messages: the conversation; the last message is the user's.
        schema: JSON schema of the answer: one flat object of strings, enumerations and lists of these.
        temperature: 0 for the most probable answer.
        seed: of the sampling. Servers may ignore it.
        tokens: longest answer.
        logprobs: whether the probabilities of tokens are wanted.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    temperature: float = 0.0
    seed: int = 0
    tokens: int = 400
    logprobs: bool = False


class Token(NamedTuple):
    """A token of an answer, and the log probabilities of the tokens that could stand in its place, with its own."""

    text: str
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        text: what the model wrote.
        tokens: its tokens with their probabilities; empty where they were not asked for or are not given.
        read, written: tokens of the question and of the answer; ``None`` where the server does not count them.
        seconds: how long it took.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    read: int | None = None
    written: int | None = None
    seconds: float = 0.0


class UnansweredError(Exception):
    """A question got no answer, although the server works: it was refused, or took too long. Others may be answered.

    Attributes:
        why: what the server said, for people.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Llm(ABC):
    """A large language model. ``ask`` may be called by several threads at once.

    Attributes:
        model: its name.
        place: where it runs: the address of a server, or "here".
        remote: whether questions leave this machine.
        at_once: how many questions it takes at the same time.
    """

    model: str
    place: str
    remote: bool = False
    at_once: int = 1

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do. It may be asked for that, so the first call may take a while.

        Raises:
            InputError: the server cannot be reached, or does not know the model.
        """

    @abstractmethod
    def ask(self, question: Question) -> Reply:
        """The answer to a question.

        Raises:
            InputError: no question can be answered: the server cannot be reached, or refuses the key or the model.
            UnansweredError: this question got no answer.
        """

    def close(self) -> None:
        """Ends what is under way, and lets go of everything. Questions under way raise ``UnansweredError``."""
        return  # most back ends hold nothing


llms: Family[Llm] = Family("llms", "mien.llms")
