"""A chat that adapts its answers to what is expressed, by a rule: ``python examples/chat.py [LINE ...]``.

A rule and a threshold decide, so that everybody can see why an answer came. docs/turns.md shows how often it is right.
"""

import asyncio
import sys

from mien import Analyzer
from mien.turns import Turn, Turns
from mien.types import Clip

SURE = 0.6
LINES = [
    "Hello, where is my order?",
    "I am so angry with you! I hate waiting!",
    "Oh, it is here. Thank you, I love it!",
]


def answer(turn: Turn) -> str:
    """What is said after a turn. Nobody is told what they feel, and nobody is refused anything."""
    if turn.sure("angry", SURE):
        return "I am sorry about this. Shall I hand over to a person?"
    if turn.sure("happy", SURE):
        return "That is good to hear!"
    return "I see. Tell me more."


async def main(lines: list[str]) -> None:
    """Answers each line."""
    analyzer = Analyzer()  # its models stay loaded
    print("This is an AI. It reads what your words express.")
    for line in lines:
        turns = [turn async for turn in Turns(Clip("chat", text=line), analyzer)]
        heard = next((turn for turn in turns if turn.sure("angry", SURE)), turns[-1])  # of several sentences
        print(f"> {line}\n({heard.label} {heard.scores[heard.label]:.0%}) {answer(heard)}")
    for limit in Turns.limits():
        print(f"Not: {limit}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or LINES))
