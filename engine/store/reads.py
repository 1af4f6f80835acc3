"""What the pages and the API ask of the database. Plain dicts come back; each answer is one state of the
database.

RunSummary   id, name, kind, state, nodes (joins not counted), counts, created, started, finished, seq,
             structure, single, root, parent ({"run", "node"} or null)
NodeRow      index, id, task, state, reason, sent, received, started, finished, runtime, worker,
             queue, retries, repeated
NodeDetail   NodeRow and run, args, kwargs, options, immutable, inputs, result, result_size, exception,
             traceback, note, lost_at, values, attempts, history, parents, parents_total, children,
             children_total

A ``result`` is ``{"repr": text}`` when only its representation is known, ``{"json": value}`` when it is known
exactly, null when there is none. ``values`` says of each value (and a result says itself) its ``size`` in
characters and whether it is ``cut``: then it is there in part, see :mod:`umbel.engine.values`, and ``value``
gives what is kept of it.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select

from ..dag import Node as DagNode
from ..errors import UmbelError
from ..evidence import CODES, attempts, history, load
from .database import Store
from .filters import RunFilters, begins, conditions, count_singles, numbers
from .large import large_of, sizes, sizes_of, value
from .models import DISCARDED, Edge, Node, Run, Word
from .rows import can_be, find_run, node_row, nodes

__all__ = [
    "details",
    "find",
    "graph",
    "node",
    "nodes",
    "run",
    "runs",
    "snapshot",
    "tasks",
    "value",
    "workers",
]

log = logging.getLogger(__name__)

_Row: TypeAlias = Any  # a row, whose columns are attributes

NEIGHBOURS = 100  # parents, and children, listed of one node
COUNTED = 10_000  # runs of one task that are counted
NAMES = 1_000  # names of tasks, and of workers, in a list to choose from
JOIN = "-"  # stands for a join in a snapshot


def runs(
    store: Store, *, limit: int = 50, before: str | None = None, filters: RunFilters | None = None
) -> dict[str, Any]:
    """Return ``{"runs": [RunSummary, ...], "next": key | None, "singles": n, "singles_capped": bool}``.

    Newest first; ``before=next`` gives the rest, and what has come since changes nothing in it. ``singles``
    is how many runs of one task that nobody announced the rest of the filter would have, counted to
    ``COUNTED``. A key that is none of ours gives an empty page.
    """
    filters = filters or RunFilters()
    below = None if before is None else int(before) if before.isdecimal() and len(before) < 19 else 0
    with store.read() as connection:
        matched = conditions(connection, filters)
        found = numbers(connection, matched, singles=filters.singles, below=below, limit=limit + 1)
        singles = count_singles(connection, matched, COUNTED + 1)
        query = select(Run.__table__).where(Run.number.in_(found[:limit])).order_by(Run.number.desc())
        page = connection.execute(query).all()
    return {
        "runs": [_summary(row) for row in page],
        "next": str(page[-1].number) if len(found) > limit and page else None,
        "singles": min(singles, COUNTED),
        "singles_capped": singles > COUNTED,
    }


def tasks(store: Store) -> list[str]:
    """Return the names of the tasks that are known, sorted; ``NAMES`` at most."""
    return _names(store, "task")


def workers(store: Store) -> list[str]:
    """Return the names of the workers that are known, sorted; ``NAMES`` at most."""
    return _names(store, "worker")


def _names(store: Store, kind: str) -> list[str]:
    with store.read() as connection:
        query = select(Word.value).where(Word.kind == kind).order_by(Word.value).limit(NAMES)
        return list(connection.execute(query).scalars())


def run(store: Store, run_id: str) -> dict[str, Any] | None:
    """Return the RunSummary of ``run_id``."""
    with store.read() as connection:
        row = find_run(connection, run_id)
    return row and _summary(row)


def graph(store: Store, run_id: str) -> dict[str, Any] | None:
    """Return ``{"run", "nodes", "edges"}``: the run's graph after joins with one consumer were contracted.

    Each node is ``{"index", "id", "task", "kind": "task" | "join", "args", "kwargs", "immutable", "options",
    "inputs"}``, each edge ``[parent_index, child_index, kind]``.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        columns = (
            Node.idx,
            Node.id,
            Node.task,
            Node.args,
            Node.kwargs,
            Node.immutable,
            Node.options,
            Node.inputs,
        )
        found = connection.execute(select(*columns).where(Node.run == row.number).order_by(Node.idx)).all()
        edges = connection.execute(
            select(Edge.parent, Edge.child, Edge.kind, Edge.position)
            .where(Edge.run == row.number)
            .order_by(Edge.parent, Edge.child)
        ).all()
    ids = [each.id for each in found]
    nodes, links = _assemble([_node(each) for each in found], edges, ids)
    index = {node_id: position for position, node_id in enumerate(ids)}
    return {
        "run": _summary(row),
        "nodes": [
            {"index": index[node.id], "kind": "join" if node.is_join else "task", **node.to_json()}
            for node in nodes
        ],
        "edges": [[index[parent], index[child], kind] for parent, child, kind in links],
    }


def snapshot(store: Store, run_id: str, since: int = 0) -> dict[str, Any] | None:
    """Return ``{"run", "states", "changes"}``: a digit a node (``-``: a join), and what changed since."""
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        columns = (Node.idx, Node.state, Node.task.is_(None), Node.seq, Node.started, Node.finished)
        query = select(*columns, Node.retries).where(Node.run == row.number).order_by(Node.idx)
        found = connection.execute(query).all()
    return {
        "run": _summary(row),
        "states": "".join(JOIN if join else str(CODES[state]) for _, state, join, *_ in found),
        "changes": [
            [index, CODES[state], *rest]
            for index, state, join, seq, *rest in found
            if seq > since and not join
        ],
    }


def node(store: Store, run_id: str, node_id: str) -> dict[str, Any] | None:
    """Return the NodeDetail of a node; for a join its state is null."""
    with store.read() as connection:
        if not can_be(node_id) or (row := find_run(connection, run_id)) is None:
            return None
        found = connection.execute(
            select(Node).where(Node.run == row.number, Node.id == node_id)
        ).one_or_none()
        if found is None:
            return None
        known = sizes_of(connection, found)
        parents, parents_total = _neighbours(connection, row.number, found.idx, upwards=True)
        children, children_total = _neighbours(connection, row.number, found.idx, upwards=False)
    return _detail(run_id, found, known) | {
        "parents": parents,
        "parents_total": parents_total,
        "children": children,
        "children_total": children_total,
    }


def details(store: Store, run_id: str, *, after: int = -1, limit: int = 500) -> list[dict[str, Any]]:
    """Return the NodeDetail of each node from the one after ``after`` on, less its parents and children.

    For who wants all of a run: :func:`node` costs some queries for each.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return []
        query = select(Node).where(Node.run == row.number, Node.idx > after, Node.task.is_not(None))
        found = connection.execute(query.order_by(Node.idx).limit(limit)).all()
        large = large_of(connection, row.number, found[0].idx, found[-1].idx) if found else {}
    return [_detail(run_id, each, sizes(each, large.get(each.idx, {}))) for each in found]


def _detail(run_id: str, found: _Row, known: dict[str, Any]) -> dict[str, Any]:
    evidence = load(json.loads(found.evidence))
    tries = attempts(evidence)
    if tries and tries[-1]["state"] == found.state:
        tries[-1] |= {"exception": found.exception, "traceback": found.traceback}
    return node_row(found) | {
        "run": run_id,
        **{name: json.loads(getattr(found, name)) for name in ("args", "kwargs", "options", "inputs")},
        "immutable": found.immutable,
        "result": found.result and json.loads(found.result) | known["result"],
        "result_size": found.result_size,
        "exception": found.exception,
        "traceback": found.traceback,
        "note": found.note,
        "lost_at": found.lost_at,
        "values": known,
        "attempts": tries,
        "history": history(evidence),
    }


def find(store: Store, task_id: str) -> list[dict[str, Any]]:
    """Return ``[{"run", "index"}, ...]`` for each run with a node of that id, newest first.

    Where there is none, eight characters or more are taken for the beginning of an id.
    """
    if not can_be(task_id):
        return []
    with store.read() as connection:
        rows = _found(connection, Node.id == task_id) or _found(connection, begins(Node.id, task_id))
    return [{"run": row.id, "index": row.idx} for row in rows]


def _found(connection: Connection, matched: Any) -> Sequence[_Row]:
    return connection.execute(
        select(Run.id, Node.idx)
        .join(Run, Run.number == Node.run)
        .where(matched, Run.state != DISCARDED)
        .order_by(Run.number.desc(), Node.idx)
        .limit(NEIGHBOURS)
    ).all()


def _summary(row: _Row) -> dict[str, Any]:
    kept = ("id", "name", "kind", "state", "created", "started", "finished", "seq", "structure", "single")
    parent = row.parent_run and {"run": row.parent_run, "node": row.parent_node}
    made = {"nodes": row.size, "counts": json.loads(row.counts), "root": row.root, "parent": parent}
    return {name: getattr(row, name) for name in kept} | made


def _node(row: _Row) -> DagNode:
    values = {name: json.loads(getattr(row, name)) for name in ("args", "kwargs", "options", "inputs")}
    return DagNode(id=row.id, task=row.task, immutable=row.immutable, **values)


def _assemble(
    found: list[DagNode], edges: Iterable[_Row], ids: list[str]
) -> tuple[list[DagNode], list[tuple[str, str, str]]]:
    """Contract what can be; what is no graph (anyone can write to the queue) is given as it stands."""
    from ..canvas import Placed, assemble

    placed = [
        Placed(ids[edge.parent], ids[edge.child], edge.kind, None if edge.position < 0 else edge.position)
        for edge in edges
    ]
    try:
        dag = assemble(found, placed)
    except UmbelError as error:
        log.warning("A run's messages do not make a graph: %s", error)
        return found, list(dict.fromkeys((edge.parent, edge.child, edge.kind) for edge in placed))
    return dag.nodes, [(edge.parent, edge.child, edge.kind) for edge in dag.edges]


def _neighbours(
    connection: Connection, number: int, index: int, *, upwards: bool
) -> tuple[list[dict[str, Any]], int]:
    """Return the first neighbours and how many there are; a join is looked through."""
    here, there = (Edge.child, Edge.parent) if upwards else (Edge.parent, Edge.child)
    sources = _through_joins(connection, number, index, here, there)
    matched = (
        select(Node.idx, Node.id, Node.task, Node.state, func.min(Edge.position).label("place"))
        .join(Edge, (Edge.run == Node.run) & (there == Node.idx))
        .where(Node.run == number, here.in_(sources), Node.task.is_not(None))
        .group_by(Node.idx, Node.id, Node.task, Node.state)
    )
    total = connection.execute(select(func.count()).select_from(matched.subquery())).scalar_one()
    rows = connection.execute(matched.order_by("place", Node.idx).limit(NEIGHBOURS)).all()
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
