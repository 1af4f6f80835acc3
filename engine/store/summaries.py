"""What is said of a run, and of a node in all detail."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from ..evidence import attempts, history, load
from .models import Attempt
from .rows import node_row

_Row: TypeAlias = Any  # a row, whose columns are attributes
_Past: TypeAlias = Mapping[int, Sequence[dict[str, Any]]]  # by idx

_SUMMARY = ("id", "name", "kind", "state", "created", "started", "finished", "seq", "structure", "single")
_SUMMARY += ("root", "by", "made_from", "lineage", "resolved_by")


def summary(row: _Row) -> dict[str, Any]:
    """Return the RunSummary of a row of ``runs``."""
    parent = row.parent_run and {"run": row.parent_run, "node": row.parent_node}
    return {name: getattr(row, name) for name in _SUMMARY} | {
        "nodes": row.size,
        "counts": json.loads(row.counts),
        "parent": parent,
        "options": json.loads(row.options),
        "paused": mark(row.paused_at, row.paused_by),
        "cancelled": mark(row.cancelled_at, row.cancelled_by),
        "waits": json.loads(row.waits),
        "left": row.left_out,
    }


def mark(at: float | None, by: str | None) -> dict[str, Any] | None:
    """Return when something was done to a run, and by whom; None where it was not."""
    return None if at is None else {"at": at, "by": by}


def detail_of(run_id: str, row: _Row, known: dict[str, Any], past: _Past) -> dict[str, Any]:
    """Return the NodeDetail of a row of ``nodes``, less what other nodes have to do with it.

    ``known`` are the sizes of its values, ``past`` its attempts that are over.
    """
    evidence = load(json.loads(row.evidence))
    current = _current(row, attempts(evidence))
    # The last one's row is there once it has ended, and its evidence tells more.
    before = [each for each in past.get(row.idx, ()) if all(each["id"] != other["id"] for other in current)]
    return node_row(row) | {
        "run": run_id,
        **{name: json.loads(getattr(row, name)) for name in ("args", "kwargs", "options", "inputs")},
        "immutable": row.immutable,
        "result": row.result and json.loads(row.result) | known["result"],
        "result_size": row.result_size,
        "exception": row.exception,
        "traceback": row.traceback,
        "note": row.note,
        "lost_at": row.lost_at,
        "source": row.source_run and {"run": row.source_run, "node": row.source_node},
        "rules": row.rules and json.loads(row.rules),
        "values": known,
        "attempts": [*before, *current],
        "history": history(evidence),
    }


def _current(row: _Row, tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is known of the current attempt: each time that a worker took it."""
    if row.conducted and not tries and row.attempt and row.state != "RETRY":
        tries = [_NOTHING | {"state": row.state, "at": row.finished or row.sent, "retries": 0}]
    if tries and tries[-1]["state"] == row.state:
        tries[-1] |= {"exception": row.exception, "traceback": row.traceback}
    if row.conducted:
        own = {"id": row.attempt_id or row.id, "number": row.attempt, "reason": None, "sent": row.sent}
        return [each | own for each in tries]
    return tries


_NOTHING = dict.fromkeys(("worker", "received", "started", "finished", "exception", "traceback"))


def past_of(connection: Connection, run: int, idxs: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the attempts of some nodes that are over, by idx."""
    if not idxs:
        return {}
    names = ("id", "number", "state", "reason", "sent", "started", "finished", "worker", "exception")
    rows = connection.execute(
        select(Attempt.idx, *(getattr(Attempt, name) for name in names))
        .where(Attempt.run == run, Attempt.idx.in_(idxs), Attempt.state.is_not(None))
        .order_by(Attempt.idx, Attempt.number)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.mappings():
        made = {"at": row["finished"] or row["started"] or row["sent"], "retries": 0, "received": None}
        found.setdefault(row["idx"], []).append(
            {name: row[name] for name in names} | made | {"traceback": None}
        )
    return found
