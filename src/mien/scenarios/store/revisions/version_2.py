"""Alembic's own table says the version. The one that did before goes."""

from __future__ import annotations

from alembic import op

from mien.database.schema import FIRST

revision = "mien.sessions.2"
down_revision = "mien.sessions.1"


def upgrade() -> None:
    """Removes the table that said kind and version."""
    op.drop_table(FIRST)
