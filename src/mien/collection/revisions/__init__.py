"""How the tables of a set came to be: one file of Alembic for each version, the oldest first."""
