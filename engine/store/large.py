"""Values that do not fit beside their nodes: how large they are, and as whole as they are kept."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from .database import Store
from .models import LargeValue, Node
from .rows import can_be, find_run

JSON = ("args", "kwargs", "options")
FIELDS = (*JSON, "result", "exception", "traceback")


def sizes_of(connection: Connection, node: Any) -> dict[str, dict[str, Any]]:
    """Return ``{field: {"size": characters, "cut": bool}}`` for each value that a node has."""
    query = select(LargeValue.field, LargeValue.size)
    rows = connection.execute(query.where(LargeValue.run == node.run, LargeValue.idx == node.idx)).all()
    return sizes(node, dict(rows))  # type: ignore[arg-type]


def sizes(node: Any, large: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return the same, given the sizes of those values that are kept apart."""
    found: dict[str, dict[str, Any]] = {}
    for field in FIELDS:
        if (kept := getattr(node, field)) is not None:
            inside = _inside(kept) if field == "result" else kept
            size = large.get(field) or len(inside)
            found[field] = {"size": max(size, node.result_size or 0) if field == "result" else size}
            found[field]["cut"] = found[field]["size"] > len(inside)
    return found


def large_of(connection: Connection, run: int, first: int, last: int) -> dict[int, dict[str, int]]:
    """Return the sizes of the values that are kept apart, by idx, of the nodes from ``first`` to ``last``."""
    query = select(LargeValue.idx, LargeValue.field, LargeValue.size)
    rows = connection.execute(query.where(LargeValue.run == run, LargeValue.idx.between(first, last)))
    found: dict[int, dict[str, int]] = {}
    for idx, field, size in rows:
        found.setdefault(idx, {})[field] = size
    return found


def value(store: Store, run_id: str, node_id: str, field: str) -> dict[str, Any] | None:
    """Return ``{"value", "size", "cut"}`` of one of ``FIELDS``, as whole as it is kept, or None.

    What is no text is JSON, ``{"json": value}`` or ``{"repr": text}`` in a result. Where ``cut`` says that it
    is not whole, it is the beginning of its text.
    """
    if field not in FIELDS or not can_be(node_id):
        return None
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        node = connection.execute(
            select(Node).where(Node.run == row.number, Node.id == node_id)
        ).one_or_none()
        if node is None or (kept := getattr(node, field)) is None:
            return None
        large = connection.execute(
            select(LargeValue.value, LargeValue.size, LargeValue.kept).where(
                LargeValue.run == row.number, LargeValue.idx == node.idx, LargeValue.field == field
            )
        ).one_or_none()
        told = sizes_of(connection, node)[field]
    if large is None:
        shown = kept if field in ("exception", "traceback") else json.loads(kept)
        return {"value": shown, **told}
    cut = large.kept < told["size"]
    return {"value": _shown(field, kept, large.value, cut), "size": told["size"], "cut": cut}


def _inside(result: str) -> str:
    """Return the text within a result."""
    known = json.loads(result)
    shown = known.get("repr")
    return shown if isinstance(shown, str) else result[len('{"json":') : -1]


def _shown(field: str, kept: str, whole: str, cut: bool) -> Any:
    if field == "result":
        exact = "json" in json.loads(kept)
        return {"json": json.loads(whole)} if exact and not cut else {"repr": whole}
    return json.loads(whole) if field in JSON and not cut else whole
