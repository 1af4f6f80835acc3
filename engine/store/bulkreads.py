"""What pages are told of bulks (see :mod:`.bulks`).

Bulk   id, at, by, why, state (RUNNING, DONE, STOPPED), total, filter, stopped ({"at", "by"} or null),
       finished, outcomes (how many runs, by outcome; "waiting": nothing was done about them yet), runs (of
       those that it made how many are in which state)
Item   position, run, name, outcome, new_run, state (of the new run), message
"""

import json
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from .database import Store
from .models import DISCARDED, Bulk, BulkItem, Run
from .summaries import mark

WAITING = "waiting"  # has no outcome yet

_Row: TypeAlias = Any  # a row, whose columns are attributes


def bulks(store: Store, *, limit: int = 50, before: float | None = None) -> dict[str, Any]:
    """Return ``{"bulks": [Bulk, ...], "next": moment | None}``, newest first; ``before=next``: the rest."""
    query = select(Bulk.__table__).order_by(Bulk.at.desc(), Bulk.id)
    if before is not None:
        query = query.where(Bulk.at < before)
    with store.read() as connection:
        rows = connection.execute(query.limit(limit + 1)).all()
        page = [_told(connection, row) for row in rows[:limit]]
    return {"bulks": page, "next": page[-1]["at"] if len(rows) > limit and page else None}


def bulk(store: Store, bulk_id: str) -> dict[str, Any] | None:
    """Return the Bulk of this id."""
    with store.read() as connection:
        row = connection.execute(select(Bulk.__table__).where(Bulk.id == bulk_id)).one_or_none()
        return None if row is None else _told(connection, row)


def items(
    store: Store, bulk_id: str, *, outcome: str | None = None, after: int = -1, limit: int = 100
) -> dict[str, Any]:
    """Return ``{"items": [Item, ...], "next": position | None}`` in order; ``after=next`` gives the rest."""
    old, new = aliased(Run), aliased(Run)
    query = (
        select(BulkItem.__table__, old.name, new.state)
        .outerjoin(old, old.id == BulkItem.run)
        .outerjoin(new, new.id == BulkItem.new_run)
        .where(BulkItem.bulk == bulk_id, BulkItem.position > after)
    )
    if outcome == WAITING:
        query = query.where(BulkItem.outcome.is_(None))
    elif outcome:
        query = query.where(BulkItem.outcome == outcome)
    with store.read() as connection:
        rows = connection.execute(query.order_by(BulkItem.position).limit(limit + 1)).all()
    names = ("position", "run", "name", "outcome", "new_run", "state", "message")
    page = [{name: getattr(row, name) for name in names} for row in rows[:limit]]
    return {"items": page, "next": page[-1]["position"] if len(rows) > limit and page else None}


def _told(connection: Connection, row: _Row) -> dict[str, Any]:
    names = ("id", "at", "by", "why", "state", "total", "finished")
    return {name: getattr(row, name) for name in names} | {
        "filter": json.loads(row.filter),
        "stopped": mark(row.stopped_at, row.stopped_by),
        "outcomes": _outcomes(connection, row.id),
        "runs": _runs(connection, row.id),
    }


def _outcomes(connection: Connection, bulk_id: str) -> dict[str, int]:
    query = select(BulkItem.outcome, func.count()).where(BulkItem.bulk == bulk_id)
    return {row[0] or WAITING: row[1] for row in connection.execute(query.group_by(BulkItem.outcome))}


def _runs(connection: Connection, bulk_id: str) -> dict[str, int]:
    query = select(Run.state, func.count()).join(BulkItem, BulkItem.new_run == Run.id)
    mine = query.where(BulkItem.bulk == bulk_id, Run.state != DISCARDED).group_by(Run.state)
    return {row[0]: row[1] for row in connection.execute(mine)}
