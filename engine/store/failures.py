"""What failed in a run, as the same errors, and what goes with them; see :mod:`umbel.engine.clusters`."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from ..clusters import Cluster, Failure, Shared, Task, cluster, shared
from ..stretches import stretches
from ..values import LIMIT
from .database import Store
from .models import LargeValue, Node
from .rows import find_run

FAILED = 5_000  # failures that are looked at
COMPARED = 20_000  # successes that they are compared with
CLUSTERS = 50  # that are told
NAMES = 900  # of tasks, in one query

_Row: TypeAlias = Any  # a row, whose columns are attributes

# Multiplied by this odd number, modulo this power of two, indices come in an order that goes with nothing.
_SHUFFLE, _RANGE = 2654435761, 2**32


def failures(
    store: Store, run_id: str, *, failed: int = FAILED, compared: int = COMPARED
) -> dict[str, Any] | None:
    """Group the failures of a run, and compare them with what succeeded.

    Parameters
    ----------
    failed, compared
        How many failures, and how many successes, are looked at: about so many, chosen by their index as if
        by chance, where there are more.

    Returns
    -------
    told
        ``{"failed", "looked_at", "succeeded", "compared", "distinct", "clusters", "shared"}``, or None where
        there is no such run: how many tasks failed and how many of these were looked at; how many tasks of
        the same names succeeded and how many of those they were compared with; how many errors they are,
        ``CLUSTERS`` at most of them, the largest first; and what all failures share.
    """
    with store.read() as connection:
        if (run := find_run(connection, run_id)) is None:
            return None
        of_failed = (Node.run == run.number, Node.state == "FAILURE", Node.task.is_not(None))
        total = _count(connection, of_failed)
        rows = _sample(connection, of_failed, total, failed)
        found = cluster(_with_tracebacks(connection, run.number, rows))
        tasks = {row.idx: _task(row) for row in rows}
        names = sorted({row.task for row in rows})[:NAMES]
        like = (Node.run == run.number, Node.state == "SUCCESS", Node.task.in_(names))
        succeeded = _count(connection, like) if names else 0
        good = [_task(row) for row in _sample(connection, like, succeeded, compared)] if succeeded else []
    told = found[:CLUSTERS]
    groups = [[tasks[index] for index in each.members] for each in told]
    signs = shared([*groups, list(tasks.values())], good)
    ids = {row.idx: row.id for row in rows}
    return {
        "failed": total,
        "looked_at": len(rows),
        "succeeded": succeeded,
        "compared": len(good),
        "distinct": len(found),
        "clusters": [
            _told(each, ids, {tasks[index].name for index in each.members}, mine)
            for each, mine in zip(told, signs[:-1], strict=True)
        ],
        "shared": [_sign(each) for each in signs[-1]],
    }


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    return connection.execute(select(func.count()).where(*conditions)).scalar() or 0


_COLUMNS = (
    Node.idx,
    Node.id,
    Node.task,
    Node.worker,
    Node.queue,
    Node.args,
    Node.kwargs,
    Node.finished,
    Node.reason,
    Node.exception,
    Node.traceback,
)


def _sample(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], total: int, most: int
) -> Sequence[_Row]:
    """Return the rows that meet ``conditions``, about ``most`` of them if there are more."""
    query = select(*_COLUMNS).where(*conditions)
    if total > most:
        query = query.where(cast(Node.idx, BigInteger) * _SHUFFLE % _RANGE < _RANGE * most // total)
    return connection.execute(query.order_by(Node.idx).limit(most)).all()


def _with_tracebacks(connection: Connection, run: int, rows: Sequence[_Row]) -> Iterator[Failure]:
    """Yield failures with the end of their tracebacks, which tells most, where these are kept apart."""
    cut = [row.idx for row in rows if row.traceback and len(row.traceback) >= LIMIT]
    ends: dict[int, str] = {}
    if cut:
        whole = LargeValue.value  # longer than LIMIT, or it would not be kept apart
        end = func.substr(whole, func.length(whole) - LIMIT).label("end")
        of_run = (LargeValue.run == run, LargeValue.field == "traceback", LargeValue.idx.in_(cut))
        query = select(LargeValue.idx, end).where(*of_run)
        ends = {row.idx: row.end for row in connection.execute(query)}
    for row in rows:
        traceback = ends.get(row.idx, row.traceback)
        yield Failure(row.idx, row.task, row.finished, row.reason, row.exception, traceback)


def _task(row: _Row) -> Task:
    return Task(row.task, row.worker, row.queue, json.loads(row.args), json.loads(row.kwargs))


def _told(found: Cluster, ids: dict[int, str], names: set[str], signs: Sequence[Shared]) -> dict[str, Any]:
    example = found.members[0]
    return {
        "key": found.key,
        "type": found.type,
        "message": found.message,
        "messages": found.messages,
        "frame": found.frame._asdict() if found.frame else None,
        "tasks": sorted(names),
        "count": len(found.members),
        "members": list(stretches(found.members)),
        "first": found.first,
        "last": found.last,
        "example": {"index": example, "id": ids[example]},
        "shared": [_sign(each) for each in signs],
    }


def _sign(found: Shared) -> dict[str, Any]:
    return {
        "what": found.sign.what,
        "name": found.sign.name,
        "value": json.loads(found.sign.value),
        "failed": found.failed,
        "of_failed": found.of_failed,
        "succeeded": found.succeeded,
        "of_succeeded": found.of_succeeded,
        "lift": found.lift,
        "chance": found.chance,
    }
