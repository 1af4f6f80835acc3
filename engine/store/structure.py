"""What a run looks like, without ids and arguments: what a folding follows from, as text.

The database puts it together, so that a run of 100,000 nodes costs this process no object for each. It is the
JSON of ``{"nodes": [[task, immutable, options, "0,1,2"], ...], "edges": [[kind, "0,1", "2,2"], ...]}``: the
indices of the nodes that have these in common (options are JSON text), and of edges the parents and children.
"""

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, String, cast, func, select

from .database import Store
from .models import Edge, Node
from .rows import can_be, find_run
from .summaries import summary


class Structure(NamedTuple):
    """The shape of a run."""

    run: dict[str, Any]  # its RunSummary
    text: str  # see the head of this module


def structure(store: Store, run_id: str) -> Structure | None:
    """Return the structure of a run, its joins as they were announced."""
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        told = {"nodes": _nodes(connection, row.number), "edges": _edges(connection, row.number)}
    return Structure(summary(row), json.dumps(told))


def _nodes(connection: Connection, number: int) -> list[list[Any]]:
    alike = (Node.task, Node.immutable, Node.options)
    query = select(*alike, _listed(Node.idx)).where(Node.run == number).group_by(*alike)
    return sorted((list(row) for row in connection.execute(query)), key=lambda row: row[3])


def _edges(connection: Connection, number: int) -> list[list[str]]:
    columns = (Edge.kind, _listed(Edge.parent), _listed(Edge.child))
    query = select(*columns).where(Edge.run == number).group_by(Edge.kind).order_by(Edge.kind)
    return [list(row) for row in connection.execute(query)]


def _listed(column: Any) -> Any:
    return func.aggregate_strings(cast(column, String), ",")


def ids(store: Store, run_id: str, indices: Collection[int]) -> dict[int, str]:
    """Return the ids of some nodes of a run."""
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return {}
        query = select(Node.idx, Node.id).where(Node.run == row.number, Node.idx.in_(indices))
        return {row.idx: row.id for row in connection.execute(query)}


def indices(store: Store, run_id: str, ids: Collection[str]) -> dict[str, int]:
    """Return where some ids are among the nodes of a run; those that are not are left out."""
    asked = [each for each in ids if can_be(each)]
    with store.read() as connection:
        if not asked or (row := find_run(connection, run_id)) is None:
            return {}
        query = select(Node.id, Node.idx).where(Node.run == row.number, Node.id.in_(asked))
        return {row.id: row.idx for row in connection.execute(query)}
