"""Executing a statement again and again: what SQLAlchemy would do each time anew is done once."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, text, update
from sqlalchemy.exc import DBAPIError

from . import models


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> int:
    """Execute ``statement`` for each row; return how many rows of the database that touched.

    The driver is asked itself: SQLAlchemy's way there costs several times what SQLite's answer does. What it
    raises is a DBAPIError as ever, but for the data, which is nobody's business in a log.
    """
    if not rows:
        return 0
    dialect = connection.dialect
    sql, order = _compiled(statement, dialect)
    given: list[Any] = [tuple(map(row.__getitem__, order)) for row in rows] if order else rows
    cursor = connection.connection.cursor()
    try:
        if len(given) == 1:
            cursor.execute(sql, given[0])
        else:
            cursor.executemany(sql, given)
        return cursor.rowcount
    except dialect.loaded_dbapi.Error as error:
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, base, True, dialect=dialect) from error
    finally:
        cursor.close()


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return the statement as the driver takes it, and the order of its parameters if they have one."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def inserting(model: type[models.Base]) -> Any:
    """Return what inserts a row, with parameters as :func:`updating` has them."""
    table = cast(Table, model.__table__)
    return insert(table).values({column.key: bindparam(f"b_{column.key}") for column in table.c})


def updating(model: type[models.Base], columns: Iterable[str], *keys: str) -> Any:
    """Return what updates ``columns`` of the row with these ``keys``: parameters are named ``b_<column>``."""
    table = cast(Table, model.__table__)
    matched = (table.c[key] == bindparam(f"b_{key}") for key in keys)
    return update(table).where(*matched).values({name: bindparam(f"b_{name}") for name in columns})


def delete_fields(
    connection: Connection, model: type[models.Base], fields: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    """Delete ``fields`` of nodes that are kept apart: each row has a ``run`` and a list of ``idxs``."""
    among, given = "= ANY(:idxs)", rows
    if connection.dialect.name == "sqlite":
        among, given = (
            "IN (SELECT value FROM json_each(:idxs))",
            [each | {"idxs": str(each["idxs"])} for each in rows],
        )
    many(connection, _deleting(model.__tablename__, tuple(fields), among), given)


@lru_cache
def _deleting(table: str, fields: tuple[str, ...], among: str) -> Any:
    named = ", ".join(map(repr, fields))
    return text(f"DELETE FROM {table} WHERE run = :run AND idx {among} AND field IN ({named})")
