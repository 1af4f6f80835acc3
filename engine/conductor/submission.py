"""A run that somebody wants conducted: its graph, checked as a whole before anything of it is kept."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from celery import Celery

from ..conducting.resolving import resolved
from ..conducting.settling import dag_of, settled
from ..dag import Dag, Inputs, leaves
from ..errors import DagError, UmbelError
from ..messages import Announced, Placed, Planned
from ..observe import number
from ..rules import RunOptions
from ..run import Action
from ..store.copies import Copy
from .asked import asker, named
from .opening import Letter, Malformed, an_id


class Remade(NamedTuple):
    """What makes a run a resubmission of another."""

    of: str  # the old run
    lineage: str  # the first of its line
    plan: str  # the hash
    left: int  # how many tasks the plan leaves out
    planned: Planned
    copy: Copy
    action: Action  # on the old run


class Submission(NamedTuple):
    """A run to be conducted."""

    run: str
    name: str | None
    options: RunOptions
    by: str | None
    announced: Announced
    outputs: Inputs
    reply_to: str | None
    remade: Remade | None = None


def submission(letter: Letter, app: Celery | None = None) -> Submission:
    """Return the run that ``umbel.run`` asks for; ``app`` knows the user's tasks.

    Raises
    ------
    Malformed
        It is no canvas and no graph, or nobody waits for it any longer.
    """
    run, given = an_id(letter.id, "a run"), letter.kwargs
    if letter.args is None or len(letter.args) != 1:
        raise Malformed("its arguments are not [canvas]")
    until = number(given.get("until"))
    if until is not None and time.time() > until:
        raise Malformed("it came too late: nobody waits for it any longer", "too_late")
    try:
        options = RunOptions.from_json(given.get("options") or {})
        dag = settled(graph(letter.args[0], app))
    except (UmbelError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        why = str(error) if isinstance(error, UmbelError) else repr(error)
        raise Malformed(f"{why:.500}", "no_canvas") from None
    at = number(given.get("at"))
    by = asker(given["by"]) if given.get("by") else None
    announced = announcement(dag, letter.at if at is None else min(at, letter.at))
    return Submission(run, named(given.get("name")), options, by, announced, dag.outputs, letter.reply_to)


def graph(said: Any, app: Celery | None = None) -> Dag:
    """Return the graph of what a message says: a graph, or a canvas; raises CanvasError and DagError.

    A graph was made where its tasks are known. A canvas gets what ``app`` says of its tasks, if there is one.
    """
    if isinstance(said, Mapping) and isinstance(said.get("nodes"), list):
        return Dag.from_json(said)
    dag = dag_of(said)
    if app is None:
        return dag
    try:
        return resolved(dag, app)[0]
    except UmbelError:
        raise
    except Exception as error:  # routers are the user's: they may raise anything
        raise DagError(f"The app does not say how its tasks are sent: {error!r}.") from error


def announcement(dag: Dag, at: float) -> Announced:
    """Return a graph as the machine is told of it; raises Malformed for an id that nobody can keep.

    An edge of which the result becomes part of a list says where: so a chord's body is known as one.
    """
    if not len(dag):
        raise Malformed("It has no task: there is nothing to run.", "no_canvas")
    places: dict[tuple[str, str], int] = {}
    for node in dag:
        an_id(node.id, "a task")
        if isinstance(node.inputs, list):
            for place, parent in enumerate(leaves(node.inputs)):
                places.setdefault((parent, node.id), place)
    edges: list[Placed] = [
        (parent, child, kind, places.get((parent, child))) for parent, child, kind in dag.edges
    ]
    return Announced(at, dag.nodes, edges, conducted=True)
