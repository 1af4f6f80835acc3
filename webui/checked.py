"""Plans whose edits the conductor has looked at, who knows the tasks and the workers."""

from typing import Any

from ..engine.plan import Plan
from ..engine.problem import Problem
from ..engine.requests import RequestError
from . import asking

UNCHECKED = (
    "No conductor has answered in time: whether the tasks can be called so, and whether workers read their "
    "queues, is not checked."
)


def checked(plan: Plan, broker_url: str) -> Plan:
    """Return ``plan`` with what the conductor says of its edits; itself where there are none."""
    if not plan.choice.edits:
        return plan
    try:
        said = asking.check(broker_url, plan.run, plan.choice.to_json())
    except RequestError:
        return plan.objecting([], [Problem("not_checked", UNCHECKED, "edits")])
    return plan.objecting(*([_problem(each) for each in said[name]] for name in ("problems", "warnings")))


def _problem(said: dict[str, Any]) -> Problem:
    return Problem(**{**said, "nodes": tuple(said["nodes"])})
