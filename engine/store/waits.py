"""Why a task is not running: what it waits for, and what holds it back.

Each reason is an object with its ``kind``:

=========  =================================================================================================
parents    ``nodes`` ``[{"index", "id", "task", "state"}, ...]`` that have not ended, ``total`` of them
held       somebody holds it: it is not sent until it is released
paused     the run is, since ``at``, ``by`` somebody
window     ``limit`` tasks ``of`` this ``run`` or of ``all`` are out, and no more may be
rate       tasks of its name are sent at a ``rate``; the ``next`` at that time
lock       a ``node`` of a ``run`` holds the lock ``key``
retry      it failed, and is sent again ``at`` that time
eta        it was sent, to start no sooner than ``at``
queue      it was sent to ``queue`` (null: not known to which); ``why`` nobody takes it, where that is known
=========  =================================================================================================
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection

from .neighbours import neighbours

_Row: TypeAlias = Any  # a row, whose columns are attributes

NAMED = 20  # parents that are listed


def waits_of(connection: Connection, run: _Row, node: _Row, now: float) -> list[dict[str, Any]]:
    """Return why a node is not running; empty where it runs, has ended or is about to be sent."""
    if node.task is None:
        return []
    if node.state == "PENDING" or (node.state == "RETRY" and node.due is not None):
        return [*_unmet(connection, node), *(_held(run, node, now) if node.conducted else ())]
    if node.state in ("SENT", "RECEIVED"):
        return list(_underway(run, node, now))
    return []


def _unmet(connection: Connection, node: _Row) -> Iterator[dict[str, Any]]:
    nodes, total = neighbours(connection, node.run, node.idx, upwards=True, open_only=True, limit=NAMED)
    if total:
        yield {"kind": "parents", "nodes": nodes, "total": total}


def _held(run: _Row, node: _Row, now: float) -> Iterator[dict[str, Any]]:
    """Yield what keeps the conductor from sending it, in the order in which that is looked at."""
    if node.held:
        yield {"kind": "held"}
    if run.paused_at is not None:
        yield {"kind": "paused", "at": run.paused_at, "by": run.paused_by}
    if node.due is not None and node.due > now:
        yield {"kind": "retry", "at": node.due}
    waits = json.loads(run.waits)
    if window := waits.get("window"):
        yield {"kind": "window"} | window
    if rate := waits.get("rates", {}).get(node.task):
        yield {"kind": "rate"} | rate
    key = json.loads(node.rules).get("lock") if node.rules else None
    if key is not None and (holder := waits.get("locks", {}).get(key)):
        yield {"kind": "lock", "key": key} | holder


def _underway(run: _Row, node: _Row, now: float) -> Iterator[dict[str, Any]]:
    options = json.loads(node.options)
    if (at := _eta(options, node.sent)) is not None and at > now:
        yield {"kind": "eta", "at": at}
    elif node.state == "SENT":
        queue = node.queue or options.get("queue")
        name = queue if isinstance(queue, str) else None
        yield {"kind": "queue", "queue": name, "why": json.loads(run.waits).get("queues", {}).get(name)}


def _eta(options: dict[str, Any], sent: float | None) -> float | None:
    """Return when a task may start, where its options say so."""
    countdown, eta = options.get("countdown"), options.get("eta")
    if isinstance(countdown, int | float) and sent is not None:
        return sent + countdown
    if isinstance(eta, dict):  # as kombu spells a datetime
        eta = eta.get("__value__")
    if not isinstance(eta, str):
        return eta if isinstance(eta, int | float) else None
    try:
        moment = datetime.fromisoformat(eta)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
