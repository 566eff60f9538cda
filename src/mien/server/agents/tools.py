"""The Model Context Protocol server of ``mien mcp``: tools with which agents read the files that a user has allowed."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from mien import __version__
from mien.errors import InputError, closest, explain, is_mistake, of_the_clip
from mien.events import finish
from mien.server.agents import answers
from mien.server.agents.allowed import Allowed
from mien.server.agents.answers import ClipTold, FilesTold, MomentsTold, ReasonsTold
from mien.workflows.explain_clip import explain_moment
from mien.workflows.llms.served import ServedLlm

if TYPE_CHECKING:
    from mien.pipeline import Analyzer
    from mien.timeline import Timeline
    from mien.workflows.llms.ask import LlmOptions

_ABOUT = (
    "Reads the emotion that people express in their words, voice and face, in files of this machine. {how} "
    "'files' lists what may be read. 'analyze' reads one file, 'moments' finds where a label is expressed in one or in all "
    "files, and 'explain' says why a moment was answered as it was. The first question about a file takes longest. Labels: "
    "{labels}. " + answers.CAUTION
)
_OFFLINE = "It works offline."
_HINTS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_LISTED = 200  # files that are listed at once
_KEPT = 32  # timelines that are kept, so that a second question about a file is answered at once
T = TypeVar("T")
File = Annotated[str, Field(description="The name of a file, as 'files' lists it.")]


class Tools:
    """What agents can ask. One question is answered at a time, because there is one bundle in memory.

    Args:
        analyzer: reads clips.
        allowed: the files that may be read.
        llm: the language model that is asked, too; ``None`` for none.
    """

    def __init__(self, analyzer: Analyzer, allowed: Allowed, llm: ServedLlm | None = None) -> None:
        self._analyzer, self._allowed, self._llm = analyzer, allowed, llm
        self._known: OrderedDict[tuple[Path, int, int], Timeline] = OrderedDict()
        self._lock = Lock()

    def files(
        self, folder: Annotated[str, Field(description="A folder among them; all folders without it.")] = ""
    ) -> FilesTold:
        """Lists the videos, sounds, pictures and texts that may be read."""

        def work() -> FilesTold:
            names = [self._allowed.name(path) for path in self._allowed.files(folder)]
            return FilesTold(files=names[:_LISTED], left_out=len(names[_LISTED:]))

        return self._told(work)

    def analyze(
        self,
        file: Annotated[str | None, Field(description="The name of a file, as 'files' lists it.")] = None,
        text: Annotated[str | None, Field(description="Words, in place of a file.", max_length=100_000)] = None,
        start: Annotated[float, Field(ge=0, description="Seconds; earlier moments are left out.")] = 0.0,
        most: Annotated[int, Field(ge=1, le=500, description="How many moments at most.")] = 50,
    ) -> ClipTold:
        """Reads what is expressed in a file or in a text, moment by moment."""

        def work() -> ClipTold:
            if (file is None) == (text is None):
                raise InputError("give a 'file', as 'files' lists it, or a 'text', and not both")
            if file is None:
                return answers.clip("text", self._read(None, text), start, most)
            path = self._allowed.file(file)
            return answers.clip(self._allowed.name(path), self._timeline(path), start, most)

        return self._told(work)

    def moments(
        self,
        label: Annotated[str, Field(description="What is sought, as 'angry' or 'happy'.")],
        file: Annotated[str, Field(description="A file or a folder; all files without it.")] = "",
        by: Annotated[
            Literal["text", "voice", "face"] | None,
            Field(
                description="Judge by words, voice or face alone: 'face' finds who looks angry. Else by all together."
            ),
        ] = None,
        least: Annotated[float, Field(ge=0, le=1, description="The least probability.")] = 0.5,
        most: Annotated[int, Field(ge=1, le=100, description="How many moments at most.")] = 20,
    ) -> MomentsTold:
        """Finds the moments at which somebody most probably expresses something, the clearest first."""

        def work() -> MomentsTold:
            labels = self._analyzer.task.labels
            if label not in labels:
                raise InputError(f"there is no label '{label}'; {closest(label, labels)}")
            found, skipped, paths = [], list[str](), self._allowed.files(file)
            for path in paths:
                name = self._allowed.name(path)
                try:
                    predictions = self._timeline(path).predictions
                except Exception as error:
                    if not of_the_clip(error):
                        raise
                    skipped.append(f"{name}: {explain(error)}")
                    continue
                found += [(answers.probability(p, label, by), name, p) for p in predictions]
            clear = sorted((one for one in found if one[0] >= least), key=lambda one: -one[0])
            told = [answers.moment(name, p, sought) for sought, name, p in clear[:most]]
            return MomentsTold(moments=told, left_out=len(clear[most:]), files=len(paths), skipped=skipped)

        return self._told(work)

    def explain(
        self,
        file: File,
        at: Annotated[float | None, Field(ge=0, description="Seconds; without it, the clearest moment.")] = None,
        who: Annotated[str | None, Field(description="The person, as person-2.")] = None,
        label: Annotated[str | None, Field(description="Explain this label in place of the answer.")] = None,
    ) -> ReasonsTold:
        """Says why one moment of a file was answered as it was: which input, words, sounds and regions counted."""

        def work() -> ReasonsTold:
            path = self._allowed.file(file)
            asker = None if self._llm is None else self._llm.asker(explaining=True)
            found = finish(explain_moment(self._analyzer, path, at=at, who=who, label=label, asker=asker))
            return answers.reasons(self._allowed.name(path), found)

        return self._told(work)

    def _told(self, work: Callable[[], T]) -> T:
        """The answer, or the sentence of a mistake. The agent reads it and can do better."""
        with self._lock:
            try:
                return work()
            except Exception as error:
                if is_mistake(error):
                    raise ToolError(explain(error)) from error
                raise

    def _timeline(self, path: Path) -> Timeline:
        status = path.stat()
        key = (path, status.st_mtime_ns, status.st_size)
        if key not in self._known:
            self._known[key] = self._read(path)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[key]

    def _read(self, path: Path | None, text: str | None = None) -> Timeline:
        stream = self._analyzer.stream(path, text=text)
        return finish(stream if self._llm is None else self._llm.joined(stream, self._analyzer.bundle.positions))


def server(analyzer: Analyzer, roots: Sequence[Path], llm: LlmOptions | None = None) -> MCPServer:
    """The server with its tools.

    Raises:
        InputError: a root is no folder.
    """
    served = None if llm is None else ServedLlm(llm, analyzer.task.labels)
    how = _OFFLINE if llm is None else f"A language model ({llm.model}) is asked about each moment, too."
    about = _ABOUT.format(how=how, labels=", ".join(analyzer.task.labels))
    tools = Tools(analyzer, Allowed(roots), served)
    found = MCPServer("mien", version=__version__, instructions=about, log_level="WARNING")
    for tool in (tools.files, tools.analyze, tools.moments, tools.explain):
        found.tool(annotations=_HINTS)(tool)
    return found


def run(analyzer: Analyzer, roots: Sequence[Path], llm: LlmOptions | None = None) -> None:
    """Answers on standard input and output until the input ends.

    Args:
        analyzer: reads clips.
        roots: the folders that may be read.
        llm: the language model that is asked, too; ``None`` for none.

    Raises:
        InputError: a root is no folder.
    """
    found = server(analyzer, roots, llm)
    # Libraries write to standard output, which here belongs to the protocol.
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = open(kept, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
    found.run("stdio")
