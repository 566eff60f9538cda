"""The help of every verb and option, in English and in Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from mien.cli import app
from mien.cli.language import translated

from ..conftest import ROOT
from .test_language import mien

TRANSLATED = tomllib.loads((ROOT / "src/mien/cli/help_zh.toml").read_text(encoding="utf-8"))


def helps(command: Any) -> Iterator[str]:
    yield command.help or ""
    for parameter in command.get_params(command.context_class(command)):
        if parameter.param_type_name == "option" or getattr(parameter, "help", None):
            yield getattr(parameter, "help", None) or ""
    for verb in getattr(command, "commands", {}).values():
        yield from helps(verb)


def test_every_line_of_help_is_translated_and_none_is_left_over() -> None:
    assert set(helps(get_command(app))) == TRANSLATED.keys()
    assert set(helps(translated(get_command(app), "zh"))) == set(TRANSLATED.values())
    assert set(helps(translated(get_command(app), "en"))) == TRANSLATED.keys()


@pytest.mark.parametrize("arguments", [["-h"], ["analyze", "-h"], ["data", "check", "--help"]])
def test_help_is_in_the_language_of_the_terminal(arguments: list[str]) -> None:
    chinese, english = mien(*arguments, LANG="zh_CN.UTF-8"), mien(*arguments)
    assert "显示这段帮助并退出。" in chinese
    assert "Show this message and exit." in english
    assert len([line for line in chinese.splitlines() if any("\u4e00" <= c <= "\u9fff" for c in line)]) >= 4
    assert not any("\u4e00" <= c <= "\u9fff" for c in english)
