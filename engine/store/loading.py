"""What the conductor reads: whole runs into memory, and which runs it needs."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, bindparam, func, select, union_all

from ..dag import Inputs
from ..evidence import load
from ..machine import Node, restore
from ..rules import Rules, RunOptions
from ..run import Attempt, EdgeRow, Run
from . import models

CHUNK = 500  # ids in one query
OF_RUN = -1  # the idx of an original that is the run's
OUTPUTS = "outputs"
CONDUCTED = "conducted"  # the kind of a run that Umbel runs
CONTROL = ("by", "paused_at", "paused_by", "cancelled_at", "cancelled_by")
MADE_FROM = ("made_from", "lineage", "plan", "left_out")  # of a run that resubmits another


def next_number(connection: Connection) -> int:
    """Return the number that the next new run gets."""
    return (connection.execute(select(func.max(models.Run.number))).scalar() or 0) + 1


def runs_of(connection: Connection, task_ids: Iterable[str]) -> set[int]:
    """Return the numbers of the runs that have a node, or an attempt of one, with one of these ids."""
    found: set[int] = set()
    for ids in _chunks(task_ids):
        found.update(connection.execute(_OWNERS, {"ids": ids}).scalars())
    return found


def _owners(model: Any) -> Any:
    return (
        select(model.run)
        .join(models.Run, models.Run.number == model.run)
        .where(model.id.in_(bindparam("ids", expanding=True)), models.Run.state != models.DISCARDED)
    )


# Made once: each batch executes it.
_OWNERS = union_all(_owners(models.Node), _owners(models.Attempt))


def numbers_of(connection: Connection, run_ids: Iterable[str]) -> set[int]:
    """Return the numbers of the runs with these ids."""
    found: set[int] = set()
    for ids in _chunks(run_ids):
        found.update(connection.execute(select(models.Run.number).where(models.Run.id.in_(ids))).scalars())
    return found


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def unfinished(connection: Connection, nodes: int) -> Iterator[int]:
    """Yield the numbers of the runs that have not ended: all that are conducted, of the others the newest.

    Those others have up to ``nodes`` nodes in all.
    """
    is_open = models.Run.state.in_(("PENDING", "RUNNING"))
    columns = select(models.Run.number, models.Run.size).where(is_open).order_by(models.Run.number.desc())
    conducted = models.Run.kind == CONDUCTED
    yield from connection.execute(columns.where(conducted)).scalars().all()
    for number, size in connection.execute(columns.where(~conducted).limit(nodes)).all():
        nodes -= size
        if nodes < 0:
            return
        yield number


_KEPT = (
    models.Node.idx,
    models.Node.id,
    models.Node.task,
    models.Node.state,
    models.Node.reason,
    models.Node.retries,
    models.Node.sent,
    models.Node.received,
    models.Node.started,
    models.Node.finished,
    models.Node.runtime,
    models.Node.worker,
    models.Node.queue,
    models.Node.repeated,
    models.Node.lost_at,
    models.Node.note,
    models.Node.evidence,
    models.Node.conducted,
    models.Node.rules,
    models.Node.attempt_id,
    models.Node.attempt,
    models.Node.due,
    models.Node.mark,
    models.Node.held,
)


def load_run(connection: Connection, number: int) -> Run:
    """Return a run as it is kept."""
    row = connection.execute(select(models.Run.__table__).where(models.Run.number == number)).one()
    run = Run(
        id=row.id,
        number=number,
        created=row.created,
        kind=row.kind,
        name=row.name,
        started=row.started,
        seq=row.seq,
        structure=row.structure,
        root=row.root,
        parent_run=row.parent_run,
        parent_node=row.parent_node,
        resolved_by=row.resolved_by,
    )
    if run.kind == CONDUCTED:
        _restore_control(connection, run, row)
    past = _past(connection, number)
    query = select(*_KEPT).where(models.Node.run == number).order_by(models.Node.idx)
    nodes = connection.execute(query).mappings()
    edges = connection.execute(
        select(models.Edge.parent, models.Edge.child, models.Edge.kind, models.Edge.position).where(
            models.Edge.run == number
        )
    ).all()
    kept = (_restored(dict(each), past) for each in nodes)
    restore(run, kept, (cast(EdgeRow, tuple(each)) for each in edges))
    return run


def _restore_control(connection: Connection, run: Run, row: Any) -> None:
    run.options = RunOptions.from_json(json.loads(row.options))
    run.waits = json.loads(row.waits)
    for name in (*CONTROL, *MADE_FROM):
        setattr(run, name, getattr(row, name))
    outputs = select(models.Original.value).where(
        models.Original.run == run.number, models.Original.idx == OF_RUN, models.Original.field == OUTPUTS
    )
    if (kept := connection.execute(outputs).scalar()) is not None:
        run.outputs = cast(Inputs, json.loads(kept))


def _past(connection: Connection, number: int) -> dict[int, tuple[Attempt, ...]]:
    """Return the attempts that are over, by idx; the current one of a node is not among them."""
    kept = models.Attempt
    columns = (kept.idx, *(getattr(kept, name) for name in Attempt._fields))
    rows = connection.execute(
        select(*columns).where(kept.run == number, kept.state.is_not(None)).order_by(kept.idx, kept.number)
    )
    past: dict[int, tuple[Attempt, ...]] = {}
    for idx, *values in rows:
        past[idx] = (*past.get(idx, ()), Attempt(*values))
    return past


def _restored(values: dict[str, Any], past: dict[int, tuple[Attempt, ...]]) -> Node:
    values["evidence"] = load(json.loads(values["evidence"]))
    if values["rules"] is not None:
        values["rules"] = _rules(values["rules"])
    return Node(**values, past=past.get(values["idx"], ()))


@lru_cache(maxsize=1024)
def _rules(kept: str) -> Rules:
    """Return the rules that are kept: most tasks of a run share theirs."""
    return Rules.from_json(json.loads(kept))
