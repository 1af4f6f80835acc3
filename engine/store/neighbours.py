"""The tasks before and behind a node."""

from typing import Any

from sqlalchemy import Connection, func, select

from ..evidence import FINAL
from .models import Edge, Node

NEIGHBOURS = 100  # listed of one node, at most


def neighbours(
    connection: Connection,
    number: int,
    index: int,
    *,
    upwards: bool,
    open_only: bool = False,
    limit: int = NEIGHBOURS,
) -> tuple[list[dict[str, Any]], int]:
    """Return the first neighbours and how many there are; a join is looked through.

    ``open_only``: only those that have not ended.
    """
    here, there = (Edge.child, Edge.parent) if upwards else (Edge.parent, Edge.child)
    sources = _through_joins(connection, number, index, here, there)
    matched = (
        select(Node.idx, Node.id, Node.task, Node.state, func.min(Edge.position).label("place"))
        .join(Edge, (Edge.run == Node.run) & (there == Node.idx))
        .where(Node.run == number, here.in_(sources), Node.task.is_not(None))
        .group_by(Node.idx, Node.id, Node.task, Node.state)
    )
    if open_only:
        matched = matched.where(Node.state.not_in(FINAL))
    total = connection.execute(select(func.count()).select_from(matched.subquery())).scalar_one()
    rows = connection.execute(matched.order_by("place", Node.idx).limit(limit)).all()
    return [{"index": row.idx, "id": row.id, "task": row.task, "state": row.state} for row in rows], total


def _through_joins(connection: Connection, number: int, index: int, here: Any, there: Any) -> list[int]:
    """Return ``index`` and the joins behind it (a bounded number: a hostile graph may have any)."""
    reached, fresh = {index}, {index}
    while fresh and len(reached) < NEIGHBOURS:
        rows = connection.execute(
            select(Node.idx)
            .join(Edge, (Edge.run == Node.run) & (there == Node.idx))
            .where(Node.run == number, here.in_(fresh), Node.task.is_(None))
            .distinct()
            .limit(NEIGHBOURS)
        )
        fresh = set(rows.scalars()) - reached
        reached |= fresh
    return sorted(reached)
