"""Search in one run: which of its tasks have some text in what is shown of them, and where."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, case, false, func, or_, select

from ..machine import STATES
from ..stretches import stretches
from ..values import text
from .database import Store
from .models import Node
from .rows import find_run

MOST = 100_000  # hits
SECONDS = 3.0  # after which no more is looked at
CHUNK = 5_000  # nodes that are looked at between two looks at the clock
QUOTED = 100  # hits whose text is told, the first ones
AROUND = 60  # characters of it before and after what was found
SHORTEST = 3  # characters of the beginning of a state

_Condition: TypeAlias = ColumnElement[bool]
_Row: TypeAlias = Any  # a row, whose columns are attributes

#: What is searched, the most telling first, and the columns of each.
FIELDS: Mapping[str, Sequence[Any]] = {
    "id": (Node.id, Node.attempt_id),
    "name": (Node.task,),
    "argument": (Node.args, Node.kwargs),
    "exception": (Node.exception,),
    "worker": (Node.worker,),
    "queue": (Node.queue,),
    "reason": (Node.reason,),
    "state": (Node.state,),
}
#: Words that pages have for states.
_WORDS = {"succeeded": "SUCCESS", "done": "SUCCESS", "failed": "FAILURE", "running": "STARTED"}
_WORDS |= {"retrying": "RETRY"} | {state.lower(): state for state in STATES}


def search(
    store: Store, run_id: str, wanted: str, *, most: int = MOST, seconds: float = SECONDS
) -> dict[str, Any] | None:
    """Find the tasks of a run that have ``wanted`` in their id, name, arguments, exception and so on.

    Parameters
    ----------
    wanted
        Any text. It is found within what a node shows (values of more than 8 KiB are there in part), as it
        stands; the case of ASCII letters does not matter. A state is found by the beginning of its name.
    most
        Hits after which to stop.
    seconds
        The time after which to stop; at least ``CHUNK`` nodes are looked at.

    Returns
    -------
    found
        ``{"total", "hits", "quotes", "cut", "searched"}``, or None where there is no such run. ``hits`` has
        for each of ``FIELDS`` in which something was found pairs of a first index and how many follow each
        other; a node counts where it tells most. ``quotes`` tell of the first ``QUOTED`` nodes the text in
        which it was found: ``[index, before, found, after]``. ``cut`` is "hits" or "time" where the search
        did not look at every node, else None, and ``searched`` is the index up to which it did.
    """
    end = time.monotonic() + seconds
    needle = text(wanted) or ""
    with store.read() as connection:
        if (run := find_run(connection, run_id)) is None:
            return None
        last = connection.execute(select(func.max(Node.idx)).where(Node.run == run.number)).scalar() or 0
        like = _Like(connection, needle)
        hits: list[tuple[int, str]] = []
        searched, cut = -1, None
        while searched < last and cut is None:
            upto = min(searched + CHUNK, last)
            found = connection.execute(
                select(Node.idx, like.which)
                .where(Node.run == run.number, Node.idx > searched, Node.idx <= upto)
                .where(Node.task.is_not(None), like.any)
                .order_by(Node.idx)
                .limit(most + 1 - len(hits))
            ).all()
            hits += [(row[0], row[1]) for row in found]
            searched = upto
            if len(hits) > most:
                cut, searched = "hits", hits[most][0] - 1
            elif time.monotonic() > end and searched < last:
                cut = "time"
        del hits[most:]
        quotes = _quotes(connection, run.number, hits[:QUOTED], like)
    told: dict[str, list[int]] = {}
    for idx, field in hits:
        told.setdefault(field, []).append(idx)
    return {
        "total": len(hits),
        "hits": {field: list(stretches(found)) for field, found in told.items()},
        "quotes": quotes,
        "cut": cut,
        "searched": searched,
    }


class _Like:
    """The conditions for one text."""

    def __init__(self, connection: Connection, needle: str) -> None:
        self._like = "ilike" if connection.dialect.name == "postgresql" else "like"  # as SQLite's always is
        self.plain = list(dict.fromkeys((needle, needle.lower())))
        # Arguments are kept as JSON in ASCII: a text in them may be spelled with escapes, or be JSON itself.
        spelled = (json.dumps(each)[1:-1] for each in self.plain)
        self.json = list(dict.fromkeys((*spelled, *self.plain, _compact(needle))))
        self.pattern = re.compile("|".join(map(re.escape, (*self.plain, *self.json))), re.IGNORECASE)
        states = sorted({state for word, state in _WORDS.items() if _begins(word, needle)})
        conditions = {field: self._has(field, columns) for field, columns in FIELDS.items()}
        conditions["state"] = Node.state.in_(states) if states else false()
        self.any = or_(*conditions.values())
        self.which = case(*((found, field) for field, found in conditions.items()))

    def _has(self, field: str, columns: Sequence[Any]) -> _Condition:
        needles = self.json if field == "argument" else self.plain
        return or_(*(self._one(column, needle) for column in columns for needle in needles))

    def _one(self, column: Any, needle: str) -> _Condition:
        for sign in "/%_":
            needle = needle.replace(sign, f"/{sign}")
        found = getattr(column, self._like)(f"%{needle}%", escape="/")
        return and_(column.is_not(None), found)


def _compact(needle: str) -> str:
    """Return JSON as we keep it, where ``needle`` is some."""
    try:
        return json.dumps(json.loads(needle), separators=(",", ":"))
    except ValueError:
        return needle


def _begins(word: str, needle: str) -> bool:
    return len(needle) >= SHORTEST and word.startswith(needle.lower())


def _quotes(
    connection: Connection, run: int, hits: Sequence[tuple[int, str]], like: _Like
) -> list[list[Any]]:
    columns = {column for each in FIELDS.values() for column in each}
    query = select(Node.idx, *columns).where(Node.run == run, Node.idx.in_([index for index, _ in hits]))
    rows = {row.idx: row for row in connection.execute(query)}
    return [[index, *_quote(rows[index], field, like)] for index, field in hits]


def _quote(row: _Row, field: str, like: _Like) -> list[str]:
    shown = [value for column in FIELDS[field] if (value := getattr(row, column.key))]
    for value in shown:
        whole = _readable(value) if field == "argument" else value
        if found := like.pattern.search(whole):
            first, last = max(0, found.start() - AROUND), found.end() + AROUND
            before = ("…" if first else "") + whole[first : found.start()]
            return [before, found[0], whole[found.end() : last] + ("…" if last < len(whole) else "")]
    return [shown[0][: 2 * AROUND] if shown else "", "", ""]


def _readable(value: str) -> str:
    """Return JSON without the escapes of what can be read."""
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))
