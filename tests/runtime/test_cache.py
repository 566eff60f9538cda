from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mien.events import Notice
from mien.runtime import cache
from mien.runtime.cache import cache_folder, cached_folder, code_sha256, no_cache


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused before is no matter here."""
    monkeypatch.setattr(cache, "_refused", {})


def fill(draft: Path) -> None:
    (draft / "made.txt").write_text("made")


def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a made-up user number."""
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "MIEN_CACHE"):
        monkeypatch.delenv(name, raising=False)

    def nobody(_: int) -> None:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("pwd.getpwuid", nobody)


def test_the_cache_lies_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    assert (cached_folder("a/b", fill) / "made.txt").read_text() == "made"
    monkeypatch.delenv("MIEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mien"
    assert no_cache() is None


def test_a_user_without_a_home_has_a_folder_until_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    homeless(monkeypatch)
    assert no_cache() is None, "nothing is said before anybody needs it"
    found = cached_folder("a", fill)
    assert (found / "made.txt").read_text() == "made"
    assert found == cached_folder("a", lambda _: pytest.fail("it is made once"))
    assert no_cache() == Notice("no_cache", {"folder": "~/.cache/mien", "why": "nobody knows the home of this user"})


def test_a_file_in_place_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "taken"))
    assert (cached_folder("b", fill) / "made.txt").is_file()
    assert no_cache() == Notice("no_cache", {"folder": str(tmp_path / "taken"), "why": "File exists"})
    assert (tmp_path / "taken").read_text() == "a file"


def test_what_a_folder_that_cannot_be_written_holds_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    kept = cached_folder("kept", fill)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cached_folder("kept", fill) == kept
    assert tmp_path not in cached_folder("new", fill).parents
    notice = no_cache()
    assert notice is not None
    assert notice.values["why"] == "Permission denied"


def test_a_full_disk_costs_only_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))

    def full(draft: Path) -> None:
        if tmp_path in draft.parents:
            raise OSError(28, "No space left on device")
        fill(draft)

    assert (cached_folder("c", full) / "made.txt").is_file()
    assert list(tmp_path.iterdir()) == [], "no draft is left"
    assert no_cache() == Notice("no_cache", {"folder": str(tmp_path), "why": "No space left on device"})

    def fuller(draft: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        cached_folder("d", fuller)


def test_the_temporary_folder_goes_with_the_process(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    code = "from mien.runtime.cache import cache_folder; print(cache_folder())"
    env = os.environ | {"MIEN_CACHE": str(tmp_path / "taken"), "TMPDIR": str(tmp_path)}
    folder = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    assert Path(folder.strip()).parent == tmp_path
    assert os.listdir(tmp_path) == ["taken"]


def test_code_is_known_by_its_source() -> None:
    assert code_sha256("mien.runtime") != code_sha256("mien.runtime.cache")
    assert code_sha256("mien.runtime") == code_sha256("mien.runtime")
    with pytest.raises(ModuleNotFoundError, match="there is no module"):
        code_sha256("mien.runtime.none")


@pytest.mark.parametrize("harm", ["flip", "zero", "cut", "gone", "sums", "old", "more"])
def test_a_damaged_entry_is_made_again_and_told_once(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "_checked", set())
    monkeypatch.setattr(cache, "_healed", set())
    made = cached_folder("a/b", fill) / "made.txt"
    if harm in ("gone", "old"):
        (made if harm == "gone" else made.parent / "sums.json").unlink()
    elif harm == "more":
        (made.parent / "other.txt").write_text("x")
    else:
        file = made.parent / "sums.json" if harm == "sums" else made
        file.write_bytes({"flip": b"mbde", "zero": b"\0\0\0\0", "cut": b"ma", "sums": b"{"}[harm])
    assert cached_folder("a/b", lambda _: pytest.fail("it is looked at once in a process")).is_dir()
    monkeypatch.setattr(cache, "_checked", set())  # as in the next process
    assert (cached_folder("a/b", fill) / "made.txt").read_text() == "made"
    assert cache.healed() == Notice("cache_healed", {"count": 1})
    monkeypatch.setattr(cache, "_healed", set())
    cached_folder("a/b", lambda _: pytest.fail("it is whole now"))
    assert cache.healed() is None


def test_drafts_of_killed_processes_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    code = f"""
import os, signal
from mien.runtime.cache import cached_folder
os.environ["MIEN_CACHE"] = {str(tmp_path)!r}
cached_folder("x/killed", lambda draft: os.kill(os.getpid(), signal.SIGKILL))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert len(list((tmp_path / "x").glob(".draft-*"))) == 1
    (tmp_path / "x" / ".draft-00000000-1-abc").mkdir()  # of another machine

    def look(draft: Path) -> None:
        fill(draft)
        assert sorted(p.name[:16] for p in draft.parent.glob(".draft-*"))[0] == ".draft-00000000-"
        assert len(list(draft.parent.glob(".draft-*"))) == 2, "its own, and that of another machine"

    cached_folder("x/new", look)
