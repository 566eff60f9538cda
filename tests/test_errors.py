from __future__ import annotations

from mien.errors import InputError, explain, harmless


def test_a_message_cannot_steer_the_terminal() -> None:
    error = InputError("there is no file 'a\x1b]0;owned\x07\x1b[2Jb\r\n\u202egpj.mp4\u2028'")
    assert str(error) == "there is no file 'a ]0;owned  [2Jb   gpj.mp4 '"
    assert explain(error) == str(error)
    assert "\x1b" not in explain(FileNotFoundError(2, "No such file", "a\x1b[31m"))
    assert "\x1b" not in explain(RuntimeError("a\x1b[31m"))


def test_a_very_long_message_loses_its_middle() -> None:
    said = str(InputError("a" * 10**6 + "end"))
    assert len(said) < 2100
    assert said.endswith("end")


def test_words_of_any_script_stay() -> None:
    for text in ("नमस्ते 👩‍👩‍👧 我很高兴", "مرحبا"):
        assert harmless(text) == text
