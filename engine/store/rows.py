"""The table of a run's nodes: sorted, filtered, page by page."""

from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ..values import text
from .database import Store
from .models import DISCARDED, Node, Run

_Row: TypeAlias = Any  # a row, whose columns are attributes

_ROW = (
    Node.idx,
    Node.id,
    Node.task,
    Node.state,
    Node.reason,
    Node.sent,
    Node.received,
    Node.started,
    Node.finished,
    Node.runtime,
    Node.worker,
    Node.queue,
    Node.retries,
    Node.repeated,
    Node.conducted,
    Node.attempt,
    Node.due,
    Node.mark,
    Node.held,
)
_UNSORTED = {"conducted", "mark", "held"}  # nobody asks for it, and null or few values say little


#: what the table may be sorted by
SORTS = {
    ("index" if column.key == "idx" else column.key): column for column in _ROW if column.key not in _UNSORTED
}


def nodes(
    store: Store,
    run_id: str,
    *,
    after: int = -1,
    limit: int = 500,
    states: tuple[str, ...] = (),
    part: str | None = None,
    sort: str = "index",
    descending: bool = False,
) -> dict[str, Any] | None:
    """Return ``{"nodes": [NodeRow, ...], "next": index | None}``, without joins; ``after=next``: the rest.

    Parameters
    ----------
    states
        Only nodes in one of these.
    part
        Only nodes with this in their id, task, worker, queue or exception, whatever its case.
    sort
        One of ``SORTS``. What is equal comes in the order of index; what has no value comes last.
    """
    column = SORTS[sort]
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        query = select(*_ROW).where(Node.run == row.number, Node.task.is_not(None))
        if states:
            query = query.where(Node.state.in_(states))
        if part:
            query = query.where(_has(part))
        if after >= 0:
            query = query.where(_behind(connection, row.number, after, column, descending))
        if column is not Node.idx or descending:
            query = query.order_by(column.is_(None), column.desc() if descending else column)
        found = connection.execute(query.order_by(Node.idx).limit(limit + 1)).all()
    page = [node_row(each) for each in found[:limit]]
    return {"nodes": page, "next": page[-1]["index"] if len(found) > limit and page else None}


def _has(part: str) -> ColumnElement[bool]:
    wanted = (text(part) or "").lower()
    columns = (Node.id, Node.task, Node.worker, Node.queue, Node.exception)
    return or_(*(func.lower(column).contains(wanted, autoescape=True) for column in columns))


def _behind(
    connection: Connection, number: int, after: int, column: Any, descending: bool
) -> ColumnElement[bool]:
    """Return what comes after the node ``after`` in that order, by where it stands now."""
    if column is Node.idx:
        return column < after if descending else column > after
    value = connection.execute(select(column).where(Node.run == number, Node.idx == after)).scalar()
    if value is None:
        return and_(column.is_(None), Node.idx > after)
    further = column < value if descending else column > value
    return or_(further, and_(column == value, Node.idx > after), column.is_(None))


def node_row(row: _Row) -> dict[str, Any]:
    """Return a NodeRow."""
    made = {column.key: getattr(row, column.key) for column in _ROW}
    made["index"] = made.pop("idx")
    if made["task"] is None:
        made["state"] = None
    return made


def can_be(given: str) -> bool:
    """Whether ``given`` can be an id: no database knows what it cannot spell."""
    return text(given) == given


def find_run(connection: Connection, run_id: str) -> _Row | None:
    """Return the row of a run by its id."""
    if not can_be(run_id):
        return None
    query = select(Run.__table__).where(Run.id == run_id, Run.state != DISCARDED)
    return connection.execute(query).one_or_none()
