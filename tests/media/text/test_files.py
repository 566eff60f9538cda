from __future__ import annotations

import os
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.media.text.files import read_text

LARGEST = 10**6
OLD = [
    ("cp1252", "I don’t like this — it’s awful…"),
    ("cp1252", "¿Qué pasó, señor? Mañana será otro día."),
    ("cp1250", "Jestem bardzo szczęśliwy, że cię widzę"),
    ("cp1251", "Что случилось? Почему ты плачешь?"),
    ("cp1253", "Είμαι πολύ χαρούμενος"),
    ("cp1255", "אני מאוד שמח לראות אותך"),
    ("cp1256", "أنا سعيد جدا برؤيتك"),
    ("cp874", "วันนี้ฉันมีความสุขมาก"),
    ("koi8-r", "Я очень рад тебя видеть"),
    ("gb18030", "我今天非常高兴，你为什么这样"),
    ("big5", "我今天非常高興，你為什麼這樣"),
    ("cp932", "今日はとても嬉しいです"),
    ("euc_jp", "今日はとても嬉しいです"),
    ("cp949", "오늘 정말 기분이 좋아요"),
]


def write(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_without_a_word(tmp_path: Path, encoding: str) -> None:
    found = read_text(write(tmp_path, "café\r\n好\r".encode(encoding)), LARGEST)
    assert found == ("café\n好\n", ())


@pytest.mark.parametrize(("encoding", "text"), OLD)
def test_older_encodings_are_guessed_and_told(tmp_path: Path, encoding: str, text: str) -> None:
    content, notices = read_text(write(tmp_path, f"1\n00:01 --> 00:02\n{text}\n".encode(encoding)), LARGEST)
    assert text in content
    assert [n.code for n in notices] == ["encoding_guessed"]


def test_a_single_letter_is_read_as_in_western_europe(tmp_path: Path) -> None:
    assert read_text(write(tmp_path, b"caf\xe9"), LARGEST).content == "café"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "cp949"])
def test_one_bad_byte_spoils_one_character(tmp_path: Path, encoding: str) -> None:
    line = "오늘 정말 기분이 좋아요" if encoding == "cp949" else "我今天非常高兴，你为什么这样"
    good = f"{line}\n".encode(encoding)
    content, notices = read_text(write(tmp_path, good * 2 + b"a \xff b\n" + good * 2), LARGEST)
    assert content.split("\n")[:5] == [line, line, "a \ufffd b", line, line]
    assert notices[-1] == Notice("text_damaged", {"file": "a.txt", "count": 1})


@pytest.mark.parametrize("raw", [b"\x00\x01binary\x00", bytes(range(256)) * 10])
def test_what_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.txt' is not a text file"):
        read_text(write(tmp_path, raw), LARGEST)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", tmp_path):
        with pytest.raises(InputError, match="is not an ordinary file"):
            read_text(path, LARGEST)
    with pytest.raises(InputError, match=r"none\.txt' cannot be read: No such file"):
        read_text(tmp_path / "none.txt", LARGEST)
    with pytest.raises(InputError, match="is empty"):
        read_text(write(tmp_path, b" \n"), LARGEST)
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_text(write(tmp_path, b"a" * (LARGEST + 1)), LARGEST)
