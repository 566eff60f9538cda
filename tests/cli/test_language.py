"""The command line speaks the language that is asked for, or that of the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mien.cli.language import spoken


@pytest.mark.parametrize(
    ("arguments", "environment", "name"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh-Hans"}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "fr_FR.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        (["analyze", "a.mp4", "--lang", "zh"], {"LANG": "en_US.UTF-8"}, "zh"),
        (["--lang=en", "analyze"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["analyze", "--lang", "xx"], {"LANG": "zh_CN.UTF-8"}, "zh"),
        (["analyze", "--lang"], {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_that_of_the_terminal(
    arguments: list[str], environment: dict[str, str], name: str
) -> None:
    assert spoken(arguments, environment) == name


def mien(*arguments: str, **environment: str) -> str:
    silent = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    command = [sys.executable, "-m", "mien", *arguments]
    environment = {**silent, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment).stdout.decode()


def test_table_warnings_and_notes_are_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    told = mien("analyze", "--text", "I love it. とても嬉しいです。", LANG="zh_CN.UTF-8", MIEN_CACHE=str(tmp_path))
    for part in ("表达的情绪", "text：以高兴（9", "请注意：有些话不是文字模型懂得的语言", "仅限非商业用途"):
        assert part in told
    asked = mien("analyze", "--text", "I love it.", "--lang", "en", LANG="zh_CN.UTF-8")
    assert "text: mostly happy" in asked


def test_an_explanation_is_in_the_language_that_is_asked_for() -> None:
    told = mien("explain", "--text", "I am so happy", "--lang=zh")
    for part in ("高兴 9", "文字中的依据", "答案是怎样得出的", "没有：语音、面部。", "模型卡：mien card research"):
        assert part in told
    assert "How the answer" not in told


def test_the_language_may_stand_before_the_verb() -> None:
    assert "高兴" in mien("--lang", "zh", "analyze", "--text", "I love it.")
    assert "离线读取" in mien("--lang", "zh", "--help")
    assert mien("--lang", "xx", "analyze", "--text", "I love it.") == ""
