"""Changing what of a conducted run was never sent. The conductor does it, as a whole or not at all."""

from typing import Any

from ...engine.store import reads
from .asked import broker, refusals, visitor
from .bodies import Confirmation, Touched
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Error


@blueprint.post("/runs/<run_id>/amend")
@describe(Touched, HTTP_409=Error, HTTP_422=Error)
def amend(run_id: str, json: Confirmation) -> dict[str, Any]:
    """Change tasks of a conducted run that were never sent: all that the change names, or nothing.

    If something of it has begun since it was looked at, or is not as it was, it is answered 409 `stale`, and
    `error.amendment` is what it would be now. What stands against a change is answered 422 `problems`, with
    `error.problems`.
    """
    from ..asking import amend as ask

    present(reads.run(store(), run_id), run_id)
    with refusals():
        return ask(broker(), run_id, json.change, json.hash, by=visitor(), why=json.why)
