"""The server for agents, asked by the protocol's own client, as a process of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mien import Analyzer
from mien.samples import demo_clip

mcp = pytest.importorskip("mcp", reason="needs the Model Context Protocol: pip install 'mien[mcp]'")
import anyio  # noqa: E402 - it comes with mcp

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip, a text, a broken file, and a link out of it."""
    folder = tmp_path_factory.mktemp("agents") / "allowed"
    folder.mkdir()
    shutil.copy(demo_clip(), folder / "talk.mp4")
    (folder / "notes.txt").write_text("I hate you! We won!")
    (folder / "broken.mp4").write_bytes(demo_clip().read_bytes()[:3000])
    secret = folder.parent / "secret.txt"
    secret.write_text("I love you!")
    (folder / "link.txt").symlink_to(secret)
    return folder


def ask(root: Path, questions: Callable[[Any], Awaitable[Any]]) -> Any:
    """What a client gets from a server process."""
    arguments = ["-m", "mien", "mcp", "--root", str(root), "--asr", "tiny.en"]
    process = mcp.StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))

    async def talk() -> Any:
        async with mcp.Client(process, read_timeout_seconds=120) as client:
            return await questions(client)

    return anyio.run(talk)


def test_agents_find_read_and_explain_moments(root: Path) -> None:
    async def questions(client: Any) -> Any:
        return [
            await client.list_tools(),
            await client.call_tool("files", {}),
            await client.call_tool("analyze", {"file": "talk.mp4"}),
            await client.call_tool("moments", {"label": "happy", "by": "face", "least": 0.5}),
            await client.call_tool("explain", {"file": "talk.mp4", "at": 5.0}),
            await client.call_tool("analyze", {"text": "We won!"}),
            await client.call_tool("analyze", {"file": "talk.mp4", "start": 3.0, "most": 1}),
        ]

    listed, files, clip, moments, reasons, words, few = ask(root, questions)
    assert {tool.name for tool in listed.tools} == {"files", "analyze", "moments", "explain"}
    assert files.structured_content == {"files": ["broken.mp4", "notes.txt", "talk.mp4"], "left_out": 0}
    assert all(tool.annotations.read_only_hint for tool in listed.tools)
    expected = Analyzer(asr="tiny.en").analyze(demo_clip())
    told = clip.structured_content
    assert [m["label"] for m in told["moments"]] == [p.label for p in expected.predictions]
    assert "cannot tell" in told["caution"]
    found = moments.structured_content
    assert found["files"] == 3
    assert [s.partition(":")[0] for s in found["skipped"]] == ["broken.mp4"]
    sought = sorted((p.opinions["face"]["happy"] for p in expected.predictions if "face" in p.opinions), reverse=True)
    assert len(found["moments"]) == sum(s >= 0.5 for s in sought) > 0
    assert {m["file"] for m in found["moments"]} == {"talk.mp4"}
    assert [m["sought"] for m in found["moments"]] == pytest.approx([s for s in sought if s >= 0.5], abs=1e-3)
    assert len(few.structured_content["moments"]) == 1
    assert few.structured_content["left_out"] == sum(p.span.end > 3.0 for p in expected.predictions) - 1
    why = reasons.structured_content
    assert why["moment"]["start"] <= 5.0 < why["moment"]["end"]
    assert set(why["contributions"]) == {"text", "voice", "face"}
    assert any(line.startswith("text: ") for line in why["evidence"])
    assert words.structured_content["label"] == "happy"


@pytest.mark.parametrize(
    "name", ["../secret.txt", "link.txt", "/etc/passwd", "none.mp4", "a" * 5000, "x\0y", "http://127.0.0.1/x"]
)
def test_nothing_outside_the_allowed_folders_is_read(root: Path, name: str) -> None:
    from mien.errors import InputError
    from mien.server.agents.allowed import Allowed

    with pytest.raises(InputError, match="that may be read; 'files' lists them"):
        Allowed([root]).file(name)


def test_mistakes_are_sentences_that_an_agent_can_read(root: Path) -> None:
    async def questions(client: Any) -> Any:
        return [
            await client.call_tool("moments", {"label": "hapy"}),
            await client.call_tool("analyze", {"file": "../secret.txt"}),
            await client.call_tool("analyze", {"file": "videos/Talk.MP4"}),
            await client.call_tool("analyze", {}),
        ]

    label, file, near, nothing = ask(root, questions)
    assert label.is_error
    assert "there is no label 'hapy'; did you mean 'happy'?" in label.content[0].text
    assert file.is_error
    assert "there is no file '../secret.txt' that may be read" in file.content[0].text
    assert "did you mean 'talk.mp4'?" in near.content[0].text
    assert "give a 'file', as 'files' lists it, or a 'text'" in nothing.content[0].text


def test_folders_have_to_be_named(tmp_path: Path) -> None:
    from mien.errors import InputError
    from mien.server.agents.allowed import Allowed

    with pytest.raises(InputError, match="each with --root"):
        Allowed([])
    with pytest.raises(InputError, match="names a folder"):
        Allowed([tmp_path / "none"])


def test_agents_get_what_a_language_model_says_too(root: Path) -> None:
    pytest.importorskip("httpx2")
    from mien.server.agents.allowed import Allowed
    from mien.server.agents.tools import Tools
    from mien.workflows.llms.ask import LlmOptions
    from mien.workflows.llms.served import ServedLlm
    from tests.llms.serving import said, served

    analyzer = Analyzer("research", asr="off")
    with served(lambda _: said("sad")) as server:
        llm = ServedLlm(LlmOptions(server.address, "m", can="json_schema"), analyzer.task.labels)
        tools = Tools(analyzer, Allowed([root]), llm)
        for moment in tools.analyze(file="notes.txt").moments:
            assert moment.asked is not None
            assert moment.asked.startswith("sad ")
            assert moment.asked.endswith("it claims: The words say so.")
        assert "llm" in tools.explain("notes.txt").contributions
        llm.close()
    assert Tools(analyzer, Allowed([root])).analyze(text="We won!").moments[0].asked is None
