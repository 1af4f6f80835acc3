"""What a change of a run that goes on would do: nothing is done here."""

from typing import Any

from flask import request

from ...engine.amendment import Change, amendment
from ...engine.store import amending
from ..checked import checked
from .asked import broker, fitting
from .openapi import describe
from .planned import Amended, Changing
from .routes import blueprint, present, store
from .shapes import Error


@blueprint.post("/runs/<run_id>/amendment")
@describe(Amended, HTTP_422=Error)
def amended(run_id: str, json: Changing) -> dict[str, Any]:
    """Say what a change of what has not begun yet would do, and what stands against it. Nothing is done.

    What does not fit is told as it is of a choice (`/plan`). With the empty object it tells where the
    frontier is, between what has begun and what may still be changed.
    """
    with fitting():
        change = Change.from_json(request.get_json())
    standing = present(amending.standing(store(), run_id, change), run_id)
    return checked(amendment(standing, change), change.edits, broker()).to_json()
