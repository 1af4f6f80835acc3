"""Search within a run."""

from typing import Any

from ...engine.store import search as searching
from .openapi import describe
from .queries import SearchQuery
from .routes import blueprint, present, store
from .shapes import Found


@blueprint.get("/runs/<run_id>/search")
@describe(Found)
def search(run_id: str, query: SearchQuery) -> dict[str, Any]:
    """Find tasks of a run by name, id, argument, exception, worker, queue, reason or state.

    Of values of more than 8 KiB the part is searched that stands beside the node.
    """
    return present(searching.search(store(), run_id, query.q), run_id)
