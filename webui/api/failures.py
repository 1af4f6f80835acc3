"""What failed in a run, and why so many."""

from typing import Any

from ...engine.store import failures as failing
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Failures


@blueprint.get("/runs/<run_id>/failures")
@describe(Failures)
def failures(run_id: str) -> dict[str, Any]:
    """Tell which failures of a run are the same error, and what they share that successes do not.

    Of more than 5,000 failures, or 20,000 successes to compare them with, about so many are looked at.
    """
    return present(failing.failures(store(), run_id), run_id)
