"""Executing a statement again and again: what SQLAlchemy would do each time anew is done once."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Table, bindparam, insert, text, update

from . import models


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute ``statement`` for each row; nothing happens where there is none."""
    if rows:
        sql, order = _compiled(statement, connection.dialect)
        given: Any = [tuple(map(row.__getitem__, order)) for row in rows] if order else rows
        connection.exec_driver_sql(sql, given)


def one(connection: Connection, statement: Any, row: dict[str, Any]) -> CursorResult[Any]:
    """Execute ``statement`` with the parameters ``row``."""
    sql, order = _compiled(statement, connection.dialect)
    return connection.exec_driver_sql(sql, tuple(map(row.__getitem__, order)) if order else row)


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
