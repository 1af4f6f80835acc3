"""What a bulk (see :mod:`.bulks`) would do: by summaries, and by the plans of as many runs as time allows."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..choice import Choice
from ..plan import plan
from . import planning
from .board import leads
from .bulks import MOST, Chosen, count, digest, rows_of
from .database import Store
from .filters import RunFilters
from .models import Run

FIRST = 5  # runs that are named
PATIENCE = 1.0  # seconds in which runs are planned

_Row: TypeAlias = Any  # a row, whose columns are attributes


def preview(store: Store, filters: RunFilters, *, patience: float = PATIENCE) -> dict[str, Any]:
    """Return what a bulk of the runs that fit would do.

    Returns
    -------
    told
        ``hash``, which confirms just these ``runs`` (how many) as they are; how many tasks of them ``failed``
        or were revoked, were ``blocked``, and all the ``rest``, by their summaries; ``later``, how many more
        failed runs have a later attempt, so that they are no part of it; ``more``, whether there are more
        than ``MOST``; the ``first`` of them, each with ``id``, ``name``, ``created`` and ``error``.

        Of ``looked_at`` runs, from all over the list and as many as ``patience`` allows, the plans were made:
        ``run`` and ``reuse`` are how many tasks these say, ``refused`` how many runs cannot be resubmitted,
        and ``problems`` why: ``[{"code", "message", "runs"}, ...]``, the most frequent first.
    """
    with store.read() as connection:
        rows = rows_of(connection, filters, Run.__table__)
        later = count(connection, filters, later=True)
        more = len(rows) == MOST and count(connection, filters, later=False) > MOST
        known = leads(connection, rows[:FIRST])
    counts = [json.loads(row.counts) for row in rows]
    failed = sum(each.get(state, 0) for each in counts for state in ("FAILURE", "REVOKED"))
    blocked = sum(each.get("BLOCKED", 0) for each in counts)
    looks = _look(store, rows, time.monotonic() + patience)
    return {
        "hash": digest(Chosen(row.id, row.seq) for row in rows),
        "runs": len(rows),
        "failed": failed,
        "blocked": blocked,
        "rest": sum(row.size for row in rows) - failed - blocked,
        "later": later,
        "more": more,
        "first": [_named(row) | {"error": known[row.number]["error"]} for row in rows[:FIRST]],
        "looked_at": looks.runs,
        "run": looks.tasks["run"],
        "reuse": looks.tasks["reuse"],
        "refused": looks.refused,
        "problems": [
            {"code": code, "message": looks.messages[code], "runs": runs}
            for code, runs in looks.problems.most_common()
        ],
    }


@dataclass(slots=True)
class _Looks:
    """What the plans say of the runs that were looked at."""

    runs: int = 0
    refused: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)


def _look(store: Store, rows: Sequence[_Row], end: float) -> _Looks:
    looks = _Looks()
    choice = Choice(failed=True)
    for row in _spread(rows):
        if time.monotonic() > end:
            break
        if (past := planning.past(store, row.id)) is None:
            continue
        made = plan(past, choice)
        looks.runs += 1
        if not made.ok:
            looks.refused += 1
            problem = made.problems[0] if made.problems else None
            code = problem.code if problem else "nothing"
            looks.problems[code] += 1
            looks.messages.setdefault(code, problem.message if problem else "Nothing of it would run.")
            continue
        looks.tasks.update({name: made.counts[name] for name in ("run", "reuse")})
    return looks


def _spread(rows: Sequence[_Row]) -> Sequence[_Row]:
    """Return all rows, so that the first of them come from all over the list."""
    step = max(1, int(len(rows) ** 0.5))
    return [row for start in range(step) for row in rows[start::step]]


def _named(row: _Row) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "created": row.created}
