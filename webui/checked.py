"""Plans and changes whose edits the conductor has looked at, who knows the tasks and the workers."""

from collections.abc import Sequence
from typing import Any, TypeVar

from ..engine.amendment import Amendment
from ..engine.edit import Edit
from ..engine.plan import Plan
from ..engine.problem import Problem
from ..engine.requests import RequestError
from . import asking

UNCHECKED = (
    "No conductor has answered in time: whether the tasks can be called so, and whether workers read their "
    "queues, is not checked."
)

Made = TypeVar("Made", Plan, Amendment)


def checked(made: Made, edits: Sequence[Edit], broker_url: str) -> Made:
    """Return a plan or a change with what the conductor says of its edits; itself where there are none."""
    if not edits:
        return made
    try:
        said = asking.check(broker_url, made.run, {"edits": [each.to_json() for each in edits]})
    except RequestError:
        return made.objecting([], [Problem("not_checked", UNCHECKED, "edits")])
    problems, warnings = ([_problem(each) for each in said[name]] for name in ("problems", "warnings"))
    return made.objecting(problems, warnings)


def _problem(said: dict[str, Any]) -> Problem:
    return Problem(**{**said, "nodes": tuple(said["nodes"])})
