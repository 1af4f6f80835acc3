"""Revoking tasks of a run."""

from typing import Any

from ...engine.store import reads
from .asked import broker, refusals, visitor
from .openapi import describe
from .queries import Revocation
from .routes import blueprint, present, store
from .shapes import Error, Revoked


@blueprint.post("/runs/<run_id>/revoke")
@describe(Revoked, HTTP_409=Error)
def revoke(run_id: str, json: Revocation) -> dict[str, Any]:
    """Revoke tasks of a run, and tell what came of it for each.

    Those that wait will not run; those that run are ended if `terminate` is true. The conductor does it: 503
    `no_answer` when none runs.
    """
    from ..revoking import revoke as ask

    present(reads.run(store(), run_id), run_id)
    with refusals():
        results = ask(broker(), run_id, json.nodes, terminate=json.terminate, by=visitor(), why=json.why)
    return {"results": results}
