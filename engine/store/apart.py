"""Which nodes of a run are out of the ordinary, and so may be told from their like."""

from collections.abc import Collection

from sqlalchemy import or_, select

from .database import Store
from .models import Node
from .rows import find_run

#: What can be told apart, and of which nodes that is so.
APART = {
    "failed": Node.state == "FAILURE",
    "retried": or_(Node.retries > 0, Node.attempt > 0),
}


def apart(store: Store, run_id: str, what: Collection[str]) -> dict[str, list[int]]:
    """Return the indices of the nodes of a run that are so, by ``what`` of ``APART``."""
    with store.read() as connection:
        if not what or (row := find_run(connection, run_id)) is None:
            return {}
        query = select(Node.idx).where(Node.run == row.number, Node.task.is_not(None)).order_by(Node.idx)
        return {each: [*connection.execute(query.where(APART[each])).scalars()] for each in sorted(set(what))}
