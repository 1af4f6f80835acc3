"""How many runs stand in each column of the board, and what a card says of its run besides the summary."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select

from .database import Store
from .filters import RunFilters, conditions, members
from .models import DISCARDED, Run, RunWord, Word

FAILED = ("FAILURE", "REVOKED")  # what a later run may resolve

_Row: TypeAlias = Any  # a row, whose columns are attributes


def columns(store: Store, filters: RunFilters) -> dict[str, int]:
    """Return ``{"running", "failed", "resolved", "succeeded"}``: how many runs, all that fit are counted.

    Failed are those that no later run resolved, and of which no other attempt was made. What ``filters`` say
    of that and of states counts for nothing: the columns say it.
    """
    filters = replace(filters, states=(), resolved=None, superseded=None)
    with store.read() as connection:
        # This is read from an index alone, and the others look at what failed only.
        those = members(conditions(connection, filters), singles=filters.singles)
        query = select(Run.state, func.count()).join(those, those.c.number == Run.number)
        counts = {row.state: row[1] for row in connection.execute(query.group_by(Run.state))}
        mended = _count(connection, replace(filters, states=FAILED, resolved=True))
        failed = _count(connection, replace(filters, states=FAILED, resolved=False, superseded=False))
    return {
        "running": counts.get("PENDING", 0) + counts.get("RUNNING", 0),
        "failed": failed,
        "resolved": mended,
        "succeeded": counts.get("SUCCESS", 0),
    }


def _count(connection: Connection, filters: RunFilters) -> int:
    those = members(conditions(connection, filters), singles=filters.singles)
    return connection.execute(select(func.count()).select_from(those)).scalar() or 0


def leads(connection: Connection, rows: Sequence[_Row]) -> dict[int, dict[str, Any]]:
    """Return ``{"error", "attempt", "later"}`` of runs by number.

    An error of what failed, which attempt it is, and the last run that was made of it, if one was.

    The first attempt, which was made from no other run, is 1. One whose ancestors were deleted counts those
    that are left.
    """
    errors = _errors(connection, [row.number for row in rows if row.state in FAILED])
    made_from = _made_from(connection, {row.lineage for row in rows if row.lineage and row.made_from})
    later = _later(connection, [row.id for row in rows])
    return {
        row.number: {
            "error": errors.get(row.number),
            "attempt": _depth(row.made_from, made_from),
            "later": later.get(row.id),
        }
        for row in rows
    }


def _errors(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    if not numbers:
        return {}
    of_runs = (RunWord.run.in_(numbers), Word.kind == "error")
    first = select(RunWord.run, func.min(Word.id).label("id")).join(Word, Word.id == RunWord.word)
    found = first.where(*of_runs).group_by(RunWord.run).subquery()
    rows = connection.execute(select(found.c.run, Word.value).join(Word, Word.id == found.c.id))
    return {row.run: row.value for row in rows}


def _later(connection: Connection, runs: Sequence[str]) -> dict[str, str]:
    query = select(Run.made_from, Run.id).where(Run.made_from.in_(runs), Run.state != DISCARDED)
    return {row.made_from: row.id for row in connection.execute(query.order_by(Run.number))}


def _made_from(connection: Connection, lineages: set[str]) -> dict[str, str | None]:
    if not lineages:
        return {}
    rows = connection.execute(select(Run.id, Run.made_from).where(Run.lineage.in_(lineages)))
    return {row.id: row.made_from for row in rows}


def _depth(parent: str | None, made_from: Mapping[str, str | None]) -> int:
    depth, seen = 1, set[str]()
    while parent is not None and parent not in seen:
        seen.add(parent)
        depth += 1
        parent = made_from.get(parent)
    return depth
