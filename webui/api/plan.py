"""What a resubmission of a run would do: nothing is done here, and whoever may look may ask."""

from typing import Any

from flask import request

from ...engine.choice import Choice
from ...engine.plan import Plan, plan
from ...engine.store import planning
from ..checked import checked
from .asked import broker, fitting
from .openapi import describe
from .planned import Chosen, Planned
from .routes import blueprint, present, store
from .shapes import Error


@blueprint.get("/runs/<run_id>/plan")
@describe(Planned)
def planned(run_id: str) -> dict[str, Any]:
    """Say what resubmitting all that failed or was blocked would do."""
    return made(run_id, Choice(failed=True)).to_json()


@blueprint.post("/runs/<run_id>/plan")
@describe(Planned, HTTP_422=Error)
def planned_as_chosen(run_id: str, json: Chosen) -> dict[str, Any]:
    """Say what a resubmission would do, and what stands against it. Nothing is done.

    What is no choice at all, such as `args` that are no list, is answered 422 `problems`, and
    `error.problems` lists what, like those of a plan. Edits are looked at by the conductor, too: what a task
    cannot be called with is a problem, a queue that no worker reads a warning, and that none answers another.
    """
    choice = chosen(request.get_json())
    return checked(made(run_id, choice), choice.edits, broker()).to_json()


def chosen(said: Any) -> Choice:
    """Return the choice that a request spells; raise the error that says what is wrong with it."""
    with fitting():
        return Choice.from_json(said)


def made(run_id: str, choice: Choice) -> Plan:
    """Return the plan of a run as it stands."""
    return plan(present(planning.past(store(), run_id), run_id), choice)
