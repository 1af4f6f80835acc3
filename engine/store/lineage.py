"""The line of runs that were made from one another, and how far what failed in it is mended."""

import json
from typing import Any, TypeAlias

from sqlalchemy import Connection, or_, select

from .database import Store
from .models import DISCARDED, Action, Run
from .rows import find_run

_Row: TypeAlias = Any  # a row, whose columns are attributes

SHOWN = 1_000  # runs of a line, at most: the last ones
RESUBMIT = "resubmit"  # what an action is called that made a run from another

_COLUMNS = (Run.id, Run.name, Run.state, Run.made_from, Run.created, Run.finished, Run.by, Run.resolved_by)


def lineage(store: Store, run_id: str) -> dict[str, Any] | None:
    """Return ``{"runs": [...]}``: the runs of the line that a run is in, the oldest first.

    Each has ``id``, ``name``, ``state``, ``made_from``, ``created``, ``finished``, ``by``, ``size`` (tasks),
    ``counts`` (of them, by state), ``left``, ``resolved_by`` and ``why`` it was made, as somebody said.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        first = row.lineage or row.id
        query = (
            select(*_COLUMNS, Run.size, Run.counts, Run.left_out.label("left"))
            .where(or_(Run.id == first, Run.lineage == first), Run.state != DISCARDED)
            .order_by(Run.number.desc())
            .limit(SHOWN)
        )
        rows = connection.execute(query).mappings().all()
        reasons = _reasons(connection, {each["made_from"] for each in rows} - {None})
    runs = [dict(each) | {"counts": json.loads(each["counts"])} for each in reversed(rows)]
    return {"runs": [each | {"why": reasons.get(each["id"])} for each in runs]}


def _reasons(connection: Connection, made_from: set[str]) -> dict[str, str | None]:
    """Return why runs were made, by their ids."""
    query = select(Action.detail, Action.why).where(Action.run_id.in_(made_from), Action.what == RESUBMIT)
    return {json.loads(row.detail).get("as"): row.why for row in connection.execute(query)}
