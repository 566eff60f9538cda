"""The first tables of a store of people. Such a database was made whole, so there is nothing to do."""

from __future__ import annotations

revision = "mien.sessions.1"
down_revision = None
