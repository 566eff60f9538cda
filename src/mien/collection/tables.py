"""The tables of ``set.db``. Column names are the names of the fields in ``mien.collection.rows``."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from mien.database.schema import Schema

META = MetaData()


def _clip(primary: bool = False) -> Column[str]:
    """The clip that a row is about. When the clip is removed, so is the row."""
    return Column(
        "clip",
        String,
        ForeignKey("clips.id", ondelete="CASCADE"),
        primary_key=primary,
        nullable=False,
        index=not primary,
    )


recordings = Table(
    "recordings",
    META,
    Column("id", Integer, primary_key=True),
    Column("path", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String, nullable=False, unique=True),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("kind", String, nullable=False, default=""),
    Column("licence", String, nullable=False, default=""),
    Column("why", String, nullable=False, default=""),
    Column("collected", String, nullable=False),
)

people = Table(
    "people",
    META,
    Column("person", String, primary_key=True),
    Column("gender", String, nullable=False, default=""),
    Column("age", String, nullable=False, default=""),
    Column("scope", String, nullable=False, default=""),
    Column("until", String, nullable=True),
    Column("withdrawn", String, nullable=True),
    Column("reference", String, nullable=False, default=""),
)

clips = Table(
    "clips",
    META,
    Column("id", String, primary_key=True),
    Column("recording", Integer, ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("start", Float, nullable=True),
    Column("end", Float, nullable=True),
    Column("who", String, nullable=False, default=""),
    Column("person", String, nullable=False, index=True),
    Column("text", String, nullable=False, default=""),
    Column("language", String, nullable=False, default=""),
    Column("words", JSON, nullable=False),
    Column("modalities", JSON, nullable=False),
    Column("quality", JSON, nullable=False),
    Column("refused", JSON, nullable=False),
    Column("kin", String, nullable=False, index=True),
    Column("split", String, nullable=False, default=""),
)

fingerprints = Table(
    "fingerprints",
    META,
    _clip(primary=True),
    Column("kind", String, primary_key=True),
    Column("bits", LargeBinary, nullable=False),
)

states = Table(
    "states",
    META,
    _clip(primary=True),
    Column("modality", String, primary_key=True),
    Column("bundle", String, nullable=False),
    Column("values", LargeBinary, nullable=False),
)

drafts = Table(
    "drafts",
    META,
    _clip(primary=True),
    Column("bundle", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("label", String, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("opinions", JSON, nullable=False),
    Column("valence", Float, nullable=True),
    Column("arousal", Float, nullable=True),
    Column("uncertain", Boolean, nullable=False, default=False),
)

draws = Table(
    "draws",
    META,
    Column("round", Integer, primary_key=True),
    _clip(primary=True),
    Column("position", Integer, nullable=False),
    Column("why", String, nullable=False),
    UniqueConstraint("round", "position"),
)

votes = Table(
    "votes",
    META,
    Column("id", Integer, primary_key=True),
    _clip(),
    Column("annotator", String, nullable=False, index=True),
    Column("round", Integer, nullable=False, default=0),
    Column("labels", JSON, nullable=False),
    Column("valence", Float, nullable=True),
    Column("arousal", Float, nullable=True),
    Column("words", String, nullable=False, default=""),
    Column("cannot_tell", Boolean, nullable=False, default=False),
    Column("comment", String, nullable=False, default=""),
    Column("start", Float, nullable=True),
    Column("end", Float, nullable=True),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("drafts_shown", Boolean, nullable=False, default=False),
    Column("purpose", String, nullable=False, default="vote"),
    Column("shown", JSON, nullable=False, default=list),
    Column("time", String, nullable=False),
    Column("undone", String, nullable=True),
)

SCHEMA = Schema("mien.set", 2, META, Path(__file__).with_name("revisions"))
"""Raise the version with every change of a table, and add the step that changes older files."""
