"""What the conductor reads and writes: whole runs into memory, and a batch's changes in one transaction."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, update

from ..dag import Node as Spec
from ..evidence import dump, load
from ..machine import Changes, Outcome, Run, restore
from ..machine import Node as MachineNode
from ..run import EdgeRow
from ..values import dumps, fit, text
from . import models
from .words import Pair, fold, pairs, save_words

CHUNK = 500  # ids in one query
INFERRED = "inferred"  # the kind of a run that nobody announced


@dataclass(slots=True, kw_only=True)
class Staged:
    """All that a batch changed in one run."""

    run: Run
    known: int  # how many of its nodes the database has
    is_new: bool
    touched: set[int] = field(default_factory=set)
    specs: dict[int, Spec] = field(default_factory=dict)
    edges: list[EdgeRow] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def add(self, changes: Changes) -> None:
        """Take what one message changed."""
        self.touched |= changes.touched
        self.specs |= changes.specs
        self.edges += changes.edges
        self.outcomes |= changes.outcomes

    @property
    def structural(self) -> bool:
        """Whether the graph grew."""
        return bool(self.specs or self.edges)


def next_number(connection: Connection) -> int:
    """Return the number that the next new run gets."""
    return (connection.execute(select(func.max(models.Run.number))).scalar() or 0) + 1


def runs_of(connection: Connection, task_ids: Iterable[str]) -> set[int]:
    """Return the numbers of the runs that have a node with one of these ids."""
    found: set[int] = set()
    for ids in _chunks(task_ids):
        found.update(connection.execute(_owners(ids)).scalars())
    return found


def _owners(ids: list[str]) -> Select[int]:
    return (
        select(models.Node.run)
        .join(models.Run, models.Run.number == models.Node.run)
        .where(models.Node.id.in_(ids), models.Run.kind != models.DISCARDED)
    )


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
    """Yield the numbers of the newest runs that have not ended, up to ``nodes`` nodes in all."""
    rows = connection.execute(
        select(models.Run.number, models.Run.size)
        .where(models.Run.state.in_(("PENDING", "RUNNING")))
        .order_by(models.Run.number.desc())
        .limit(nodes)
    ).all()
    for number, size in rows:
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
    )
    query = select(*_KEPT).where(models.Node.run == number).order_by(models.Node.idx)
    nodes = connection.execute(query).mappings()
    edges = connection.execute(
        select(models.Edge.parent, models.Edge.child, models.Edge.kind, models.Edge.position).where(
            models.Edge.run == number
        )
    ).all()
    kept = (_restored(dict(each)) for each in nodes)
    restore(run, kept, (cast(EdgeRow, tuple(each)) for each in edges))
    return run


def _restored(values: dict[str, Any]) -> MachineNode:
    values["evidence"] = load(json.loads(values["evidence"]))
    return MachineNode(**values)


def save(connection: Connection, staged: Iterable[Staged]) -> None:
    """Write what a batch changed; each run has its new ``seq`` and ``structure`` already."""
    staged = list(staged)
    fresh = [_run_row(each.run) for each in staged if each.is_new]
    _many(connection, _INSERT_RUN, fresh)
    _many(connection, _UPDATE_RUN, [_run_row(each.run, "b_") for each in staged if not each.is_new])
    _many(connection, _INSERT_NODE, [row for each in staged for row in _new_nodes(each)])
    _many(connection, _UPDATE_SPEC, [row for each in staged for row in _new_specs(each)])
    _many(connection, _UPDATE_NODE, [row for each in staged for row in _changed_nodes(each)])
    _many(connection, _UPDATE_OUTCOME, [row for each in staged for row in _changed_outcomes(each)])
    save_words(connection, {each.run.number: _words(each) for each in staged})
    _many(connection, _INSERT_EDGE, [row for each in staged for row in _new_edges(each)])


_RUN = ("kind", "name", "state", "created", "started", "finished", "seq", "structure", "size")
_RUN += ("root", "parent_run", "parent_node")
_MADE = ("counts", "single", "folded")
_NODE = ("state", "reason", "seq", "retries", "sent", "received", "started", "finished", "runtime", "worker")
_NODE += ("queue", "repeated", "lost_at", "note", "evidence")
_SPEC = ("task", "args", "kwargs", "options", "immutable", "inputs")
_OUTCOME = Outcome._fields


def _updating(model: type[models.Base], columns: Iterable[str], *keys: str) -> Any:
    table = cast(Table, model.__table__)
    matched = (table.c[key] == bindparam(f"b_{key}") for key in keys)
    return update(table).where(*matched).values({name: bindparam(f"b_{name}") for name in columns})


_INSERT_RUN = insert(cast(Table, models.Run.__table__))
_INSERT_NODE = insert(cast(Table, models.Node.__table__))
_INSERT_EDGE = insert(cast(Table, models.Edge.__table__))
_UPDATE_RUN = _updating(models.Run, (*_RUN, *_MADE), "number")
_UPDATE_NODE = _updating(models.Node, _NODE, "run", "idx")
_UPDATE_SPEC = _updating(models.Node, _SPEC, "run", "idx")
_UPDATE_OUTCOME = _updating(models.Node, _OUTCOME, "run", "idx")


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def _run_row(run: Run, prefix: str = "") -> dict[str, Any]:
    values = {name: getattr(run, name) for name in (*_RUN, "number")}
    values["counts"] = dumps(dict(sorted((+run.counts).items())))
    values["name"] = text(run.name)
    values["folded"] = fold(run.name)[: models.LENGTH]
    values["single"] = run.kind == INFERRED and run.size <= 1
    if prefix:
        return {prefix + name: value for name, value in values.items()}
    return values | {"id": run.id}


def _new_nodes(staged: Staged) -> Iterator[dict[str, Any]]:
    for idx in range(staged.known, len(staged.run.nodes)):
        yield {
            "run": staged.run.number,
            "idx": idx,
            "id": staged.run.nodes[idx].id,
            **_state(staged.run.nodes[idx], staged.run.seq),
            **_spec(staged.specs[idx]),
            **staged.outcomes.get(idx, Outcome())._asdict(),
        }


def _changed_nodes(staged: Staged) -> Iterator[dict[str, Any]]:
    for idx in sorted(staged.touched):
        if idx < staged.known:
            yield _bound(staged, idx, _state(staged.run.nodes[idx], staged.run.seq))


def _new_specs(staged: Staged) -> Iterator[dict[str, Any]]:
    for idx in sorted(staged.specs):
        if idx < staged.known:
            yield _bound(staged, idx, _spec(staged.specs[idx]))


def _changed_outcomes(staged: Staged) -> Iterator[dict[str, Any]]:
    for idx in sorted(staged.outcomes):
        if idx < staged.known:
            yield _bound(staged, idx, staged.outcomes[idx]._asdict())


def _bound(staged: Staged, idx: int, values: dict[str, Any]) -> dict[str, Any]:
    return {"b_run": staged.run.number, "b_idx": idx} | {f"b_{name}": value for name, value in values.items()}


def _state(node: MachineNode, seq: int) -> dict[str, Any]:
    values = {name: getattr(node, name) for name in _NODE if name not in ("seq", "evidence")}
    values["note"] = text(node.note)
    return values | {"seq": seq, "evidence": dumps(dump(node.evidence))}


def _spec(spec: Spec) -> dict[str, Any]:
    return {
        "task": text(spec.task),
        "args": fit(spec.args),
        "kwargs": fit(spec.kwargs),
        "options": fit(spec.options),
        "immutable": bool(spec.immutable),
        "inputs": dumps(spec.inputs),
    }


def _words(staged: Staged) -> set[Pair]:
    nodes = staged.run.nodes
    return (
        pairs("task", (spec.task for spec in staged.specs.values()))
        | pairs("worker", {nodes[idx].worker for idx in staged.touched})
        | pairs("error", (outcome.exception for outcome in staged.outcomes.values()))
    )


def _new_edges(staged: Staged) -> Iterator[dict[str, Any]]:
    for parent, child, kind, position in staged.edges:
        yield {
            "run": staged.run.number,
            "parent": parent,
            "child": child,
            "kind": kind,
            "position": position,
        }
