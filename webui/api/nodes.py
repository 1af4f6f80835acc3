"""The nodes of a run."""

from typing import Any

from ...engine.store import reads
from ..errors import not_found
from .openapi import describe
from .queries import NodesQuery
from .routes import blueprint, present, store
from .shapes import NodeDetail, Nodes


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


def node_of(run_id: str, node_id: str, found: Any) -> Any:
    """Return what was found of a node; raise the error for one, or a run, that is not there."""
    if found is None:
        present(reads.run(store(), run_id), run_id)
        raise not_found(f"The run {run_id} has no node {node_id}.")
    return found
