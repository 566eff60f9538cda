"""The first tables of ``test_database``."""

from __future__ import annotations

revision = "mien.test.1"
down_revision = None
