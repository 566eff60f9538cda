from __future__ import annotations

from pathlib import Path

from mien.training.run import Log


def test_what_was_logged_is_on_disk_before_anything_else_is_done(tmp_path: Path) -> None:
    """A kill takes nothing that came before a checkpoint, or the curve would have a hole."""
    with Log(tmp_path) as log:
        log.scalar("train/loss", 0.5, 1)
        assert (tmp_path / "scalars.csv").read_text(encoding="utf-8") == "1,train/loss,0.5\n"
