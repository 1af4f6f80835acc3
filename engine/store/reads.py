"""What the pages and the API ask of the database. Plain dicts come back; each answer is one state of the
database.

RunSummary   id, name, kind, state, nodes (joins not counted), counts, created, started, finished, seq,
             structure, single, root, parent ({"run", "node"} or null); of a conducted run: by, options,
             paused and cancelled ({"at", "by"} or null), waits (why what could be sent is not); made_from
             (the run that it resubmits), lineage (the first of that line), left (tasks that were left out),
             resolved_by (the run that mended it)
NodeRow      index, id, task, state, reason, sent, received, started, finished, runtime, worker,
             queue, retries, repeated, conducted, attempt, due, mark (reused, kept, forced), held
NodeDetail   NodeRow and run, args, kwargs, options, immutable, inputs, result, result_size, exception,
             traceback, note, lost_at, source ({"run", "node"}: where it ran), rules, values, attempts,
             history, waits (see ``.waits``), parents, parents_total, children, children_total

A ``result`` is ``{"repr": text}`` when only its representation is known, ``{"json": value}`` when it is known
exactly, null when there is none. ``values`` says of each value (and a result says itself) its ``size`` in
characters and whether it is ``cut``: then it is there in part, see :mod:`umbel.engine.values`, and ``value``
gives what is kept of it.
"""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, select

from ..dag import Node as DagNode
from ..errors import UmbelError
from ..evidence import CODES
from .actions import actions_of
from .board import leads
from .database import Store
from .filters import RunFilters, begins, conditions, count_singles, numbers
from .large import large_of, sizes, sizes_of, value
from .models import DISCARDED, ODD, Attempt, Edge, Node, Run, Word
from .neighbours import neighbours
from .rows import can_be, find_run, nodes
from .summaries import detail_of, past_of, summary
from .waits import waits_of

__all__ = [
    "actions",
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

FOUND = 100  # nodes with the same id, or the same beginning of it
COUNTED = 10_000  # runs of one task that are counted
NAMES = 1_000  # names of tasks, and of workers, in a list to choose from
JOIN = "-"  # stands for a join in a snapshot


def runs(
    store: Store, *, limit: int = 50, before: str | None = None, filters: RunFilters | None = None
) -> dict[str, Any]:
    """Return ``{"runs": [RunSummary, ...], "next": key | None, "singles": n, "singles_capped": bool}``.

    Each run has ``error`` and ``attempt`` besides, as :func:`.board.leads` tells them. Newest first;
    ``before=next`` gives the rest, and what has come since changes nothing in it. ``singles`` is how many
    runs of one task that nobody announced the rest of the filter would have, counted to ``COUNTED``. A key
    that is none of ours gives an empty page.
    """
    filters = filters or RunFilters()
    below = None if before is None else int(before) if before.isdecimal() and len(before) < 19 else 0
    with store.read() as connection:
        matched = conditions(connection, filters)
        found = numbers(connection, matched, singles=filters.singles, below=below, limit=limit + 1)
        singles = count_singles(connection, matched, COUNTED + 1)
        query = select(Run.__table__).where(Run.number.in_(found[:limit])).order_by(Run.number.desc())
        page = connection.execute(query).all()
        known = leads(connection, page)
    return {
        "runs": [summary(row) | known[row.number] for row in page],
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
    return row and summary(row)


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
        "run": summary(row),
        "nodes": [
            {"index": index[node.id], "kind": "join" if node.is_join else "task", **node.to_json()}
            for node in nodes
        ],
        "edges": [[index[parent], index[child], kind] for parent, child, kind in links],
    }


def snapshot(store: Store, run_id: str, since: int = 0) -> dict[str, Any] | None:
    """Return ``{"run", "states", "changes"}``: a digit a node (``-``: a join), and what changed since.

    A change is ``[index, code, started, finished, retries, repeated, attempt, due]``.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        columns = (Node.idx, Node.state, Node.task.is_(None), Node.seq, Node.started, Node.finished)
        query = select(*columns, Node.retries).where(Node.run == row.number).order_by(Node.idx)
        found = connection.execute(query).all()
        odd = {idx: rest for idx, *rest in connection.execute(_ODD, {"number": row.number})}
    return {
        "run": summary(row),
        "states": "".join(JOIN if join else str(CODES[state]) for _, state, join, *_ in found),
        "changes": [
            [index, CODES[state], *rest, *odd.get(index, _EVEN)]
            for index, state, join, seq, *rest in found
            if seq > since and not join
        ],
    }


# All that it reads is in an index, of the few nodes for which there is anything to say.
_ODD = select(Node.idx, Node.repeated, Node.attempt, Node.due).where(Node.run == bindparam("number"), ODD)
_EVEN = (0, 0, None)


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
        detail = detail_of(
            run_id, found, sizes_of(connection, found), past_of(connection, row.number, [found.idx])
        )
        detail["waits"] = waits_of(connection, row, found, time.time())
        parents, parents_total = neighbours(connection, row.number, found.idx, upwards=True)
        children, children_total = neighbours(connection, row.number, found.idx, upwards=False)
    return detail | {
        "parents": parents,
        "parents_total": parents_total,
        "children": children,
        "children_total": children_total,
    }


def details(store: Store, run_id: str, *, after: int = -1, limit: int = 500) -> list[dict[str, Any]]:
    """Return the NodeDetail of each node behind the one at ``after``, less its parents, children and waits.

    For who wants all of a run: :func:`node` costs some queries for each.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return []
        query = select(Node).where(Node.run == row.number, Node.idx > after, Node.task.is_not(None))
        found = connection.execute(query.order_by(Node.idx).limit(limit)).all()
        large = large_of(connection, row.number, found[0].idx, found[-1].idx) if found else {}
        past = past_of(connection, row.number, [each.idx for each in found if each.attempt])
    return [detail_of(run_id, each, sizes(each, large.get(each.idx, {})), past) for each in found]


def actions(store: Store, run_id: str) -> list[dict[str, Any]]:
    """Return what somebody did to a run, in that order: see :func:`.actions.actions_of`."""
    with store.read() as connection:
        row = find_run(connection, run_id)
        return actions_of(connection, row.id) if row else []


def find(store: Store, task_id: str) -> list[dict[str, Any]]:
    """Return ``[{"run", "index"}, ...]`` for each run with a node of that id, newest first.

    Where there is none, eight characters or more are taken for the beginning of an id.
    """
    if not can_be(task_id):
        return []
    with store.read() as connection:
        rows = (
            _found(connection, Node, Node.id == task_id)
            or _found(connection, Attempt, Attempt.id == task_id)
            or _found(connection, Node, begins(Node.id, task_id))
            or _found(connection, Attempt, begins(Attempt.id, task_id))
        )
    return [{"run": row.id, "index": row.idx} for row in rows]


def _found(connection: Connection, of: Any, matched: Any) -> Sequence[_Row]:
    return connection.execute(
        select(Run.id, of.idx, Run.number)
        .distinct()
        .join(Run, Run.number == of.run)
        .where(matched, Run.state != DISCARDED)
        .order_by(Run.number.desc(), of.idx)
        .limit(FOUND)
    ).all()


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
