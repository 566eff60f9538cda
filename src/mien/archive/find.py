"""Finds moments in a folder of results: a wish in words becomes a query with parameters for DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.archive.folder import Results
from mien.archive.wishes import Condition, conditions
from mien.errors import InputError
from mien.report.moments import Moment

if TYPE_CHECKING:
    import duckdb

_COLUMNS = 'source, start, "end", who, text, label, probability, uncertain'


@dataclass(frozen=True)
class Query:
    """A query: SQL with a ``?`` for each of the parameters. Nothing that a user wrote stands in the SQL itself."""

    results: Results
    where: str
    parameters: Sequence[Any]
    limit: int

    @property
    def text(self) -> str:
        """The query with its parameters, to run it elsewhere."""
        values = ", ".join(
            _literal(value) for value in (str(parts(self.results, "segments")), *self.parameters, self.limit)
        )
        return f"PREPARE moments AS {self.select};\nEXECUTE moments({values});"

    @property
    def select(self) -> str:
        """The SQL that finds the moments, surest first."""
        order = "probability DESC, source, segment"
        return f"SELECT {_COLUMNS} FROM read_parquet(?) WHERE {self.where} ORDER BY {order} LIMIT ?"  # noqa: S608 - ours


def query(results: Results, wish: str, limit: int) -> Query:
    """The query for a wish, see ``mien.archive.wishes``.

    Raises:
        InputError: a word of the wish is unknown.
    """
    found: list[Condition] = conditions(wish)
    where = " AND ".join(f"({condition.sql})" for condition in found)
    return Query(results, where, [value for condition in found for value in condition.values], limit)


def moments(asked: Query) -> tuple[list[Moment], int]:
    """The moments that fit, surest first, and how many there are in all.

    Raises:
        InputError: the tables cannot be read.
    """
    files = str(parts(asked.results, "segments"))
    found = rows(asked.select, [files, *asked.parameters, asked.limit])
    counting = f"SELECT count(*) FROM read_parquet(?) WHERE {asked.where}"  # noqa: S608 - ours; values are parameters
    ((count,),) = rows(counting, [files, *asked.parameters])
    return [Moment(*row) for row in found], int(count)


def parts(results: Results, kind: str) -> Path:
    """The pattern that names all parts of a table, "segments" or "read" (one row a clip).

    Raises:
        InputError: there is no part yet.
    """
    folder = results.root / kind
    if not any(folder.glob("part-*.parquet")):
        raise InputError(f"'{results.root}' has no read clips yet; run mien analyze to its end first")
    return folder / "part-*.parquet"


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What DuckDB answers. It keeps nothing, loads no extension, and reaches no network.

    Raises:
        InputError: the tables cannot be read.
    """
    import duckdb

    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as door:
        return _answer(door, sql, parameters)


def _answer(door: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        return door.execute(sql, list(parameters)).fetchall()
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        said = str(error).splitlines()[0]
        raise InputError(f"the tables cannot be read ({said}); run mien analyze again with a new folder") from error


def _literal(value: object) -> str:
    """A parameter as SQL writes it."""
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
