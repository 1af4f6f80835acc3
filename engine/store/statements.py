"""Executing a statement for many rows: what SQLAlchemy would do for each of them anew is done once."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, bindparam, update

from . import models


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute ``statement`` for each row; what SQLAlchemy would do for each of them anew is done once."""
    if rows:
        sql, order = _compiled(statement, connection.dialect)
        given: Any = [tuple(map(row.__getitem__, order)) for row in rows] if order else rows
        connection.exec_driver_sql(sql, given)


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return the statement as the driver takes it, and the order of its parameters if they have one."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def updating(model: type[models.Base], columns: Iterable[str], *keys: str) -> Any:
    """Return what updates ``columns`` of the row with these ``keys``: parameters are named ``b_<column>``."""
    table = cast(Table, model.__table__)
    matched = (table.c[key] == bindparam(f"b_{key}") for key in keys)
    return update(table).where(*matched).values({name: bindparam(f"b_{name}") for name in columns})
