"""A run once more: its signatures under fresh ids, conducted, whoever ran them before.

What its tasks sent by themselves they will send again, so that is left out. A graph that was watched is what
Celery made of the canvas, right or wrong.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..canvas import Placed, assemble
from ..choice import Choice
from ..conducting.settling import MOMENTS, renamed, settled
from ..dag import Dag, Inputs
from ..dag import Node as Spec
from ..errors import UmbelError
from ..redact import MASK
from ..run import UNKNOWN, Run
from ..store import Store, originals, planning
from ..store.rows import find_run
from ..values import dumps
from .asked import Request
from .submission import Submission, announcement

SHOWN = 100  # nodes that an answer names, at most

_ROUTE = ("queue", "exchange", "routing_key")
_SPACE = uuid.UUID("7d1c4f5e-3a56-5a0e-9a3b-0d5a8a2f6b11")


class Inexact(NamedTuple):
    """A run that cannot be run again, and why."""

    code: str
    message: str
    nodes: list[dict[str, Any]]


class Copied(NamedTuple):
    """The graph of a run under fresh ids, and which node was which."""

    dag: Dag
    places: list[int]  # the idx of each node in the old run
    fresh: dict[int, str]  # and the other way round: the new id of an old idx


def copied(store: Store, run: Run, request: Request, now: float) -> Submission | Inexact:
    """Return ``run`` as a submission, or the tasks of it that are not known exactly."""
    with store.read() as connection:
        past = planning.read(connection, find_run(connection, run.id))
        kept = [idx for idx in range(len(run.nodes)) if idx not in past.gone]
        if left := [idx for idx in kept if idx in past.inexact]:
            return _inexact(list(originals.signatures(connection, run.number, left).values()))
        specs = originals.signatures(connection, run.number, kept)
    try:
        made = remade(run, specs, now)
    except UmbelError as error:
        return Inexact("no_canvas", str(error), [])
    if not made.places:
        return Inexact("no_canvas", "Nothing of this run was announced: it has no task to begin with.", [])
    announced = announcement(made.dag, now)
    name = request.name or run.name or None
    return Submission(
        new_id(run.id, request.id), name, run.options, request.by, announced, made.dag.outputs, None
    )


def new_id(run: str, request: str) -> str:
    """Return the id of the run that a request makes of a run: the same request, read twice, is one run."""
    return str(uuid.uuid5(_SPACE, f"{run}/{request}"))


def remade(run: Run, specs: Mapping[int, Spec], now: float, choice: Choice | None = None) -> Copied:
    """Return the nodes of ``run`` that ``specs`` has, as a graph of their own.

    Raises UmbelError where that is no graph, or a rule of a task does not hold.
    """
    specs = {idx: _settled(run, spec, now) for idx, spec in sorted(specs.items())}
    dag = _dag(run, specs if choice is None else choice.edited(specs))
    places = [run.index[node.id] for node in dag]
    fresh = renamed(dag, set(dag.graph))
    ids = {place: node.id for place, node in zip(places, fresh, strict=True)}
    return Copied(settled(fresh), places, ids)


def _dag(run: Run, specs: Mapping[int, Spec]) -> Dag:
    edges = [
        Placed(run.nodes[a].id, run.nodes[b].id, kind, None if place < 0 else place)
        for a, b, kind, place in sorted(run.edges)
        if a in specs and b in specs
    ]
    if run.kind == "conducted":
        return Dag(specs.values(), ((a, b, kind) for a, b, kind, _ in edges), run.outputs)
    return assemble(specs.values(), edges, _outputs(specs, edges))


def _outputs(specs: Mapping[int, Spec], edges: list[Placed]) -> Inputs:
    """Return what a watched canvas returns: what nobody waits for, callbacks left out."""
    then: dict[str, list[str]] = {}
    for edge in edges:
        if edge.kind == "then":
            then.setdefault(edge.parent, []).append(edge.child)
    called = {edge.child for edge in edges if edge.kind != "then"}
    pending = list(called)
    while pending:
        for child in then.get(pending.pop(), ()):
            if child not in called:
                called.add(child)
                pending.append(child)
    ends: list[Inputs] = [spec.id for spec in specs.values() if spec.id not in called and spec.id not in then]
    return ends[0] if len(ends) == 1 else ends


def _settled(run: Run, spec: Spec, now: float) -> Spec:
    """Return a signature as it can be sent now: a moment that has passed is none."""
    if spec.task is None:
        return spec
    options = {name: value for name, value in spec.options.items() if not _has_passed(name, value, now)}
    queue = run.nodes[run.index[spec.id]].queue
    if queue and not any(options.get(name) for name in _ROUTE):
        options["queue"] = queue
    return replace(spec, options=options)


def _has_passed(name: str, value: object, now: float) -> bool:
    if name not in MOMENTS or isinstance(value, (int, float)):
        return False
    text = value.get("__value__") if isinstance(value, Mapping) else value
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() < now


def _inexact(specs: list[Spec]) -> Inexact:
    nodes = [{"node": spec.id, "task": spec.task, "why": _why(spec)} for spec in specs[:SHOWN]]
    some = ", ".join(f"{each['task']} ({each['node']}): {each['why']}" for each in nodes[:3])
    more = f", and {len(specs) - 3} more" if len(specs) > 3 else ""
    return Inexact("not_exact", f"It is not known exactly what to send again: {some}{more}.", nodes)


def _why(spec: Spec) -> str:
    if spec.task == UNKNOWN:
        return "its name was never seen"
    values = dumps([spec.args, spec.kwargs, spec.options])
    if MASK in values:
        return "its arguments are masked"
    return "its arguments were cut" if '{"cut":' in values else "its arguments are known as text only"
