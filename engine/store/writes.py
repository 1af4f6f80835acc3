"""What the conductor reads and writes: whole runs into memory, and a batch's changes in one transaction."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from sqlalchemy import (
    Connection,
    Dialect,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import text as sql_text

from ..dag import Node as Spec
from ..evidence import dump, load
from ..machine import Changes, Outcome, Run, restore
from ..machine import Node as MachineNode
from ..run import EdgeRow
from ..values import dumps, text
from . import models
from .keeping import ENDS, USUAL, Keeping
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
        found.update(connection.execute(_OWNERS, {"ids": ids}).scalars())
    return found


# Made once: each batch executes it.
_OWNERS = (
    select(models.Node.run)
    .join(models.Run, models.Run.number == models.Node.run)
    .where(models.Node.id.in_(bindparam("ids", expanding=True)), models.Run.state != models.DISCARDED)
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


def save(connection: Connection, staged: Iterable[Staged], keeping: Keeping = USUAL) -> None:
    """Write what a batch changed; each run has its new ``seq`` and ``structure`` already."""
    written = [_Written(each, keeping) for each in staged]
    staged = [each.staged for each in written]
    fresh = [_run_row(each.run) for each in staged if each.is_new]
    _many(connection, _INSERT_RUN, fresh)
    _many(connection, _UPDATE_RUN, [_run_row(each.run, "b_") for each in staged if not each.is_new])
    _many(connection, _INSERT_NODE, [row for each in written for row in each.new_nodes()])
    _many(connection, _UPDATE_SPEC, [row for each in written for row in each.new_specs()])
    _many(connection, _UPDATE_NODE, [row for each in written for row in each.changed_nodes()])
    _many(connection, _UPDATE_OUTCOME, [row for each in written for row in each.changed_outcomes()])
    _many(connection, _DELETE_LARGE, [row for each in written for row in each.ended()])
    _many(connection, _INSERT_LARGE, [row for each in written for row in each.large()])
    save_words(connection, {each.staged.run.number: each.words() for each in written})
    _many(connection, _INSERT_EDGE, [row for each in staged for row in _new_edges(each)])


_RUN = ("kind", "name", "state", "created", "started", "finished", "seq", "structure", "size")
_RUN += ("root", "parent_run", "parent_node")
_MADE = ("counts", "single", "folded")
_NODE = ("state", "reason", "seq", "retries", "sent", "received", "started", "finished", "runtime", "worker")
_NODE += ("queue", "repeated", "lost_at", "note", "evidence")
_SPEC = ("task", "args", "kwargs", "options", "immutable", "inputs")
_OUTCOME = Outcome._fields
_LARGE = cast(Table, models.LargeValue.__table__)


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
_INSERT_LARGE = insert(_LARGE)
_DELETE_LARGE = delete(_LARGE).where(
    _LARGE.c.run == bindparam("b_run"),
    _LARGE.c.idx == bindparam("b_idx"),
    sql_text(f"field IN ({', '.join(map(repr, ENDS))})"),
)


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute ``statement`` for each row; what SQLAlchemy would do for each of them anew is done once."""
    if rows:
        sql, order = _compiled(statement, connection.dialect)
        given: Any = [tuple(map(row.__getitem__, order)) for row in rows] if order else rows
        connection.exec_driver_sql(sql, given)


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return the statement as the driver takes it, and the order of its parameters if they have one."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def _run_row(run: Run, prefix: str = "") -> dict[str, Any]:
    values = {name: getattr(run, name) for name in (*_RUN, "number")}
    values["counts"] = dumps(dict(sorted((+run.counts).items())))
    values["name"] = text(run.name)
    values["folded"] = fold(run.name)[: models.LENGTH]
    values["single"] = run.kind == INFERRED and run.size <= 1
    if prefix:
        return {prefix + name: value for name, value in values.items()}
    return values | {"id": run.id}


class _Written:
    """The rows that a batch writes of one run."""

    def __init__(self, staged: Staged, keeping: Keeping) -> None:
        self.staged = staged
        self.keeping = keeping
        self.specs = {idx: keeping.spec(spec) for idx, spec in sorted(staged.specs.items())}
        self.outcomes = {idx: keeping.outcome(outcome) for idx, outcome in sorted(staged.outcomes.items())}

    def new_nodes(self) -> Iterator[dict[str, Any]]:
        staged = self.staged
        for idx in range(staged.known, len(staged.run.nodes)):
            ended = self.outcomes.get(idx)
            yield {
                "run": staged.run.number,
                "idx": idx,
                "id": staged.run.nodes[idx].id,
                **self._state(idx),
                **self.specs[idx].columns,
                **(ended.columns if ended else Outcome()._asdict()),
            }

    def changed_nodes(self) -> Iterator[dict[str, Any]]:
        for idx in sorted(self.staged.touched):
            if idx < self.staged.known:
                yield self._bound(idx, self._state(idx))

    def new_specs(self) -> Iterator[dict[str, Any]]:
        for idx, spec in self.specs.items():
            if idx < self.staged.known:
                yield self._bound(idx, spec.columns)

    def changed_outcomes(self) -> Iterator[dict[str, Any]]:
        for idx, outcome in self.outcomes.items():
            if idx < self.staged.known:
                yield self._bound(idx, outcome.columns)

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield the nodes whose large values may be those of another end."""
        for idx in self.outcomes:
            if idx < self.staged.known:
                yield self._bound(idx, {})

    def large(self) -> Iterator[dict[str, Any]]:
        for kept in (self.specs, self.outcomes):
            for idx, each in kept.items():
                for name, size, value in each.large:
                    row = {"run": self.staged.run.number, "idx": idx, "field": name, "size": size}
                    yield row | {"kept": len(value), "value": value}

    def words(self) -> set[Pair]:
        nodes = self.staged.run.nodes
        return (
            pairs("task", (spec.task for spec in self.staged.specs.values()))
            | pairs("worker", {nodes[idx].worker for idx in self.staged.touched})
            | pairs("error", (outcome.columns["exception"] for outcome in self.outcomes.values()))
        )

    def _state(self, idx: int) -> dict[str, Any]:
        node = self.staged.run.nodes[idx]
        values = {name: getattr(node, name) for name in _NODE if name not in ("seq", "evidence")}
        values["note"] = text(node.note)
        return values | {
            "seq": self.staged.run.seq,
            "evidence": dumps(dump(self.keeping.evidence(node.evidence))),
        }

    def _bound(self, idx: int, values: dict[str, Any]) -> dict[str, Any]:
        bound = {f"b_{name}": value for name, value in values.items()}
        return {"b_run": self.staged.run.number, "b_idx": idx} | bound


def _new_edges(staged: Staged) -> Iterator[dict[str, Any]]:
    for parent, child, kind, position in staged.edges:
        yield {
            "run": staged.run.number,
            "parent": parent,
            "child": child,
            "kind": kind,
            "position": position,
        }
