"""The nodes of a run."""

from typing import Any

from ...engine.store import reads
from ..errors import not_found
from .openapi import describe
from .queries import NodesQuery
from .routes import blueprint, present, store
from .shapes import NodeDetail, Nodes, Value


@blueprint.get("/runs/<run_id>/nodes")
@describe(Nodes)
def nodes(run_id: str, query: NodesQuery) -> dict[str, Any]:
    """List the nodes of a run, joins left out."""
    page = reads.nodes(store(), run_id, after=query.after, limit=query.limit, **query.table())
    return present(page, run_id)


@blueprint.get("/runs/<run_id>/nodes/<node_id>")
@describe(NodeDetail)
def node(run_id: str, node_id: str) -> dict[str, Any]:
    """Tell everything about one node."""
    return node_of(run_id, node_id, reads.node(store(), run_id, node_id))


@blueprint.get("/runs/<run_id>/nodes/<node_id>/value/<field>")
@describe(Value)
def value(run_id: str, node_id: str, field: str) -> dict[str, Any]:
    """Return one value of a node as whole as it is kept.

    It is one of args, kwargs, options, result, exception and traceback.
    """
    found = reads.value(store(), run_id, node_id, field)
    if found is None:
        node_of(run_id, node_id, reads.node(store(), run_id, node_id))
        raise not_found(f"The node {node_id} has no {field}.")
    return found


def node_of(run_id: str, node_id: str, found: Any) -> Any:
    """Return what was found of a node; raise the error for one, or a run, that is not there."""
    if found is None:
        present(reads.run(store(), run_id), run_id)
        raise not_found(f"The run {run_id} has no node {node_id}.")
    return found
