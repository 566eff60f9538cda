"""How the tables of a store of people came to be: one file of Alembic for each version, the oldest first."""
