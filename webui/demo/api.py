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
    """Start a workflow; tell its run, or a task of it when the conductor has not recorded it yet."""
    webui = current_app.extensions["umbel"]
    workflow = webui.demo.get(name)
    if workflow is None:
        raise not_found(f"The demo has no workflow {name}.")
    if request.get_json() != {}:
        raise bad_request("Send an empty object: {}.")
    task_id = catalogue.start(workflow)
    run_id = catalogue.wait_recorded(webui.store, task_id, timeout=RECORD_SECONDS)
    if run_id is None:
        return {"task_id": task_id}, HTTPStatus.ACCEPTED
    return {"run": run_id}, HTTPStatus.CREATED
