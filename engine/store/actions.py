"""What people did to runs: who, when and what."""

import json
from typing import Any

from sqlalchemy import Connection, select

from .models import Action

SHOWN = 1_000  # of one run, at most: the last ones


def actions_of(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return ``{"at", "by", "what", "detail", "why"}`` of each, in the order in which they were done."""
    columns = (Action.at, Action.by, Action.what, Action.detail, Action.why)
    query = select(*columns).where(Action.run_id == run_id).order_by(Action.number.desc()).limit(SHOWN)
    rows = connection.execute(query).mappings().all()
    return [dict(row) | {"detail": json.loads(row["detail"])} for row in reversed(rows)]
