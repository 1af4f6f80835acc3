"""What the conductor reads of a run that becomes part of another, how it goes, and what runs on a worker."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from ..dag import Node as Spec
from ..machine import Outcome
from ..values import dumps
from .keeping import ENDS, EXACT, SIGNATURE, exactly
from .models import DISCARDED, LOST, LargeValue, Node, Run
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
    """Return what the nodes of a run are, by idx, as whole as it was kept."""
    large = _large(connection, number, SIGNATURE)
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
            inputs=json.loads(row.inputs),
            **{name: json.loads(large.get((row.idx, name)) or getattr(row, name)) for name in SIGNATURE},
        )
        for row in connection.execute(select(*columns).where(Node.run == number))
    }


def outcomes_of(connection: Connection, number: int) -> dict[int, Outcome]:
    """Return what the nodes of a run ended with, by idx, as whole as it was kept."""
    large = _large(connection, number, ENDS)
    columns = (Node.idx, Node.result, Node.result_size, Node.exception, Node.traceback)
    found: dict[int, Outcome] = {}
    for idx, result, size, *texts in connection.execute(select(*columns).where(Node.run == number)):
        if (whole := large.get((idx, "result"))) is not None:
            result = dumps({"repr": whole}) if exactly(result) is None else f"{EXACT}{whole}}}"
        exception, traceback = (
            large.get((idx, name)) or shown for name, shown in zip(ENDS[1:], texts, strict=True)
        )
        found[idx] = Outcome(result, size, exception, traceback)
    return found


def _large(connection: Connection, number: int, fields: tuple[str, ...]) -> dict[tuple[int, str], str]:
    """Return the values that are kept apart and whole, by idx and field."""
    rows = connection.execute(
        select(LargeValue.idx, LargeValue.field, LargeValue.value).where(
            LargeValue.run == number, LargeValue.field.in_(fields), LargeValue.kept == LargeValue.size
        )
    )
    return {(idx, field): value for idx, field, value in rows}


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
    """Return ``(run id, node id, when it was lost)`` of what a worker had begun and was lost with it.

    Only those that were lost are looked at, however long the history is.
    """
    rows = connection.execute(
        select(Run.id, Node.id, Node.lost_at)
        .join(Node, Node.run == Run.number)
        .where(LOST, Node.state == "FAILURE", Node.worker == worker, Node.lost_at.is_not(None))
        .where(Run.state != DISCARDED)
        .order_by(Node.run.desc())
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
