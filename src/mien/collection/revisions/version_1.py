"""The first tables of a set. Such a database was made whole, so there is nothing to do."""

from __future__ import annotations

revision = "mien.set.1"
down_revision = None
