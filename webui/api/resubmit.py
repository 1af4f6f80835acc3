"""Runs that are made from others: by whom, and what came of the line. The conductor does it."""

from http import HTTPStatus
from typing import Any

from ...engine.store import lineage as lines
from ...engine.store import reads
from .asked import broker, refusals, visitor
from .bodies import Resubmission, Resubmitted
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Error, Lineage


@blueprint.post("/runs/<run_id>/resubmit")
@describe(Resubmitted, status=201, HTTP_409=Error, HTTP_422=Error)
def resubmit(run_id: str, json: Resubmission) -> Any:
    """Make a new run of this one, as planned; this one stays as it is.

    If the plan would be another one by now nothing is done: 409 `stale` says who has resubmitted the run
    meanwhile, or that it changed, and `error.plan` is the plan that holds. What stands against a plan is
    answered 422 `problems`, with `error.problems`.
    """
    from ..asking import resubmit as ask

    present(reads.run(store(), run_id), run_id)
    with refusals():
        made = ask(broker(), run_id, json.choice, json.hash, by=visitor(), name=json.name, why=json.why)
    return made, HTTPStatus.CREATED


@blueprint.get("/runs/<run_id>/lineage")
@describe(Lineage)
def lineage(run_id: str) -> dict[str, Any]:
    """List the runs that were made from one another, this one among them, the oldest first."""
    return present(lines.lineage(store(), run_id), run_id)
