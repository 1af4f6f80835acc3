"""Many failed runs that are resubmitted at once: which those are, and what has come of each.

A run is chosen if it failed or was revoked, no later run resolved it, and none was made from it: of a line of
attempts only the last counts, or what failed would run once for each attempt that was made of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, delete, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from ..values import dumps
from .board import FAILED
from .filters import RunFilters, conditions, members
from .models import Action, Bulk, BulkItem, Run
from .statements import inserting, many

MOST = 10_000  # runs of one bulk; who has more does it again
KEPT = 90 * 86_400.0  # seconds for which it is known what came of a bulk that has ended
RUNNING, DONE, STOPPED = "RUNNING", "DONE", "STOPPED"
OUTCOMES = ("resubmitted", "changed", "refused", "stopped")

_Row: TypeAlias = Any  # a row, whose columns are attributes


class Chosen(NamedTuple):
    """A run of a bulk, as it was when it was chosen."""

    run: str
    seq: int


class Item(NamedTuple):
    """A run of a bulk that nothing was done about yet."""

    bulk: str
    position: int
    run: str
    seq: int


class Outcome(NamedTuple):
    """What has come of a run of a bulk."""

    item: Item
    outcome: str
    new_run: str | None = None
    message: str | None = None


class Begun(NamedTuple):
    """Somebody wants a bulk."""

    id: str
    at: float
    by: str | None
    why: str | None
    filters: RunFilters


def digest(chosen: Iterable[Chosen]) -> str:
    """Return the hash of runs as they are: who confirms it confirms these, and nothing that came later."""
    return sha256(json.dumps([list(each) for each in chosen]).encode()).hexdigest()


def choose(connection: Connection, filters: RunFilters) -> list[Chosen]:
    """Return the runs that fit, the oldest first, ``MOST`` at most."""
    rows = rows_of(connection, filters, Run.id, Run.seq)
    return [Chosen(row.id, row.seq) for row in rows]


def rows_of(connection: Connection, filters: RunFilters, *columns: Any) -> Sequence[_Row]:
    """Return columns of the runs that fit, the oldest first, ``MOST`` at most."""
    those = _those(connection, filters)
    if those is None:
        return []
    query = select(*columns).where(Run.number.in_(select(those.c.number)), ~_has_later())
    return connection.execute(query.order_by(Run.number).limit(MOST)).all()


def count(connection: Connection, filters: RunFilters, *, later: bool) -> int:
    """Return how many failed runs fit that have a later attempt, or that have none."""
    those = _those(connection, filters)
    if those is None:
        return 0
    wanted = _has_later() if later else ~_has_later()
    query = select(func.count()).where(Run.number.in_(select(those.c.number)), wanted)
    return connection.execute(query).scalar() or 0


def _those(connection: Connection, filters: RunFilters) -> Any:
    states = tuple(state for state in filters.states or FAILED if state in FAILED)
    if not states:
        return None
    open_ones = replace(filters, states=states, resolved=False, superseded=None)
    return members(conditions(connection, open_ones), singles=filters.singles)


def _has_later() -> Any:
    later = aliased(Run)
    return exists().where(later.made_from == Run.id)


# what the conductor writes


def begin(connection: Connection, wanted: Begun, chosen: Sequence[Chosen]) -> None:
    """Keep a bulk of these runs, and let go of those that are long over."""
    old = select(Bulk.id).where(Bulk.finished < wanted.at - KEPT)
    connection.execute(delete(BulkItem).where(BulkItem.bulk.in_(old)))
    connection.execute(delete(Bulk).where(Bulk.finished < wanted.at - KEPT))
    given = {name: value for name, value in asdict(wanted.filters).items() if value not in (None, (), False)}
    row = {"id": wanted.id, "at": wanted.at, "by": wanted.by, "why": wanted.why, "state": RUNNING}
    row |= {"total": len(chosen), "choice": dumps({"failed": True}), "filter": dumps(given)}
    connection.execute(insert(Bulk), row)
    empty = {"b_outcome": None, "b_new_run": None, "b_message": None, "b_bulk": wanted.id}
    items = [
        empty | {"b_position": position, "b_run": each.run, "b_seq": each.seq}
        for position, each in enumerate(chosen)
    ]
    many(connection, inserting(BulkItem), items)
    _act(connection, wanted.at, wanted.by, "bulk", {"bulk": wanted.id, "runs": len(chosen)}, wanted.why)


def stop(connection: Connection, bulk: str, at: float, by: str | None, why: str | None) -> int:
    """Have nothing more of a bulk begun; return of how many runs."""
    open_ones = (BulkItem.bulk == bulk, BulkItem.outcome.is_(None))
    stopped = connection.execute(update(BulkItem).where(*open_ones).values(outcome="stopped")).rowcount
    values = {"state": STOPPED, "stopped_at": at, "stopped_by": by, "finished": at}
    connection.execute(update(Bulk).where(Bulk.id == bulk).values(values))
    _act(connection, at, by, "stop", {"bulk": bulk, "runs": stopped}, why)
    return stopped


def settle(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Keep what has come of runs."""
    for each in outcomes:
        values = {"outcome": each.outcome, "new_run": each.new_run, "message": each.message}
        mine = (BulkItem.bulk == each.item.bulk, BulkItem.position == each.item.position)
        connection.execute(update(BulkItem).where(*mine, BulkItem.outcome.is_(None)).values(values))


def finish(connection: Connection, bulk: str, at: float) -> None:
    """Note that each run of a bulk has had its turn."""
    connection.execute(
        update(Bulk).where(Bulk.id == bulk, Bulk.state == RUNNING).values(state=DONE, finished=at)
    )


def state_of(connection: Connection, bulk: str) -> str | None:
    """Return the state of a bulk; None where there is none."""
    return connection.execute(select(Bulk.state).where(Bulk.id == bulk)).scalar()


def about(connection: Connection, bulk: str) -> tuple[str | None, str | None]:
    """Return who wanted a bulk, and why."""
    row = connection.execute(select(Bulk.by, Bulk.why).where(Bulk.id == bulk)).one()
    return row.by, row.why


def unfinished(connection: Connection) -> list[str]:
    """Return the bulks that go on, the oldest first."""
    return list(connection.execute(select(Bulk.id).where(Bulk.state == RUNNING).order_by(Bulk.at)).scalars())


def going(connection: Connection, bulk: str) -> set[str]:
    """Return the runs that a bulk made and that have not ended."""
    query = select(Run.id).join(BulkItem, BulkItem.new_run == Run.id)
    live = (BulkItem.bulk == bulk, BulkItem.outcome == "resubmitted", Run.state.in_(("PENDING", "RUNNING")))
    return set(connection.execute(query.where(*live)).scalars())


def next_of(connection: Connection, bulk: str, limit: int) -> list[Item]:
    """Return the first runs of a bulk that nothing was done about."""
    columns = (BulkItem.bulk, BulkItem.position, BulkItem.run, BulkItem.seq)
    open_ones = (BulkItem.bulk == bulk, BulkItem.outcome.is_(None))
    rows = connection.execute(select(*columns).where(*open_ones).order_by(BulkItem.position).limit(limit))
    return [Item(*row) for row in rows]


def known(connection: Connection, runs: Iterable[str]) -> Mapping[str, _Row]:
    """Return ``id``, ``state``, ``seq`` and ``resolved_by`` of those of ``runs`` that are there."""
    query = select(Run.id, Run.state, Run.seq, Run.resolved_by).where(Run.id.in_(list(runs)))
    return {row.id: row for row in connection.execute(query)}


def _act(
    connection: Connection, at: float, by: str | None, what: str, detail: dict[str, Any], why: str | None
) -> None:
    row = {"run_id": None, "at": at, "by": by, "what": what, "detail": dumps(detail), "why": why}
    connection.execute(insert(Action), row)
