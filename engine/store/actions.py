"""What people did to runs: who, when, what and why. It is kept for as long as the database."""

import json
from typing import Any

from sqlalchemy import Connection, select

from .database import Store
from .models import Action

AMEND = "amend"  # what an action is called that changed a run which went on
SHOWN = 1_000  # of one run, at most: the last ones


def actions_of(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return ``{"at", "by", "what", "detail", "why"}`` of each, in the order in which they were done."""
    columns = (Action.at, Action.by, Action.what, Action.detail, Action.why)
    query = select(*columns).where(Action.run_id == run_id).order_by(Action.number.desc()).limit(SHOWN)
    rows = connection.execute(query).mappings().all()
    return [dict(row) | {"detail": json.loads(row["detail"])} for row in reversed(rows)]


def amended_by(connection: Connection, run_id: str, request: str) -> int | None:
    """Return how many tasks of a run a request has changed; None where it has not been carried out."""
    query = select(Action.detail).where(Action.run_id == run_id, Action.what == AMEND)
    for detail in connection.execute(query).scalars():
        if (said := json.loads(detail)).get("request") == request:
            return said.get("touched")
    return None


def trail(
    store: Store, *, run_id: str | None = None, after: str | None = None, limit: int = 100
) -> dict[str, Any]:
    """Return ``{"actions": [...], "next": key | None}``: what was done, the last of it first.

    Each is ``{"number", "at", "by", "what", "why", "run", "detail"}``; ``run`` is null of what was done to
    many at once. ``after=next`` gives the rest. A key that is none of ours gives an empty page.

    Parameters
    ----------
    run_id
        Only what was done to this run, whether it is still there or not.
    """
    columns = (Action.number, Action.at, Action.by, Action.what, Action.why, Action.run_id.label("run"))
    query = select(*columns, Action.detail).order_by(Action.number.desc()).limit(limit + 1)
    if run_id is not None:
        query = query.where(Action.run_id == run_id)
    if after is not None:
        query = query.where(Action.number < (int(after) if after.isdecimal() and len(after) < 19 else 0))
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    page = [dict(row) | {"detail": json.loads(row["detail"])} for row in rows[:limit]]
    return {"actions": page, "next": str(page[-1]["number"]) if len(rows) > limit and page else None}
