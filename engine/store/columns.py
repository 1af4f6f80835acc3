"""What is known of all nodes of a run, column by column: light enough for 100,000 of them.

A column is ``{"values": [...]}``, a value for each node; or, where few values are had by many,
``{"values": [...], "codes": [...]}``: each value once, and for each node its place among them.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, case, func, select

from .database import Store
from .models import Node
from .rows import find_run

_Row: TypeAlias = Any  # a row, whose columns are attributes
Column: TypeAlias = dict[str, list[Any]]

LONGEST = 160  # characters of what is shown of a task's arguments


def _plain(values: Iterable[Any]) -> Column:
    return {"values": list(values)}


def _moments(values: Iterable[float | None]) -> Column:
    """Return times to the millisecond: half the length."""
    return {"values": [None if value is None else round(value, 3) for value in values]}


def _coded(values: Iterable[Any]) -> Column:
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return {"values": list(places), "codes": codes}


def _options(values: Iterable[str]) -> Column:
    """Return of a task's options what says where and when it may run."""
    column = _coded(values)
    told = _coded(map(_telling, column["values"]))
    return {
        "values": [None if each is None else json.loads(each) for each in told["values"]],
        "codes": [told["codes"][code] for code in column["codes"]],
    }


def _telling(spelled: str) -> str | None:
    options = json.loads(spelled)
    kept = {name: options[name] for name in ("queue", "umbel") if name in options}
    return json.dumps(kept) if kept else None


def _arguments(values: Iterable[str]) -> Column:
    return {"values": [_unwrapped(value) for value in values]}


def _unwrapped(spelled: str) -> str:
    """Return ``"a", 1 "size": 2`` of ``["a", 1]{"size": 2}``, each of which may be cut off."""
    args, _, kwargs = spelled.partition("\n")
    parts = (part[1:].removesuffix("]" if part[0] == "[" else "}") for part in (args, kwargs) if part)
    return " ".join(part for part in parts if part)[:LONGEST]


_SPELLED = func.substr(Node.args, 1, LONGEST + 2) + "\n" + func.substr(Node.kwargs, 1, LONGEST + 2)
_STATE = case((Node.task.is_not(None), Node.state), else_=None)  # a join has none

#: Each column by its name: where it is read, and how it is told.
COLUMNS: dict[str, tuple[Any, Callable[[Any], Column]]] = {
    "id": (Node.id, _plain),
    "task": (Node.task, _coded),
    "state": (_STATE, _coded),
    "reason": (Node.reason, _coded),
    "worker": (Node.worker, _coded),
    "queue": (Node.queue, _coded),
    "sent": (Node.sent, _moments),
    "received": (Node.received, _moments),
    "started": (Node.started, _moments),
    "finished": (Node.finished, _moments),
    "runtime": (Node.runtime, _plain),
    "retries": (Node.retries, _plain),
    "attempt": (Node.attempt, _plain),
    "repeated": (Node.repeated, _plain),
    "options": (Node.options, _options),
    "mark": (Node.mark, _coded),
    "held": (Node.held, _coded),
    "source_run": (Node.source_run, _coded),
    "source_node": (Node.source_node, _plain),
    "arguments": (_SPELLED.label("arguments"), _arguments),
}


def columns(store: Store, run_id: str, of: Sequence[str], *, since: int = 0) -> dict[str, Any] | None:
    """Return ``{"seq", "index": [...] | None, "of": {name: column}}``.

    Parameters
    ----------
    of
        Names of ``COLUMNS``.
    since
        Only nodes that have changed after this sequence number of the run.

    Returns
    -------
    columns
        Of every node, joins too (their task is null), in the order of their indices. ``index`` is None where
        all are there, 0, 1, 2 and so on; ``seq`` is what to ask ``since`` the next time.
    """
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        index, *values = _read(connection, row.number, [COLUMNS[name][0] for name in of], since)
    return {
        "seq": row.seq,
        "index": None if not since and index == list(range(len(index))) else index,
        "of": {name: COLUMNS[name][1](each) for name, each in zip(of, values, strict=True)},
    }


def _read(connection: Connection, number: int, wanted: Sequence[Any], since: int) -> list[list[Any]]:
    query = select(Node.idx, *wanted).where(Node.run == number).order_by(Node.idx)
    if since:
        query = query.where(Node.seq > since)
    rows = connection.execute(query).all()
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(len(wanted) + 1)]
