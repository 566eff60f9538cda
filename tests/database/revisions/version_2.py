"""Things get a size. The table is made anew, so it also tells whether those that refer to it survive."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, String

revision = "mien.test.2"
down_revision = "mien.test.1"


def upgrade() -> None:
    """Adds the column."""
    with op.batch_alter_table("things", recreate="always") as things:
        things.add_column(Column("size", Integer, nullable=False, server_default="7"))
        things.alter_column("name", existing_type=String(), nullable=True)
