"""Deleting runs, a bounded number of nodes at a time."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from .models import DISCARDED, Attempt, Edge, LargeValue, Node, Original, Outgoing, Run, RunWord, Word

ENDED = ("SUCCESS", "REVOKED")
FAILED = ("FAILURE",)
OF_NODES = (LargeValue, Original, Attempt)  # what goes with a node
OF_RUNS = (*OF_NODES, Outgoing, Edge, RunWord)


class Doomed(NamedTuple):
    """A run that is to be deleted."""

    number: int
    size: int
    state: str


class Deleted(NamedTuple):
    """What was deleted."""

    runs: tuple[int, ...] = ()  # numbers of those that nobody sees any more
    nodes: int = 0  # how many nodes are gone
    counted: int = 0  # how many fewer :func:`kept_nodes` would count


def kept_nodes(connection: Connection) -> int:
    """Return how many nodes are kept, joins not counted."""
    query = select(func.sum(Run.size)).where(Run.state != DISCARDED)
    return connection.execute(query).scalar() or 0


def doomed(
    connection: Connection, before: float | None, failed_before: float | None, excess: int, limit: int
) -> list[Doomed]:
    """Return runs to delete, about ``limit`` nodes of them.

    First what is half deleted already, then what ended before the times given, then the oldest that ended
    until ``excess`` nodes are among them; those that failed last.
    """
    found = _oldest(connection, (DISCARDED,), None, 1)
    if before is not None:
        found += _oldest(connection, ENDED, before, limit)
    if failed_before is not None:
        found += _oldest(connection, FAILED, failed_before, limit)
    if excess > 0 and sum(each.size for each in found) < min(limit, excess):
        found += _up_to(_oldest(connection, ENDED, None, limit), excess)
    if excess > 0 and not found:
        found += _up_to(_oldest(connection, FAILED, None, limit), excess)
    return list(dict.fromkeys(found))


def _oldest(connection: Connection, states: Sequence[str], before: float | None, limit: int) -> list[Doomed]:
    columns = (Run.number, Run.size, Run.state)
    found: list[tuple[float, Doomed]] = []
    for state in states:  # one by one: each is a range of the index
        for ended, matched in (
            (Run.finished, Run.finished.is_not(None)),
            (Run.created, Run.finished.is_(None)),
        ):
            query = select(ended.label("ended"), *columns).where(Run.state == state, matched)
            if before is not None:
                query = query.where(ended < before)
            rows = connection.execute(query.order_by(ended).limit(limit))
            found += [(row.ended, Doomed(row.number, row.size, row.state)) for row in rows]
    return [each for _, each in sorted(found)][:limit]


def _up_to(found: Iterable[Doomed], nodes: int) -> list[Doomed]:
    taken: list[Doomed] = []
    for each in found:
        if nodes <= 0:
            break
        taken.append(each)
        nodes -= each.size
    return taken


def delete_some(connection: Connection, wanted: Sequence[Doomed], limit: int) -> Deleted:
    """Delete the first of ``wanted``, about ``limit`` nodes; of a larger run its last ``limit`` nodes."""
    if not wanted:
        return Deleted()
    if wanted[0].state == DISCARDED or wanted[0].size > limit:
        return _delete_piece(connection, wanted[0], limit)
    taken, nodes = [], 0
    for each in wanted:
        nodes += max(1, each.size)
        if nodes > limit and taken:
            break
        taken.append(each)
    numbers = [each.number for each in taken]
    removed = _delete_whole(connection, numbers)
    return Deleted(tuple(numbers), removed, sum(each.size for each in taken))


def _delete_piece(connection: Connection, run: Doomed, limit: int) -> Deleted:
    hidden = run.state != DISCARDED
    if hidden:
        # Its id is free at once: the same run may be announced again.
        values = {"state": DISCARDED, "id": f"discarded:{uuid.uuid4().hex}"}
        connection.execute(update(Run).where(Run.number == run.number).values(values))
    runs, counted = ((run.number,), run.size) if hidden else ((), 0)
    last = connection.execute(select(func.max(Node.idx)).where(Node.run == run.number)).scalar()
    if last is None or last < limit:
        return Deleted(runs, _delete_whole(connection, [run.number]), counted)
    first = last - limit + 1
    found: list[tuple[Any, Any]] = [(model, model.idx) for model in OF_NODES]
    for model, index in (*found, (Edge, Edge.parent), (Node, Node.idx)):
        connection.execute(delete(model).where(model.run == run.number, index >= first))
    return Deleted(runs, limit, counted)


def _delete_whole(connection: Connection, numbers: list[int]) -> int:
    words = (
        connection.execute(select(RunWord.word).where(RunWord.run.in_(numbers)).distinct()).scalars().all()
    )
    for model in OF_RUNS:
        connection.execute(delete(model).where(model.run.in_(numbers)))
    removed = connection.execute(delete(Node).where(Node.run.in_(numbers))).rowcount
    connection.execute(delete(Run).where(Run.number.in_(numbers)))
    for start in range(0, len(words), 1000):
        unused = ~select(RunWord.run).where(RunWord.word == Word.id).exists()
        connection.execute(delete(Word).where(Word.id.in_(words[start : start + 1000]), unused))
    return removed
