"""Resubmitting many failed runs at once. The conductor does it: 503 ``no_answer`` else."""

from http import HTTPStatus
from typing import Any

from ...engine.store import bulkplan, bulkreads
from ..errors import not_found
from .asked import broker, refusals, visitor
from .bulkasks import BulkAsk, BulkItemsQuery, BulkPlan, BulksQuery, BulkStop
from .bulkshapes import Bulk, BulkBegun, BulkItems, BulkPreview, Bulks, BulkStopped
from .openapi import describe
from .routes import blueprint, store
from .shapes import Error


@blueprint.post("/bulk/plan")
@describe(BulkPreview, missing=False)
def plan_bulk(json: BulkPlan) -> dict[str, Any]:
    """Tell what resubmitting all failed runs that fit would do.

    Chosen are runs that failed or were revoked, that no later run resolved and from which none was made. Each
    is planned anew at its turn; as many as a second allows are planned for the answer.
    """
    return bulkplan.preview(store(), json.filter.filters())


@blueprint.post("/bulk")
@describe(BulkBegun, status=201, missing=False, HTTP_409=Error, HTTP_422=Error)
def begin_bulk(json: BulkAsk) -> Any:
    """Have all failed runs that fit resubmitted, what failed and was blocked in each.

    Where other runs fit by now, or one has changed, it is answered 409 `stale`: look at the plan once more.
    """
    from ..asking import begin_bulk as ask

    with refusals():
        made = ask(broker(), json.filter.filters(), json.hash, by=visitor(), why=json.why)
    return {"bulk": made}, HTTPStatus.CREATED


@blueprint.get("/bulk")
@describe(Bulks, missing=False)
def list_bulks(query: BulksQuery) -> dict[str, Any]:
    """List bulks, newest first."""
    return bulkreads.bulks(store(), limit=query.limit, before=query.before)


@blueprint.get("/bulk/<bulk_id>")
@describe(Bulk)
def show_bulk(bulk_id: str) -> dict[str, Any]:
    """Tell how far a bulk has come."""
    return _present(bulk_id)


@blueprint.get("/bulk/<bulk_id>/items")
@describe(BulkItems)
def list_items(bulk_id: str, query: BulkItemsQuery) -> dict[str, Any]:
    """List the runs of a bulk in their order, and what has come of each."""
    _present(bulk_id)
    return bulkreads.items(store(), bulk_id, outcome=query.outcome, after=query.after, limit=query.limit)


@blueprint.post("/bulk/<bulk_id>/stop")
@describe(BulkStopped, HTTP_409=Error)
def stop_bulk(bulk_id: str, json: BulkStop) -> dict[str, Any]:
    """Have nothing more of a bulk begun. The runs that it made go on."""
    from ..asking import stop_bulk as ask

    _present(bulk_id)
    with refusals():
        return {"stopped": ask(broker(), bulk_id, by=visitor(), why=json.why)}


def _present(bulk_id: str) -> dict[str, Any]:
    if (found := bulkreads.bulk(store(), bulk_id)) is None:
        raise not_found(f"There is no bulk {bulk_id}.")
    return found
