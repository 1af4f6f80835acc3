"""What of a run that goes on a change of it depends on: all in few statements, and the values it changes."""

from dataclasses import replace
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, and_, bindparam, select

from ..amendment import Change, Standing
from ..run import EdgeRow
from . import originals
from .database import Store
from .models import Edge, Node
from .planning import named
from .rows import find_run

_Row: TypeAlias = Any  # a row, whose columns are attributes


def standing(store: Store, run_id: str, change: Change) -> Standing | None:
    """Return a run as it stands, as far as ``change`` depends on it."""
    with store.read() as connection:
        row = find_run(connection, run_id)
        return row and read(connection, row, change)


def read(connection: Connection, run: _Row, change: Change) -> Standing:
    """Return the run of a row of ``runs`` as it stands."""
    rows = connection.execute(_NODES, {"number": run.number}).all()
    edges = cast(list[EdgeRow], connection.execute(_EDGES, {"number": run.number}).all())
    ids, tasks, states, held, untouched, dues, rules = (
        map(list, zip(*rows, strict=True)) if rows else [[]] * 7
    )
    made = Standing(
        id=run.id,
        kind=run.kind,
        ended=run.state not in ("PENDING", "RUNNING"),
        ids=ids,
        tasks=tasks,
        states=states,
        held={idx for idx, each in enumerate(held) if each},
        untouched={idx for idx, each in enumerate(untouched) if each},
        due={idx for idx, each in enumerate(dues) if each is not None},
        edges=edges,
        run_when={
            idx: when
            for idx, each in enumerate(rules)
            if each is not None and (when := named(each)) not in (None, "all_success")
        },
    )
    touched = made.indices(change.nodes)
    specs = originals.signatures(connection, run.number, touched) if touched else {}
    return replace(made, specs=specs)


# Nobody has it, and nobody had: what is sent again is no longer PENDING.
_UNTOUCHED = and_(Node.conducted, Node.evidence == "[]", Node.attempt == 0, Node.due.is_(None))
_NODES = (
    select(Node.id, Node.task, Node.state, Node.held, _UNTOUCHED, Node.due, Node.rules)
    .where(Node.run == bindparam("number"))
    .order_by(Node.idx)
)
_EDGES = select(Edge.parent, Edge.child, Edge.kind, Edge.position).where(Edge.run == bindparam("number"))
