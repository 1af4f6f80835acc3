"""What was committed to be sent, and may not have been published yet.

``writes.save`` adds to it, in the transaction that makes a node SENT; :func:`published` takes away what has
gone out, in a later one. What is still there when a conductor begins is published again, under the same ids.
"""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from .models import Outgoing
from .statements import many


class Entry(NamedTuple):
    """An attempt of a node that is to be published."""

    number: int  # its place: they are published in this order
    run: int
    idx: int
    task_id: str


def entries(connection: Connection, after: int = 0) -> list[Entry]:
    """Return what is there, behind the entry with the number ``after``."""
    columns = (Outgoing.number, Outgoing.run, Outgoing.idx, Outgoing.task_id)
    query = select(*columns).where(Outgoing.number > after).order_by(Outgoing.number)
    return [Entry(*row) for row in connection.execute(query)]


def published(connection: Connection, up_to: int) -> None:
    """Take away what has gone out: every entry up to the one with the number ``up_to``."""
    many(connection, _PUBLISHED, [{"up_to": up_to}])


_PUBLISHED = delete(Outgoing).where(Outgoing.number <= bindparam("up_to"))


def next_number(connection: Connection) -> int:
    """Return the number that the next entry gets."""
    return (connection.execute(select(func.max(Outgoing.number))).scalar() or 0) + 1
