"""Revoking tasks of a run."""

from http import HTTPStatus
from typing import Any

from flask import current_app, request

from ...engine.requests import RequestError
from ...engine.store import reads
from ..errors import ApiError
from .openapi import describe
from .queries import Revocation
from .routes import blueprint, present, store
from .shapes import Error, Revoked

STATUSES = {
    "no_answer": HTTPStatus.SERVICE_UNAVAILABLE,
    "broker": HTTPStatus.SERVICE_UNAVAILABLE,
    "unknown_run": HTTPStatus.NOT_FOUND,
}


@blueprint.post("/runs/<run_id>/revoke")
@describe(Revoked, HTTP_409=Error)
def revoke(run_id: str, json: Revocation) -> dict[str, Any]:
    """Revoke tasks of a run, and tell what came of it for each.

    Those that wait will not run; those that run are ended if `terminate` is true. The conductor does it: 503
    `no_answer` when none runs.
    """
    from ..revoking import revoke as ask

    present(reads.run(store(), run_id), run_id)
    webui = current_app.extensions["umbel"]
    by = f"{webui.access.visitor(request.environ)} ({request.remote_addr})"
    try:
        results = ask(webui.settings.broker_url, run_id, json.nodes, terminate=json.terminate, by=by)
    except RequestError as error:
        raise ApiError(STATUSES.get(error.code, HTTPStatus.CONFLICT), error.code, str(error)) from error
    return {"results": results}
