"""What the demo adds to the API: its workflows, and starting them."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, request

from ..errors import bad_request, not_found
from . import catalogue

RECORD_SECONDS = 5.0

blueprint = Blueprint("demo", __name__, url_prefix="/api/v1/demo")


@blueprint.get("")
def workflows() -> dict[str, Any]:
    """List what can be started."""
    return {"workflows": [workflow.to_json() for workflow in current_app.extensions["umbel"].demo]}


@blueprint.post("/<name>")
def start(name: str) -> Any:
    """Start a workflow, natively or conducted; tell its run.

    While the conductor has not recorded it, tell a task of it; of a conducted run, nothing.
    """
    webui = current_app.extensions["umbel"]
    workflow = webui.demo.get(name)
    if workflow is None:
        raise not_found(f"The demo has no workflow {name}.")
    asked = request.get_json()
    if asked == {"conducted": True}:
        by = f"{webui.access.visitor(request.environ)} ({request.remote_addr})"
        conducted = catalogue.start_conducted(workflow, by=by)
        return _started(catalogue.wait_run(webui.store, conducted, timeout=RECORD_SECONDS), {})
    if asked != {}:
        raise bad_request('Send an empty object, {}, or {"conducted": true}.')
    if not workflow.native:
        raise bad_request(f"{workflow.title}: it has rules that only a conductor knows. Start it conducted.")
    task_id = catalogue.start(workflow)
    recorded = catalogue.wait_recorded(webui.store, task_id, timeout=RECORD_SECONDS)
    return _started(recorded, {"task_id": task_id})


def _started(run_id: str | None, otherwise: dict[str, Any]) -> Any:
    return ({"run": run_id}, HTTPStatus.CREATED) if run_id else (otherwise, HTTPStatus.ACCEPTED)
