"""What is known of all nodes of a run, column by column, and the edges between them."""

from typing import Any

from ...engine import shape
from ...engine.store import columns as store_columns
from ...engine.store import structure
from .openapi import describe
from .queries import ColumnsQuery
from .routes import blueprint, present, store
from .shapes import Columns, Edges


@blueprint.get("/runs/<run_id>/columns")
@describe(Columns)
def columns(run_id: str, query: ColumnsQuery) -> dict[str, Any]:
    """Return columns of all nodes of a run, joins too: for who wants much of many."""
    names = list(dict.fromkeys(query.of))
    return present(store_columns.columns(store(), run_id, names, since=query.since), run_id)


@blueprint.get("/runs/<run_id>/edges")
@describe(Edges)
def edges(run_id: str) -> dict[str, Any]:
    """Return the edges of a run, column by column."""
    found = present(structure.structure(store(), run_id), run_id)
    edges = shape.read(found.text).edges
    kinds: dict[str, int] = {}
    codes = [kinds.setdefault(kind, len(kinds)) for _, _, kind in edges]
    return {
        "structure": found.run["structure"],
        "parent": [parent for parent, _, _ in edges],
        "child": [child for _, child, _ in edges],
        "kind": {"values": list(kinds), "codes": codes},
    }
