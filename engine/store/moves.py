"""What the conductor reads of a run that becomes part of another, how it goes, and what runs on a worker."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from ..dag import Node as Spec
from ..machine import Outcome
from .models import DISCARDED, Node, Run
from .writes import CHUNK, INFERRED


def inferred_runs_of(connection: Connection, task_ids: Iterable[str]) -> set[int]:
    """Return the numbers of the runs that were inferred and have a node with one of these ids."""
    ids, found = list(task_ids), set[int]()
    for start in range(0, len(ids), CHUNK):
        rows = connection.execute(
            select(Node.run)
            .join(Run, Run.number == Node.run)
            .where(Node.id.in_(ids[start : start + CHUNK]), Run.kind == INFERRED, Run.state != DISCARDED)
        )
        found.update(rows.scalars())
    return found


def specs_of(connection: Connection, number: int) -> dict[int, Spec]:
    """Return what the nodes of a run are, by idx, as far as it was kept."""
    columns = (
        Node.idx,
        Node.id,
        Node.task,
        Node.args,
        Node.kwargs,
        Node.options,
        Node.immutable,
        Node.inputs,
    )
    return {
        row.idx: Spec(
            id=row.id,
            task=row.task,
            immutable=row.immutable,
            **{name: json.loads(getattr(row, name)) for name in ("args", "kwargs", "options", "inputs")},
        )
        for row in connection.execute(select(*columns).where(Node.run == number))
    }


def outcomes_of(connection: Connection, number: int) -> dict[int, Outcome]:
    """Return what the nodes of a run ended with, by idx."""
    columns = (Node.idx, Node.result, Node.result_size, Node.exception, Node.traceback)
    rows = connection.execute(select(*columns).where(Node.run == number))
    return {row.idx: Outcome(row.result, row.result_size, row.exception, row.traceback) for row in rows}


def results_of(connection: Connection, number: int, indexes: Iterable[int]) -> dict[int, str | None]:
    """Return the results of some nodes of a run, as they are kept."""
    wanted, found = list(indexes), dict[int, str | None]()
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(
            select(Node.idx, Node.result).where(
                Node.run == number, Node.idx.in_(wanted[start : start + CHUNK])
            )
        )
        found.update((row.idx, row.result) for row in rows)
    return found


def drop(connection: Connection, numbers: Iterable[int]) -> None:
    """Delete runs, with all that belongs to them."""
    if wanted := list(numbers):
        connection.execute(delete(Run).where(Run.number.in_(wanted)))


def running_on(connection: Connection, worker: str, limit: int) -> list[tuple[str, float, str, float | None]]:
    """Return ``(run id, when it was created, node id, when it started)`` of what a worker has begun."""
    rows = connection.execute(
        select(Run.id, Run.created, Node.id, Node.started)
        .join(Node, Node.run == Run.number)
        .where(Run.state == "RUNNING", Node.state == "STARTED", Node.worker == worker)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def lost_on(connection: Connection, worker: str, limit: int) -> list[tuple[str, str, float | None]]:
    """Return ``(run id, node id, when it was lost)`` of what a worker had begun and was lost with it."""
    rows = connection.execute(
        select(Run.id, Node.id, Node.lost_at)
        .join(Node, Node.run == Run.number)
        .where(Run.state.in_(("RUNNING", "FAILURE")), Node.state == "FAILURE", Node.reason == "lost")
        .where(Node.worker == worker, Node.lost_at.is_not(None))
        .order_by(Run.number.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def busy_workers(connection: Connection) -> set[str]:
    """Return the names of the workers on which something runs, as far as is known."""
    rows = connection.execute(
        select(Node.worker)
        .join(Run, Node.run == Run.number)
        .where(Run.state == "RUNNING", Node.state == "STARTED", Node.worker.is_not(None))
        .distinct()
    )
    return {worker for worker in rows.scalars() if worker}
