"""Requests to revoke: what is done about each task, and what is answered.

===========  ====================================================================
outcome      of a node that
===========  ====================================================================
revoked      is on its way: the workers were told to drop it when they come to it
terminated   runs: its worker was told to end it now (``terminate``)
running      runs, and goes on: only ``terminate`` ends it
remembered   is not sent yet: the workers that are up drop it when it comes, as long as they live. (One that
             the conductor sends is ``revoked``: it never will be.)
finished     has ended already
unknown      is no task of the run
===========  ====================================================================

Of tasks that the conductor does not send itself, states change when workers say what they did. Whether a
worker heard is not known before that.
"""

from typing import Any, NamedTuple

from ..evidence import FINAL
from ..messages import Acted, Cancelled, Noted
from ..run import Action, Run
from .asked import Request
from .batch import Told

REMEMBERED = (
    "It was revoked before it was sent. Workers that were up then drop it; one started later runs it."
)

TOLD = frozenset({"revoked", "terminated", "remembered"})  # outcomes of what workers are told to drop
NAMED = 100  # tasks that the audit trail names

UNSENT = "It is not sent yet, and never will be."

_SAYS = {
    "revoked": "The workers were told to drop it when they come to it.",
    "terminated": "Its worker was told to end it now.",
    "running": "It runs already and goes on: only terminate ends it.",
    "remembered": "It is not sent yet. Workers that are up drop it when it comes; one started later runs it.",
    "finished": "It has ended already.",
    "unknown": "The run has no task of that id.",
}


class Plan(NamedTuple):
    """What a request comes to."""

    results: list[dict[str, Any]]
    revoked: list[str]
    notes: list[Told]


def plan(run: Run, request: Request, now: float) -> Plan:
    """Return what is to be done about a request to revoke nodes of ``run``."""
    wanted = request.nodes
    if wanted is None:
        wanted = [node.id for node in run.nodes if node.task is not None and node.state not in FINAL]
    results, revoked, notes = [], [], list[Told]()
    conducted: set[str] = set()
    for node_id in dict.fromkeys(wanted):
        outcome, state = _outcome(run, node_id, terminate=request.terminate)
        says = UNSENT if state == "PENDING" and outcome == "revoked" else _SAYS[outcome]
        results.append({"node": node_id, "outcome": outcome, "state": state, "message": says})
        if outcome in TOLD:
            # What the conductor sends ends at once, by the machine, which says what workers are to drop.
            (conducted.add if _is_conducted(run, node_id) else revoked.append)(node_id)
        if outcome == "remembered":
            notes.append(Told(run.id, Noted(node_id, REMEMBERED)))
    if conducted:
        stop = Cancelled(now, request.by, frozenset(conducted), request.terminate, why=request.why)
        notes.append(Told(run.id, stop))
    if others := [each["node"] for each in results if _is_told(each) and each["node"] not in conducted]:
        detail = {"terminate": request.terminate, "count": len(others), "nodes": sorted(others)[:NAMED]}
        notes.append(Told(run.id, Acted(Action(now, request.by, "revoke", detail, request.why))))
    return Plan(results, revoked, notes)


def _is_told(result: dict[str, Any]) -> bool:
    return result["outcome"] in TOLD


def _is_conducted(run: Run, node_id: str) -> bool:
    return run.nodes[run.index[node_id]].conducted


def _outcome(run: Run, node_id: str, *, terminate: bool) -> tuple[str, str | None]:
    index = run.index.get(node_id)
    if index is None or (node := run.nodes[index]).task is None:
        return "unknown", None
    if node.state in FINAL:
        return "finished", node.state
    if node.state == "PENDING" and not node.conducted:
        return "remembered", node.state
    if node.state == "STARTED":
        return ("terminated" if terminate else "running"), node.state
    return "revoked", node.state
